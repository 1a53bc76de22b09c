// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/huge_pages.h"
#include "model/effect.h"
#include "model/usage_event.h"
#include "rules/usage_matcher.h"
#include "server/customer_facts.h"
#include "signals/rollup.h"

namespace proviso::server {

/// What is the same for all events of one subscription that do the same thing: looked up once per
/// event, instead of once per question.
struct Flow {
  model::ActionClass action_class = model::ActionClass::other;
  bool may_match = true;
  rules::UsageMatcher::Kind kind{};
  signals::Rollup::Place place;
  CustomerFacts::Found facts;
};

/// Flows by subscription and all texts that tell a kind of use. A cache: at most kFlowsMax, then it
/// begins anew. One thread.
class FlowTable {
 public:
  static constexpr std::size_t kFlowsMax = 1'000'000;
  /// Where an event's flow is looked for; valid until the next put().
  struct Slot {
    std::uint64_t hash = 0;
  };

  /// Makes the texts of the event into a key in `key`, and its hash.
  static Slot slot_of(const model::UsageEvent& event, std::vector<char>& key);
  /// First the slot, then (some events later) the flow in it are fetched. Change nothing.
  void prefetch(Slot slot) const;
  void prefetch_flow(Slot slot) const;
  /// Null where it is new.
  Flow* find(Slot slot, std::string_view key);
  /// A flow that find() did not find. Ends the life of every Flow* given before.
  Flow* put(Slot slot, std::string_view key, const Flow& flow);
  void clear();

 private:
  struct Cell {
    std::uint64_t hash = 0;
    std::uint32_t flow = 0;  ///< index + 1; 0 = empty
  };
  struct Entry {
    Flow flow;
    std::string_view key;  ///< in blocks_
  };
  [[nodiscard]] std::size_t begin_of(std::uint64_t hash) const {
    return hash & (cells_.size() - 1);
  }
  void place(std::uint64_t hash, std::uint32_t flow);
  void grow();
  std::string_view keep(std::string_view key);

  std::vector<Cell, HugePages<Cell>> cells_;
  std::vector<Entry, HugePages<Entry>> entries_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_used_ = 0;
};

}  // namespace proviso::server

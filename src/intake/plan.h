// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/field_policy.h"

namespace proviso::intake {

/// What one source field is read for.
struct FieldUse {
  enum class Kind : std::uint8_t {
    text,
    window_start,
    window_end,
    count,
    operation_index,
    quantity,
    unit,
    require,
    kept
  };
  Kind kind;
  std::uint8_t index = 0;  ///< TextTarget, entry of amounts or of required values, or unused
  std::uint8_t rank = 0;   ///< among alternatives; 0 is the most wanted
};

/// A source field that is materialised.
struct Leaf {
  std::string path;       ///< for messages
  std::string rule_name;  ///< for UsageEvent::kept
  bool hashed = false;
  std::vector<FieldUse> uses;
  [[nodiscard]] bool only_kept() const;
};

/// An object of the source, as far as something in it is wanted: a look-up from member name to
/// child.
class PlanNode {
 public:
  struct Child {
    std::string key;
    std::unique_ptr<PlanNode> node;  ///< members that are wanted, or null
    bool is_array = false;           ///< `node` stands for each member of an array
    int leaf = -1;                   ///< index in Plan::leaves
  };
  static constexpr std::size_t kChildrenMax = 250;

  /// Index of the child, or -1.
  [[nodiscard]] int find(std::string_view key) const;
  [[nodiscard]] const Child& child(int index) const {
    return children_[static_cast<std::size_t>(index)];
  }
  Result<Child*> add(std::string_view key);
  /// An object of attributes or an OTLP key/value list.
  bool is_bag = false;

 private:
  static std::size_t slot(std::string_view key);
  std::vector<Child> children_;
  std::array<std::uint8_t, 512> table_{};  // index + 1, by slot(), linear probing
};

/// A field policy and the wanted fields, made ready for decoding: only what is in it is read.
struct Plan {
  PlanNode root;
  std::vector<Leaf> leaves;
  std::vector<std::string> required;      ///< values, by FieldUse::index
  std::vector<std::string> amount_units;  ///< fixed unit or empty, by entry
  static Result<std::unique_ptr<Plan>> make(const FieldPolicy& policy,
                                            const std::vector<std::string>& wanted);
};

}  // namespace proviso::intake

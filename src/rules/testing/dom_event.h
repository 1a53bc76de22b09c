// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <simdjson.h>

#include "rules/program.h"

namespace proviso::rules {

/// The slow and obvious twin of JsonEvent: simdjson's tree of the whole record, each field looked
/// up in it. `object` and its parser must stay alive while the view is used.
class DomEvent final : public EventView {
 public:
  explicit DomEvent(std::shared_ptr<const Program> program);
  void reset(simdjson::dom::object object);
  std::span<const Value> values(FieldId field) override;
  std::span<const Value> leaves() override;

 private:
  struct Slot {
    std::vector<Value> values;
    std::uint64_t filled_for = 0;
  };
  void collect(simdjson::dom::element element, std::string_view path, std::vector<Value>& out,
               std::size_t depth);
  void add(simdjson::dom::element element, std::vector<Value>& out, std::size_t depth);
  void add_leaves(simdjson::dom::element element, std::size_t depth);
  Value value_of(simdjson::dom::element element);
  std::string& fresh();

  std::shared_ptr<const Program> program_;
  simdjson::dom::object object_;
  std::vector<Slot> slots_;
  std::vector<Value> leaves_;
  std::uint64_t leaves_for_ = 0;
  std::deque<std::string> texts_;  ///< a deque: views into the strings stay good while it grows
  std::size_t texts_used_ = 0;
  std::uint64_t serial_ = 0;
};

/// Compact JSON text (json_text.h).
void write_json(simdjson::dom::element element, std::string& out);

}  // namespace proviso::rules

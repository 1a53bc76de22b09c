// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simdjson.h>

#include "base/time.h"
#include "rules/program.h"

namespace proviso::rules {

/// A JSON object as rules see it, all of its fields: for proviso-match, not for review. A name is
/// looked up as a literal top-level key first, then as a dotted path; arrays fan out. One thread.
class JsonEvent final : public EventView {
 public:
  explicit JsonEvent(std::shared_ptr<const Program> program);
  /// `object` and its parser must stay alive while the view is used.
  void reset(simdjson::dom::object object);
  std::span<const Value> values(FieldId field) override;
  std::span<const Value> leaves() override;
  /// The first of the known timestamp fields that holds a time: RFC 3339 text, or a number of Unix
  /// seconds (milliseconds from 10^11 on).
  std::optional<Time> time();

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

/// Compact JSON text as Python and JavaScript write it: no spaces, shortest numbers.
void write_json(simdjson::dom::element element, std::string& out);
/// A string with quotes and escapes.
void write_json_string(std::string_view text, std::string& out);

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "rules/field_tree.h"
#include "rules/json_tokens.h"
#include "rules/program.h"

namespace proviso::rules {

/// A JSON object as rules see it: for proviso-match and what tries rules out, not for review. A
/// name is looked up as a literal top-level key first, then as a dotted path; arrays fan out; of
/// equal keys in one object the first counts.
///
/// reset() goes over the record once and notes where the wanted fields are; a value is made when it
/// is asked for. What no rule asks for is checked for its brackets, quotes and UTF-8 only.
/// One thread. Views live until the next reset() and need the record.
class JsonEvent final : public EventView {
 public:
  struct Options {
    /// Which of the program's fields are wanted; empty: all.
    std::vector<bool> wanted;
    /// More top-level names to look out for; they get the ids behind the program's fields.
    std::vector<std::string> more;
    /// A word to look out for in the whole record; see lacks(). May be empty.
    std::string word;
  };
  /// Times are looked for where the program has correlations.
  JsonEvent(std::shared_ptr<const Program> program, const Options& options);
  explicit JsonEvent(std::shared_ptr<const Program> program);

  /// `record` must be followed by JsonTokens::kPadding readable bytes. False where it is no JSON
  /// object, then nothing else may be called.
  [[nodiscard]] bool reset(std::string_view record);

  std::span<const Value> values(FieldId field) override;
  std::span<const Value> leaves() override;
  std::optional<std::string_view> plain_text() override;
  std::optional<bool> some_leaf_contains(std::string_view needle) override;
  /// The fields that the record has, each once.
  [[nodiscard]] std::span<const FieldId> present() const { return present_; }
  [[nodiscard]] bool has(FieldId field) const { return slots_[index(field)].serial == serial_; }
  /// True where no value of the record contains `word`, in either case. False where it may, or
  /// where `word` is not the one of the options.
  [[nodiscard]] bool lacks(std::string_view word) const { return lacks_word_ && word == word_; }
  /// Whether all bytes of the record are ASCII (escapes may stand for others).
  [[nodiscard]] bool all_ascii() const { return !beyond_ascii_; }
  /// The text of a field that has just one value, a string without escapes. Nothing for others.
  [[nodiscard]] std::optional<std::string_view> raw_string(FieldId field) const;
  /// The first of the known timestamp fields that holds a time: RFC 3339 text, or a number of Unix
  /// seconds (milliseconds from 10^11 on). Nothing where the program has no correlations.
  std::optional<Time> time();
  /// A value that was asked for turned out to be no JSON (a wrong escape, "tru"), or arrays are
  /// nested more than 16 deep in a wanted field: what was answered counts for nothing.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  struct Occurrence {
    std::uint32_t token = 0;
    std::uint32_t next = 0;
  };
  struct Slot {
    std::uint32_t serial = 0;  ///< of the record for which the rest is true
    std::uint32_t first = 0;   ///< in occurrences_
    std::uint32_t last = 0;
    std::uint32_t made_for = 0;  ///< serial for which `values` is true
    bool literal = false;
    Value single;               ///< the only value, where it is no array
    std::vector<Value> values;  ///< otherwise
    std::span<const Value> made;
  };
  std::uint32_t walk_object(const FieldTree::Node& node, std::uint32_t t);
  std::uint32_t walk_array(const FieldTree::Node& node, std::uint32_t t, std::size_t depth);
  std::uint32_t take(const FieldTree::Node& node, std::uint32_t t, std::uint32_t visit);
  void note(const FieldTree::Node& node, std::uint32_t t);
  std::span<const Value> make(Slot& slot);
  void add(std::uint32_t t, std::vector<Value>& out, std::size_t depth);
  [[nodiscard]] bool stands_in_leaf(std::size_t at, std::size_t size) const;
  Value value_of(std::uint32_t t);
  Value scalar_value(std::uint32_t t);
  /// The string between the quotes of `t`, its escapes decoded.
  std::string_view string_of(std::uint32_t t) {
    return has_escapes_ ? decoded(t) : tokens_.string(t);
  }
  std::string_view decoded(std::uint32_t t);
  void write_text(std::uint32_t t, std::string& out);
  std::string& fresh();

  std::shared_ptr<const Program> program_;
  FieldTree tree_;
  std::string word_;
  std::vector<std::uint32_t> visited_;  ///< by node: the object in which its key was last seen
  std::vector<Slot> slots_;
  std::vector<FieldId> present_;
  std::vector<Occurrence> occurrences_;
  std::optional<std::size_t> time_fields_at_;  ///< the id of the first
  JsonTokens tokens_;
  std::string_view record_;
  std::uint32_t serial_ = 0;
  std::uint32_t visit_ = 0;
  bool has_escapes_ = false;  ///< in some string
  bool beyond_ascii_ = false;
  bool lacks_word_ = false;
  bool broken_ = false;
  std::vector<Value> leaves_;
  std::uint32_t leaves_for_ = 0;
  std::deque<std::string> texts_;  ///< a deque: views into the strings stay good while it grows
  std::size_t texts_used_ = 0;
};

}  // namespace proviso::rules

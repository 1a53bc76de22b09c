// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/json_event.h"
#include "rules/necessity.h"
#include "rules/needle_scanner.h"
#include "rules/program.h"

namespace proviso::rules {

/// Which rules an event could match: for each rule one necessary condition (necessity.h), all of
/// them in tables, so that an event costs what it holds and not what is loaded.
///
/// The essay. Of thousands of rules an event matches none or one. Nearly each rule has a condition
/// without which it is false: one of some exact values (`eventName: DeleteTrail`), a needle in a
/// field, a field that must be there, or a word somewhere in the record. So the fields of the
/// event are gone through once:
///
///   exact     one hash over the value, lower case on the way, eight bytes a step; one look into a
///             table of 16-byte entries. 20 bytes and a table in the second-level cache: 5 + 4 ns.
///             A false hit of the 64-bit hash only costs an evaluation, so no text is compared.
///   needle    one Vectorscan pass over the value per field that has needles.
///   present   a list per field.
///   keyword   one Vectorscan pass over the record as it stands, if it is ASCII without escapes
///             (then lower case and JSON's writing cannot hide a word), else over each value.
///
/// The rest (rules that are only `not`s) are candidates each time. A candidate is then evaluated
/// in full, so the index can be wrong in one direction only: it may name too many.
///
/// Growth: memory and set-up are linear in the signs of all rules; the time of an event is linear
/// in its wanted fields and in the candidates, and does not depend on the number of rules but
/// through them. One thread.
class CandidateIndex {
 public:
  /// For these rules only; correlations among them are passed over.
  CandidateIndex(const Program& program, std::span<const RuleIndex> rules);

  /// Appends the rules that `event` could match, some more than once.
  void find(JsonEvent& event, std::vector<RuleIndex>& out);
  /// The same through the interface that all events have.
  void find(EventView& event, std::vector<RuleIndex>& out);

  /// A word without which no keyword can be in a record; empty where there is none. An event that
  /// is told to look out for it spares a pass over the record.
  [[nodiscard]] std::string_view keyword_in_all() const;
  /// Rules that are looked at each time, for figures.
  [[nodiscard]] std::size_t always() const { return always_.size(); }
  /// Text for people: how many rules hang on what.
  [[nodiscard]] std::string summary() const;

 private:
  using Rules = std::vector<RuleIndex>;
  struct Needles {
    std::map<std::string, Rules> by_text;  ///< until build()
    std::vector<Rules> rules;              ///< by place in the scanner
    std::unique_ptr<NeedleScanner> scanner;
    void build();
  };
  struct Field {
    bool used = false;
    /// Bit n: some exact value has n bytes (63: that or more); 0 where there is none.
    std::uint64_t exact_sizes = 0;
    Rules present;
    Rules beyond_ascii;  ///< for each value that is not all ASCII
    std::unique_ptr<Needles> needles;
  };
  struct Exact {
    std::uint64_t hash = 0;
    std::uint32_t begin = 0;
    std::uint32_t count = 0;  ///< 0: an empty place
  };
  void add(Sign sign, RuleIndex rule, std::vector<std::pair<std::uint64_t, RuleIndex>>& exact);
  void build_exact(std::vector<std::pair<std::uint64_t, RuleIndex>> all);
  void look_up(std::uint64_t hash, std::vector<RuleIndex>& out) const;
  void find_text(FieldId field, std::string_view text, std::vector<RuleIndex>& out);
  void find_raw(FieldId field, std::string_view raw, JsonEvent& event, std::vector<RuleIndex>& out);
  void find_values(FieldId field, EventView& event, std::vector<RuleIndex>& out);
  void find_keywords(EventView& event, std::vector<RuleIndex>& out);
  void scan(Needles& needles, std::string_view text, NeedleScanner::Letters letters,
            std::vector<RuleIndex>& out);

  std::vector<Field> fields_;  ///< by FieldId
  std::vector<FieldId> used_;
  std::vector<Exact> table_;
  std::vector<RuleIndex> exact_rules_;
  Rules always_;
  Needles keywords_;
  std::vector<std::uint32_t> found_;
  std::string folded_;
};

}  // namespace proviso::rules

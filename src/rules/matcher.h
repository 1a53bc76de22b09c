// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/program.h"

namespace proviso::rules {

/// Which plain rules an event matches.
///
/// Most events match no rule, so rules are found by a value that they need: where a rule can only
/// hold if one field equals one of some texts (a selection's `service: [speech]`), it is looked at
/// only when the event has such a value; the others are looked at each time.
/// One thread; as many matchers as wanted share a program. No allocation per event once warm.
class Matcher {
 public:
  explicit Matcher(std::shared_ptr<const Program> program);
  /// Ascending; valid until the next call.
  std::span<const RuleIndex> match(EventView& event);
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  struct KeyField {
    FieldId field;
    boost::unordered_flat_map<std::string, std::vector<RuleIndex>> rules_of_text;
  };
  void add_candidates(const KeyField& key, EventView& event);
  std::shared_ptr<const Program> program_;
  std::vector<RuleIndex> always_;
  std::vector<KeyField> keys_;
  std::vector<RuleIndex> candidates_;
  std::vector<RuleIndex> matched_;
  std::string folded_;
};

/// Whether the expression holds for the event; the plain definition, without an index.
bool evaluate(const Expression& expression, EventView& event);

/// A number, or text that is one as a whole.
std::optional<double> number_of(const Value& value);

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rules/matcher.h"
#include "rules/usage_view.h"

namespace proviso::rules {

/// Which plain rules a usage event matches: the same answers as Matcher, for logs in which the same
/// kinds of use come again and again. See usage_matcher.cc.
///
/// One thread. Memory: at most kKindsMax kinds; events of further ones are given to Matcher. No
/// allocation per event of a kind that was met before.
class UsageMatcher {
 public:
  /// A kind of use: provider, service, category, operation, action class, region, resource type and
  /// status. Valid as long as the matcher.
  enum class Kind : std::uint32_t {};
  static constexpr std::size_t kKindsMax = 65'536;

  explicit UsageMatcher(std::shared_ptr<const Program> program);

  /// The kind of the event that `view` was reset to (attributes may be missing).
  Kind kind_of(const model::UsageEvent& event, model::ActionClass action_class, UsageView& view);
  /// False where no event of this kind matches any rule.
  [[nodiscard]] bool may_match(Kind kind) const { return !rules_of(kind).empty(); }
  /// `view`: an event of this kind. Ascending; valid until the next call.
  std::span<const RuleIndex> match(Kind kind, UsageView& view);
  [[nodiscard]] const Program& program() const { return *program_; }

 private:
  enum class Truth : std::uint8_t { no, yes, open };
  /// What a kind says of an expression, and what is left to ask where it says nothing.
  struct Outcome {
    Truth truth = Truth::no;
    Expression rest;
  };
  struct Candidate {
    RuleIndex rule{};
    bool is_certain = false;  ///< matches whatever else the event says
    Expression rest;          ///< else, what decides
    std::string form;         ///< of `rest`: equal texts are equal questions
    bool operator==(const Candidate& other) const {
      return rule == other.rule && is_certain == other.is_certain && form == other.form;
    }
  };
  static constexpr Kind kAnyKind{0};

  [[nodiscard]] const std::vector<Candidate>& rules_of(Kind kind) const {
    return candidates_[set_of_kind_[std::to_underlying(kind)]];
  }
  Kind add_kind(UsageView& view);
  [[nodiscard]] bool is_told_by_kind(const Test& test) const;
  Outcome judge(const Expression& expression, UsageView& view) const;
  Outcome judge_list(const Expression& expression, UsageView& view) const;

  std::shared_ptr<const Program> program_;
  Matcher matcher_;
  std::vector<bool> field_is_told_;  ///< by FieldId
  boost::unordered_flat_map<std::string, Kind> kinds_;
  std::vector<std::uint32_t> set_of_kind_;
  std::vector<std::vector<Candidate>> candidates_;  ///< different sets; kinds share them
  std::string key_;
  std::vector<RuleIndex> matched_;
};

}  // namespace proviso::rules

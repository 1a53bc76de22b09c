// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "rules/diagnostic.h"
#include "rules/event_view.h"
#include "rules/expression.h"

namespace proviso::rules {

/// A rule of a program: an index into Program::rules().
enum class RuleIndex : std::uint32_t {};
constexpr std::size_t index(RuleIndex r) { return std::to_underlying(r); }

/// Unset attributes are empty.
struct LogSource {
  std::string category;
  std::string product;
  std::string service;
};

/// What is said about a rule; the rule itself is its expression or its correlation.
struct RuleInfo {
  std::string id;    ///< may be empty
  std::string name;  ///< may be empty
  std::string title;
  std::string author;
  std::string level;
  std::string license;
  LogSource logsource;
  std::vector<std::string> tags;
  /// Ids of the terms that the rule is about (`proviso.terms`).
  std::vector<std::string> terms;
  /// `proviso.independence`: the group of evidence that its signals count as; may be empty.
  std::string independence;
  /// `proviso.quiet`: a firing within this span of the last one opens no new signal. Nothing: the
  /// timespan of a correlation, one hour of a plain rule.
  std::optional<Duration> quiet;
  std::string file;
  Position at;
  /// False where a correlation refers to the rule and does not say `generate: true`.
  bool signals_alone = true;
  /// What the rule's own document says, as a digest (yaml_digest.h): its version.
  Digest definition;
  /// `modified`, or `date` where it has none; as written.
  std::string modified;
  /// `proviso.shadow`: its signals are kept apart and open no case.
  bool shadow = false;
  /// `proviso.shadow_of`: id or name of the rule that it is to replace; may be empty.
  std::string shadow_of;
  Position shadow_at;
  /// The id, or the title where there is none.
  [[nodiscard]] const std::string& label() const { return id.empty() ? title : id; }
};

enum class CorrelationType : std::uint8_t {
  event_count,
  value_count,
  temporal,
  temporal_ordered,
  value_sum,
  value_avg,
  value_percentile,
};
std::string_view to_string(CorrelationType type);

/// Sums are kept as billionths in integers: exact for decimals of up to nine digits, the same in
/// any order of adding and removing.
__extension__ typedef __int128 Billionths;
inline constexpr double kBillion = 1e9;
/// Values beyond +-10^20 are cut to it: far above any quantity, and 10^9 of them still fit.
Billionths to_billionths(double value);
double from_billionths(Billionths value);

struct Threshold {
  Comparison comparison = Comparison::gte;
  double limit = 0;
  Billionths exact = 0;
};

/// A group-by field: which field of the event it is depends on the rule that hit (aliases).
struct GroupField {
  std::string name;
  std::vector<FieldId> field_of_ref;  ///< parallel to Correlation::refs
};

/// "a and not b" over the refs of a temporal correlation.
struct RefCondition {
  enum class Kind : std::uint8_t { ref, all_of, any_of, none_of };
  Kind kind = Kind::ref;
  std::size_t ref = 0;
  std::vector<RefCondition> children;
};

/// A rule at its place in a sequence, for temporal_ordered. Steps are numbered; each comes behind
/// those that it follows.
struct OrderStep {
  std::uint32_t ref = 0;
  std::uint32_t length = 1;            ///< rules in a sequence that ends here
  std::vector<std::uint32_t> after{};  ///< any of these steps came before; none: it begins one
  bool operator==(const OrderStep&) const = default;
};
/// One way in which an ordered correlation can hold: a sequence up to a step, and no hit of others.
struct OrderWay {
  std::optional<std::uint32_t> step{};
  std::vector<std::uint32_t> absent{};  ///< refs
};

struct Correlation {
  RuleIndex rule{};
  CorrelationType type = CorrelationType::event_count;
  /// Rules or correlations whose hits it takes; never itself, directly or indirectly.
  std::vector<RuleIndex> refs;
  std::vector<bool> ref_is_correlation;  ///< parallel to refs
  std::vector<GroupField> group_by;
  Duration timespan{};
  /// All must hold (a range has two). Empty for temporal types: all refs must have occurred.
  std::vector<Threshold> thresholds;
  std::vector<FieldId> value_fields;
  double percentile = 50;
  std::optional<RefCondition> condition;
  std::vector<OrderStep> order{};  ///< temporal_ordered only
  std::vector<OrderWay> ways{};    ///< temporal_ordered without thresholds: any of them
};

/// A compiled set of rules. Immutable; share it between threads as shared_ptr<const Program>.
class Program {
 public:
  [[nodiscard]] const std::vector<RuleInfo>& rules() const { return rules_; }
  [[nodiscard]] const RuleInfo& rule(RuleIndex r) const { return rules_[index(r)]; }
  /// Null for a correlation.
  [[nodiscard]] const Expression* expression(RuleIndex r) const {
    return expressions_[index(r)] ? &*expressions_[index(r)] : nullptr;
  }
  /// In an order in which every correlation comes after those that it refers to.
  [[nodiscard]] const std::vector<Correlation>& correlations() const { return correlations_; }
  /// Null for a plain rule.
  [[nodiscard]] const Correlation* correlation(RuleIndex r) const;
  /// Every field name that some rule reads; FieldId is an index into it. Sorted.
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  [[nodiscard]] bool reads_keywords() const { return reads_keywords_; }
  /// SHA-256 over the sources: identity of the rulebook, whatever order the files were read in.
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::optional<RuleIndex> find(std::string_view id_or_name) const;
  /// Text for people and for golden files.
  [[nodiscard]] std::string dump() const;

 private:
  friend class Compiler;
  friend class TwinMaker;  // explain.cc
  std::vector<RuleInfo> rules_;
  std::vector<std::optional<Expression>> expressions_;
  std::vector<Correlation> correlations_;
  std::vector<std::string> fields_;
  bool reads_keywords_ = false;
  Digest digest_;
};

}  // namespace proviso::rules

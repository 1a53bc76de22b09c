// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "rules/condition.h"
#include "rules/reader.h"

namespace proviso::rules {
namespace {

constexpr std::array<std::pair<std::string_view, CorrelationType>, 8> kTypes = {{
    {"event_count", CorrelationType::event_count},
    {"value_count", CorrelationType::value_count},
    {"temporal", CorrelationType::temporal},
    {"temporal_ordered", CorrelationType::temporal_ordered},
    {"value_sum", CorrelationType::value_sum},
    {"value_avg", CorrelationType::value_avg},
    {"value_percentile", CorrelationType::value_percentile},
    {"value_median", CorrelationType::value_percentile},
}};

constexpr std::array<std::pair<std::string_view, Comparison>, 6> kComparisons = {{
    {"gt", Comparison::gt},
    {"gte", Comparison::gte},
    {"lt", Comparison::lt},
    {"lte", Comparison::lte},
    {"eq", Comparison::eq},
    {"neq", Comparison::neq},
}};

// Seconds; M and y are the mean month and year, as pySigma has them.
std::int64_t unit_seconds(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86'400;
    case 'w': return 7 * 86'400;
    case 'M': return 2'629'746;
    case 'y': return 31'556'952;
    default: return 0;
  }
}

class CorrelationReader {
 public:
  CorrelationReader(const YamlNode& node, const ReadContext& context)
      : node_(node), context_(context) {
    out_.at = node.at;
  }

  std::optional<CorrelationAst> run() {
    const std::size_t before = context_.diagnostics.count();
    read_members();
    if (node_.find("rules") == nullptr && out_.condition) take_rules(*out_.condition);
    require_members();
    if (context_.diagnostics.count() != before) return std::nullopt;
    check_type();
    if (context_.diagnostics.count() != before) return std::nullopt;
    return std::move(out_);
  }

 private:
  void error(Position at, const std::string& member, std::string message) {
    context_.error(at, member.empty() ? "correlation" : "correlation." + member,
                   std::move(message));
  }

  void read_members() {
    for (const auto& [key, value] : node_.members) {
      if (key.text == "type") {
        type(value);
      } else if (key.text == "rules") {
        out_.refs = texts(value, "rules");
      } else if (key.text == "group-by") {
        out_.group_by = texts(value, "group-by");
      } else if (key.text == "timespan") {
        timespan(value);
      } else if (key.text == "condition") {
        condition(value);
      } else if (key.text == "aliases") {
        aliases(value);
      } else if (key.text == "generate") {
        generate(value);
      } else {
        error(key.at, printable(key.text), "is no member of a correlation (leave it out)");
      }
    }
  }

  void require_members() {
    for (const std::string_view name : {"type", "rules", "timespan"}) {
      if (name == "rules" && out_.condition) continue;
      if (node_.find(name) == nullptr) error(node_.at, "", "has no `" + std::string(name) + "`");
    }
  }

  // An expression names its rules: they need not be listed besides. A faulty one is the compiler's
  // to report.
  void take_rules(const TextAst& condition) {
    const auto parsed =
        parse_condition(condition.text, {.upper_case_operators = true, .quantifiers = false});
    if (const auto* node = std::get_if<ConditionAst>(&parsed)) take_names(*node, condition.at);
  }
  void take_names(const ConditionAst& node, Position at) {
    for (const ConditionAst& child : node.children) take_names(child, at);
    if (node.kind != ConditionAst::Kind::name) return;
    for (const TextAst& ref : out_.refs) {
      if (ref.text == node.name) return;
    }
    at.column += static_cast<std::uint32_t>(node.offset);
    out_.refs.push_back({node.name, at});
  }

  void type(const YamlNode& value) {
    for (const auto& [name, known] : kTypes) {
      if (value.is_scalar() && value.text == name) {
        out_.type = known;
        median_ = name == "value_median";
        return;
      }
    }
    error(value.at, "type",
          "must be event_count, value_count, value_sum, value_avg, value_median, value_percentile, "
          "temporal or temporal_ordered");
  }

  std::vector<TextAst> texts(const YamlNode& value, const std::string& member) {
    std::vector<TextAst> out;
    const auto add = [&](const YamlNode& one) {
      if (one.is_scalar() && !one.text.empty()) return out.push_back({one.text, one.at});
      error(one.at, member, "must be names");
    };
    if (value.is_list()) {
      if (value.items.empty()) error(value.at, member, "is empty (name at least one)");
      for (const YamlNode& one : value.items) add(one);
    } else {
      add(value);
    }
    return out;
  }

  void timespan(const YamlNode& value) {
    const auto span = value.is_scalar() ? parse_timespan(value.text) : std::nullopt;
    if (span) {
      out_.timespan = *span;
    } else {
      error(value.at, "timespan",
            "must be a number and s, m, h, d, w, M or y, e.g. 15m; at most 10y");
    }
  }

  void condition(const YamlNode& value) {
    if (value.is_scalar()) {
      Position at = value.at;
      if (!value.plain) ++at.column;
      out_.condition = TextAst{value.text, at};
      return;
    }
    if (!value.is_map()) return error(value.at, "condition", "must be a map or an expression");
    for (const auto& [key, one] : value.members) condition_member(key, one);
  }

  void condition_member(const YamlNode& key, const YamlNode& value) {
    if (key.text == "field") {
      out_.value_fields = texts(value, "condition.field");
      return;
    }
    const auto scalar = read_scalar(value, "correlation.condition", context_);
    if (!scalar) return;
    const bool number = scalar->kind == ScalarAst::Kind::number;
    if (!number) return error(value.at, "condition." + printable(key.text), "must be a number");
    if (key.text == "percentile") {
      out_.percentile = scalar->number;
      has_percentile_ = true;
      if (scalar->number < 0 || scalar->number > 100) {
        error(value.at, "condition.percentile", "must be 0 to 100");
      }
      return;
    }
    for (const auto& [name, comparison] : kComparisons) {
      if (key.text == name) return out_.thresholds.push_back({comparison, scalar->number});
    }
    error(key.at, "condition." + printable(key.text),
          "is not known (use gt, gte, lt, lte, eq, neq, field, percentile)");
  }

  void aliases(const YamlNode& value) {
    if (!value.is_map()) return error(value.at, "aliases", "must be a map of maps");
    for (const auto& [name, fields] : value.members) {
      AliasAst alias{name.text, name.at, {}};
      if (!fields.is_map()) {
        error(fields.at, "aliases." + printable(name.text), "must map rule names to fields");
        continue;
      }
      for (const auto& [rule, field] : fields.members) {
        if (field.is_scalar()) {
          alias.fields.push_back({{rule.text, rule.at}, field.text});
        } else {
          error(field.at, "aliases." + printable(name.text), "must name a field");
        }
      }
      out_.aliases.push_back(std::move(alias));
    }
  }

  void generate(const YamlNode& value) {
    const auto scalar = read_scalar(value, "correlation.generate", context_);
    if (!scalar) return;
    if (scalar->kind != ScalarAst::Kind::boolean) {
      return error(value.at, "generate", "must be true or false");
    }
    out_.generate = scalar->text == "true";
  }

  void check_type() {
    const bool temporal =
        out_.type == CorrelationType::temporal || out_.type == CorrelationType::temporal_ordered;
    const bool valued = !temporal && out_.type != CorrelationType::event_count;
    if (!temporal && out_.thresholds.empty()) {
      error(out_.at, "", "needs a condition with gt, gte, lt, lte, eq or neq");
    }
    if (!temporal && out_.condition) {
      error(out_.condition->at, "condition", "an expression is for temporal types (use gte: N)");
    }
    if (temporal && out_.condition && !out_.thresholds.empty()) {
      error(out_.at, "condition", "must be an expression or thresholds, not both");
    }
    const auto at_least = [](const ThresholdAst& t) {
      return t.comparison == Comparison::gt || t.comparison == Comparison::gte;
    };
    if (out_.type == CorrelationType::temporal_ordered &&
        !std::ranges::all_of(out_.thresholds, at_least)) {
      error(out_.at, "condition", "temporal_ordered takes gt and gte (so many rules in order)");
    }
    if (valued && out_.value_fields.empty()) {
      error(out_.at, "condition", "needs `field` (whose values?)");
    }
    if (!valued && !out_.value_fields.empty()) {
      error(out_.at, "condition.field", "is for value_* types (leave it out)");
    }
    if (valued && out_.type != CorrelationType::value_count && out_.value_fields.size() > 1) {
      error(out_.at, "condition.field", "takes one field here (a list is for value_count)");
    }
    const bool wants = out_.type == CorrelationType::value_percentile && !median_;
    if (has_percentile_ && !wants) {
      error(out_.at, "condition.percentile", "is for value_percentile (leave it out)");
    }
    if (wants && !has_percentile_) {
      error(out_.at, "condition", "needs `percentile` (0 to 100)");
    }
  }

  const YamlNode& node_;
  const ReadContext& context_;
  CorrelationAst out_;
  bool median_ = false;
  bool has_percentile_ = false;
};

}  // namespace

std::optional<Duration> parse_timespan(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::int64_t unit = unit_seconds(text.back());
  std::int64_t count = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [at, error] = std::from_chars(text.data(), end, count);
  if (unit == 0 || error != std::errc{} || at != end || count <= 0) return std::nullopt;
  // Up to ten years: what a window of event time can mean, and no overflow of nanoseconds.
  if (count > 10 * unit_seconds('y') / unit) return std::nullopt;
  return std::chrono::seconds(count * unit);
}

std::optional<CorrelationAst> read_correlation(const YamlNode& node, const ReadContext& context) {
  if (!node.is_map()) {
    context.error(node.at, "correlation", "must be a map");
    return std::nullopt;
  }
  return CorrelationReader(node, context).run();
}

}  // namespace proviso::rules

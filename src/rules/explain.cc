// SPDX-License-Identifier: Apache-2.0
#include "rules/explain.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/evaluate.h"

namespace proviso::rules {
namespace {

std::string shown(const Value& value) {
  if (value.kind == ValueKind::null) return "null";
  std::string text(value.text.substr(0, kValueBytesMax));
  if (value.text.size() > kValueBytesMax) {
    // Not in the middle of a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
      text.pop_back();
    }
    if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) text.pop_back();
    text += "...";
  }
  return value.kind == ValueKind::string ? "\"" + text + "\"" : text;
}

void add_values(FieldId field, EventView& event, Explanation& out) {
  const auto values = event.values(field);
  out.missing = out.missing || values.empty();
  for (const Value& value : values.first(std::min(values.size(), kValuesMax))) {
    out.values.push_back(shown(value));
  }
}

Explanation explain_test(const Expression& expression, EventView& event) {
  const Test& test = expression.test;
  Explanation out;
  out.selection = expression.selection;
  out.holds = evaluate(expression, event);
  out.text = dump(expression, 0);
  out.text.pop_back();  // its line feed
  out.field = test.field_name;
  if (test.kind == TestKind::keyword) return out;
  add_values(test.field, event, out);
  if (test.kind == TestKind::field_ref) add_values(test.other, event, out);
  return out;
}

// 0 where it holds. An open bound is touched by its limit: the distance to it is what is left.
double distance(const Threshold& t, double value) {
  if (holds(t.comparison, value, t.limit)) return 0;
  const double gap = std::fabs(value - t.limit);
  return gap > 0 ? gap : std::numeric_limits<double>::min();
}

}  // namespace

Explanation explain(const Expression& expression, EventView& event) {
  if (expression.kind == Expression::Kind::test) return explain_test(expression, event);
  Explanation out;
  out.kind = expression.kind;
  out.selection = expression.selection;
  bool all = true;
  bool any = false;
  for (const Expression& child : expression.children) {
    out.children.push_back(explain(child, event));
    all = all && out.children.back().holds;
    any = any || out.children.back().holds;
  }
  switch (expression.kind) {
    case Expression::Kind::all_of: out.text = "all of", out.holds = all; break;
    case Expression::Kind::any_of: out.text = "any of", out.holds = any; break;
    case Expression::Kind::negation: out.text = "not", out.holds = !any; break;
    case Expression::Kind::test: break;
  }
  return out;
}

std::optional<double> distance(const Correlation& correlation, double value) {
  const bool ordered = correlation.type == CorrelationType::temporal_ordered;
  if (correlation.thresholds.empty() || ordered) return std::nullopt;
  double far = 0;
  for (const Threshold& t : correlation.thresholds) far = std::max(far, distance(t, value));
  return far;
}

std::string thresholds_text(const Correlation& correlation) {
  std::string out;
  for (const Threshold& t : correlation.thresholds) {
    std::string limit = std::to_string(t.limit);
    limit.erase(limit.find_last_not_of('0') + 1);
    if (limit.ends_with('.')) limit.pop_back();
    out += (out.empty() ? "" : " and ") + std::string(to_string(t.comparison)) + " " + limit;
  }
  return out;
}

std::optional<RuleIndex> Twins::shown_by(RuleIndex rule) const {
  if (index(rule) < first) return std::nullopt;
  return shows[index(rule) - first];
}

/// The one that may put a program together besides the compiler.
class TwinMaker {
 public:
  static Twins make(const Program& program) {
    auto out = std::make_shared<Program>(program);
    Twins twins{.program = nullptr, .shows = {}, .first = program.rules().size()};
    for (const Correlation& original : program.correlations()) {
      Correlation twin = original;
      twin.rule = RuleIndex(out->rules_.size());
      twin.thresholds.clear();
      twin.condition.reset();
      if (is_temporal(twin.type)) open(twin);
      RuleInfo info = program.rule(original.rule);
      info.id.clear();
      info.name.clear();
      info.signals_alone = false;
      out->rules_.push_back(std::move(info));
      out->expressions_.emplace_back();
      out->correlations_.push_back(std::move(twin));
      twins.shows.push_back(original.rule);
    }
    // Another program: the state of one must never be read by the other.
    out->digest_ = sha256("twins\n" + program.digest().hex());
    twins.program = std::move(out);
    return twins;
  }

 private:
  static bool is_temporal(CorrelationType type) {
    return type == CorrelationType::temporal || type == CorrelationType::temporal_ordered;
  }
  // Holds as soon as any of its rules occurred; its value says how many did.
  static void open(Correlation& twin) {
    twin.type = CorrelationType::temporal;
    twin.order.clear();
    twin.ways.clear();
    RefCondition any;
    any.kind = RefCondition::Kind::any_of;
    for (std::size_t i = 0; i < twin.refs.size(); ++i) {
      any.children.push_back({RefCondition::Kind::ref, i, {}});
    }
    twin.condition = std::move(any);
  }
};

Twins with_twins(const Program& program) { return TwinMaker::make(program); }

}  // namespace proviso::rules

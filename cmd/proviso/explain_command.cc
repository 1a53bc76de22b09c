// SPDX-License-Identifier: Apache-2.0
// rules explain: why a rule holds for an event, or which part of it does not.
#include <CLI/CLI.hpp>
#include <map>

#include "base/text/format.h"
#include "rules/explain.h"
#include "server/signal_json.h"
#include "trial.h"

namespace proviso::cmd {
namespace {

using rules::Explanation;
using rules::RuleIndex;

constexpr std::size_t kEventsDefault = 10;

struct ExplainOptions {
  std::vector<std::string> rules;
  std::string rule;
  std::string log;
  std::string register_file;
  std::uint64_t line = 0;  ///< 0: the first events
  std::size_t first = kEventsDefault;
};

// A correlation's figure after a hit of this event.
struct Figure {
  signals::Firing firing;
  RuleIndex rule{};
};

// One event: the tree of each plain rule, and what the correlations came to at it.
struct Event {
  std::uint64_t line = 0;
  Time time{};
  std::map<RuleIndex, Explanation> trees;
  std::vector<Figure> figures;
};

Json to_json(const Explanation& e, const intake::FieldPolicies& policies);

bool is_dropped(const Explanation& e, const intake::FieldPolicies& policies) {
  return e.missing && !e.field.empty() && !rules::usage_field_known(e.field) &&
         !policies.keeps(e.field);
}

Json::Array children_json(const Explanation& e, const intake::FieldPolicies& policies) {
  Json::Array out;
  for (const Explanation& child : e.children) out.push_back(to_json(child, policies));
  return out;
}

Json to_json(const Explanation& e, const intake::FieldPolicies& policies) {
  Json::Object out{{"holds", e.holds}, {"text", e.text}};
  if (!e.selection.empty()) out.emplace("selection", e.selection);
  if (e.kind == rules::Expression::Kind::test) {
    out.emplace("values", Json::Array(e.values.begin(), e.values.end()));
    out.emplace("missing", e.missing);
    if (is_dropped(e, policies)) out.emplace("dropped", true);
  } else {
    out.emplace("children", children_json(e, policies));
  }
  return out;
}

std::string values_in_words(const Explanation& e, const intake::FieldPolicies& policies) {
  if (e.kind != rules::Expression::Kind::test || e.field.empty()) return "";
  if (is_dropped(e, policies)) return "   (dropped by the field policy, I1)";
  if (e.missing && e.values.empty()) return "   (missing)";
  std::string out;
  for (const std::string& value : e.values) out += (out.empty() ? "   is " : ", ") + value;
  return out;
}

std::string in_words(const Explanation& e, const intake::FieldPolicies& policies,
                     std::size_t indent) {
  const std::string name = e.selection.empty() ? "" : e.selection + ": ";
  std::string out = format("{}{} {}{}{}\n", std::string(indent * 2, ' '), e.holds ? "✓" : "✗", name,
                           e.text, values_in_words(e, policies));
  for (const Explanation& child : e.children) out += in_words(child, policies, indent + 1);
  return out;
}

class Explainer {
 public:
  Explainer(const rules::Program& program, const intake::FieldPolicies& policies)
      : program_(program), policies_(policies) {}

  [[nodiscard]] bool holds(RuleIndex rule, const Event& event) const {
    if (program_.correlation(rule) == nullptr) return event.trees.at(rule).holds;
    for (const Figure& f : event.figures) {
      if (f.rule == rule && figure_holds(f)) return true;
    }
    return false;
  }

  [[nodiscard]] Json json(RuleIndex rule, const Event& event) const {
    const rules::RuleInfo& info = program_.rule(rule);
    Json::Object out{{"rule", info.label()}, {"title", info.title}, {"holds", holds(rule, event)}};
    const rules::Correlation* c = program_.correlation(rule);
    if (c == nullptr) {
      out.emplace("tree", to_json(event.trees.at(rule), policies_));
      return out;
    }
    Json::Array figures;
    for (const Figure& f : event.figures) {
      if (f.rule == rule) figures.push_back(figure_json(*c, f));
    }
    out.emplace("figures", std::move(figures));
    Json::Array of;
    for (const RuleIndex ref : c->refs) of.push_back(json(ref, event));
    out.emplace("of", std::move(of));
    return out;
  }

  [[nodiscard]] std::string words(RuleIndex rule, const Event& event, std::size_t indent) const {
    const std::string space(indent * 2, ' ');
    const rules::Correlation* c = program_.correlation(rule);
    std::string out =
        format("{}{} {}\n", space, holds(rule, event) ? "✓" : "✗", program_.rule(rule).title);
    if (c == nullptr) return out + in_words(event.trees.at(rule), policies_, indent + 1);
    bool any = false;
    for (const Figure& f : event.figures) {
      if (f.rule != rule) continue;
      any = true;
      out += figure_words(*c, f, space);
    }
    if (!any) out += space + "  no hit: none of its rules gives it one at this event\n";
    for (const RuleIndex ref : c->refs) out += words(ref, event, indent + 1);
    return out;
  }

 private:
  // Whether the correlation itself fired is what its thresholds say of the figure; a temporal one
  // has none, so there the firing of its own stands beside the twin's.
  [[nodiscard]] bool figure_holds(const Figure& f) const {
    const rules::Correlation& c = *program_.correlation(f.rule);
    const auto far = rules::distance(c, f.firing.value);
    return far ? *far == 0 : f.firing.rule == f.rule;
  }

  [[nodiscard]] Json figure_json(const rules::Correlation& c, const Figure& f) const {
    Json::Object out{{"type", rules::to_string(c.type)},
                     {"group", server::group_json(f.firing.group)},
                     {"from", format_time_exact(f.firing.from)},
                     {"to", format_time_exact(f.firing.to)},
                     {"value", server::number_text(f.firing.value)},
                     {"holds", figure_holds(f)}};
    if (const auto far = rules::distance(c, f.firing.value)) {
      out.emplace("needs", rules::thresholds_text(c));
      out.emplace("distance", server::number_text(*far));
    }
    return out;
  }

  [[nodiscard]] std::string figure_words(const rules::Correlation& c, const Figure& f,
                                         const std::string& space) const {
    std::string group;
    for (const signals::GroupValue& v : f.firing.group) group += " " + v.name + "=" + v.text;
    std::string out = format("{}  {}{}: {} in {} to {}", space, rules::to_string(c.type), group,
                             server::number_text(f.firing.value), format_time_exact(f.firing.from),
                             format_time_exact(f.firing.to));
    const auto far = rules::distance(c, f.firing.value);
    if (!far) {
      const bool whole = figure_holds(f);
      return out + format(" of {} rules{}\n", c.refs.size(), whole ? ", holds" : ", not yet");
    }
    out += ", needs " + rules::thresholds_text(c);
    return out + (*far == 0 ? ": holds\n" : format(": {} away\n", server::number_text(*far)));
  }

  const rules::Program& program_;
  const intake::FieldPolicies& policies_;
};

Result<std::vector<RuleIndex>> chosen(const rules::Program& program, const std::string& name,
                                      std::size_t count) {
  std::vector<RuleIndex> out;
  for (std::size_t i = 0; i < count; ++i) {
    const RuleIndex rule{static_cast<std::uint32_t>(i)};
    const rules::RuleInfo& info = program.rule(rule);
    const bool named = info.id == name || info.name == name || info.title == name;
    // Without a name: what can raise a signal; its parts are shown below it.
    if (name.empty() ? info.signals_alone : named) out.push_back(rule);
  }
  if (out.empty()) return fail(Errc::not_found, "--rule: no rule has that id, name or title");
  return out;
}

Result<std::vector<Event>> replay(const ExplainOptions& options, const Trial& trial,
                                  const rules::Twins& twins, const ProgressLine& progress) {
  std::map<std::uint64_t, Event> events;  // by the engine's number
  const rules::Program& program = *twins.program;
  server::Replay run(twins.program, trial.setting, trial.customers, trial.options(1));
  run.on_progress = [&](const std::string& input, std::uint64_t n) { progress(input, n); };
  run.on_event = [&](const server::ReplayedEvent& e) {
    const bool wanted = options.line == 0 ? events.size() < options.first : e.line == options.line;
    if (!wanted) return;
    Event& event = events[e.number];
    event.line = e.line;
    event.time = e.event.time();
    for (std::size_t i = 0; i < twins.first; ++i) {
      const RuleIndex rule{static_cast<std::uint32_t>(i)};
      const rules::Expression* expression = program.expression(rule);
      if (expression != nullptr) event.trees.emplace(rule, rules::explain(*expression, e.view));
    }
  };
  run.on_firing = [&](const signals::Firing& f) {
    const auto at = events.find(f.line);
    if (at == events.end() || program.correlation(f.rule) == nullptr) return;
    const auto shown = twins.shown_by(f.rule);
    // Where thresholds decide, the twin's figure says it all.
    const bool own = !shown && !rules::distance(*program.correlation(f.rule), f.value);
    if (shown || own) at->second.figures.push_back({f, shown.value_or(f.rule)});
  };
  TRY_VOID(run.read(options.log));
  run.flush();
  std::vector<Event> out;
  for (auto& [number, event] : events) out.push_back(std::move(event));
  return out;
}

Result<int> explain(const ExplainOptions& options, Context& context) {
  const Trial trial = TRY(open_trial(context, options.register_file));
  const rules::Loaded loaded = rules::load_rules(options.rules);
  if (!loaded.program) {
    return fail(Errc::invalid_input, loaded.diagnostics.ok()
                                         ? "--rules: no rule there"
                                         : loaded.diagnostics.all().front().to_string());
  }
  const auto wanted = TRY(chosen(*loaded.program, options.rule, loaded.program->rules().size()));
  const rules::Twins twins = rules::with_twins(*loaded.program);
  const ProgressLine progress(!context.json);
  const auto events = TRY(replay(options, trial, twins, progress));
  if (events.empty()) {
    return fail(Errc::not_found,
                options.log + ": no usage event there (a refused or repeated record is none)");
  }
  const Explainer explainer(*twins.program, trial.setting.policies);
  for (const Event& event : events) {
    Json::Array rules_json;
    std::string text = format("line {}, {}\n", event.line, format_time_exact(event.time));
    for (const RuleIndex rule : wanted) {
      rules_json.push_back(explainer.json(rule, event));
      text += explainer.words(rule, event, 1);
    }
    context.print(Json::Object{{"line", event.line},
                               {"time", format_time_exact(event.time)},
                               {"rules", std::move(rules_json)}},
                  text);
  }
  return kDone;
}

}  // namespace

void add_explain_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<ExplainOptions>();
  auto* command = app.get_subcommand("rules")->add_subcommand(
      "explain", "why a rule holds for an event of a log, or which part of it does not");
  command->add_option("--rules", options->rules, "a rule file or folder; several times for more")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--rule", options->rule, "only the one of this id, name or title");
  command->add_option("LOG", options->log, "a usage log")->required();
  command->add_option("--line", options->line, "the event on this line")
      ->check(CLI::Range(std::uint64_t{1}, UINT64_MAX));
  command->add_option("--first", options->first, "without --line: so many events");
  command->add_option("--register", options->register_file, "a register file, for customer.*");
  command->callback(
      [options, &context] { context.run([&] { return explain(*options, context); }); });
}

}  // namespace proviso::cmd

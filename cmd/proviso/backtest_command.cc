// SPDX-License-Identifier: Apache-2.0
// rules backtest: what rules would have found in the past.
#include <CLI/CLI.hpp>
#include <cmath>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text/format.h"
#include "intake/byte_source.h"
#include "server/backtest.h"
#include "server/kept_documents.h"
#include "server/shadow.h"
#include "server/signal_json.h"
#include "trial.h"

namespace proviso::cmd {
namespace {

constexpr std::size_t kWidthDefault = 80;
constexpr std::size_t kWidthMin = 40;
constexpr std::size_t kDaysShown = 31;

struct BacktestOptions {
  std::vector<std::string> rules;
  std::vector<std::string> logs;
  std::string register_file;
  std::string format;
  std::string subscription;
  std::size_t top = 10;
  std::size_t width = 0;  ///< 0: the terminal's
  bool plain = false;
};

// 0 where there is to be no chart.
std::size_t chart_width(const BacktestOptions& options) {
  if (options.plain) return 0;
  if (options.width > 0) return std::max(options.width, kWidthMin);
  if (::isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::max<std::size_t>(known ? size.ws_col : kWidthDefault, kWidthMin);
}

// A bar of `share` (0 to 1) of `cells` columns, to an eighth of one.
std::string bar(double share, std::size_t cells) {
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths =
      static_cast<std::size_t>(std::lround(share * static_cast<double>(cells) * 8));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  return out + kEighths[eighths % 8];
}

struct Row {
  std::string label;
  double value = 0;
  std::string text;  ///< of the value
};

// Label, bar, figure; the bars share what labels and figures leave of the width.
std::string chart(const std::vector<Row>& rows, std::size_t width) {
  std::size_t label = 0;
  std::size_t text = 0;
  double most = 0;
  for (const Row& row : rows) {
    label = std::max(label, row.label.size());
    text = std::max(text, row.text.size());
    most = std::max(most, row.value);
  }
  constexpr std::size_t kAround = 8;
  const std::size_t taken = label + text + kAround;
  const std::size_t cells = width > taken + 4 ? width - taken : 4;
  std::string out;
  for (const Row& row : rows) {
    out += format("    {:<{}}  {:>{}}", row.label, label, row.text, text);
    if (width > 0 && most > 0) out += "  " + bar(std::max(row.value, 0.0) / most, cells);
    out += "\n";
  }
  return out;
}

std::string days_in_words(const server::RuleBacktest& r, std::size_t width) {
  std::vector<Row> rows;
  for (const auto& [day, count] : r.per_day) {
    if (rows.size() == kDaysShown) break;
    rows.push_back({day, static_cast<double>(count), std::to_string(count)});
  }
  std::string out = "  signals per day\n" + chart(rows, width);
  if (r.per_day.size() > kDaysShown) {
    out += format("    ... and {} more days\n", r.per_day.size() - kDaysShown);
  }
  return out;
}

std::string groups_in_words(const server::RuleBacktest& r, std::size_t width) {
  std::vector<Row> rows;
  for (const server::BacktestGroup& g : r.groups) {
    rows.push_back({g.group, g.value_peak,
                    format("{} x, peak {}", g.signals, server::number_text(g.value_peak))});
  }
  return "  top groups\n" + chart(rows, width);
}

std::string near_in_words(const server::RuleBacktest& r, std::size_t width) {
  std::vector<Row> rows;
  for (const server::NearMiss& n : r.near_misses) {
    rows.push_back(
        {n.group, n.value,
         format("{}, {} away", server::number_text(n.value), server::number_text(n.distance))});
  }
  const std::string needs = r.needs.empty() ? "all its rules" : r.needs;
  return format("  near misses (needs {})\n", needs) + chart(rows, width);
}

std::string difference_in_words(const server::RuleBacktest& r) {
  if (!r.difference) return "  no rule in force to compare with\n";
  const auto& d = *r.difference;
  return format("  beside {} in force: {} by both, {} only by this one, {} only in force\n",
                r.compared_with, d.both, d.only_new.size(), d.only_old.size());
}

std::string in_words(const server::RuleBacktest& r, std::size_t width, bool compared) {
  std::string out = format("{}{}\n  {} signals, {} subscriptions\n", r.title,
                           r.shadow ? " (shadow)" : "", r.signals, r.subscriptions);
  if (!r.per_day.empty()) out += days_in_words(r, width);
  if (!r.groups.empty()) out += groups_in_words(r, width);
  if (!r.near_misses.empty()) out += near_in_words(r, width);
  if (compared) out += difference_in_words(r);
  return out;
}

Json lists_json(const server::RuleBacktest& r, Json::Object out) {
  Json::Object days;
  for (const auto& [day, count] : r.per_day) days.emplace(day, count);
  Json::Array groups;
  for (const server::BacktestGroup& g : r.groups) {
    groups.emplace_back(Json::Object{{"group", g.group},
                                     {"signals", g.signals},
                                     {"firings", g.firings},
                                     {"value_peak", server::number_text(g.value_peak)}});
  }
  Json::Array near;
  for (const server::NearMiss& n : r.near_misses) {
    near.emplace_back(Json::Object{{"group", n.group},
                                   {"value", server::number_text(n.value)},
                                   {"distance", server::number_text(n.distance)},
                                   {"at", format_time_exact(n.at)}});
  }
  out.emplace("per_day", std::move(days));
  out.emplace("groups", std::move(groups));
  out.emplace("near_misses", std::move(near));
  return out;
}

Json to_json(const server::RuleBacktest& r, const server::Pseudonyms& names) {
  Json::Object out{{"rule", r.rule},   {"title", r.title},     {"shadow", r.shadow},
                   {"needs", r.needs}, {"signals", r.signals}, {"subscriptions", r.subscriptions}};
  if (r.difference) {
    out.emplace("difference",
                Json::Object{{"in_force", r.compared_with},
                             {"both", static_cast<std::int64_t>(r.difference->both)},
                             {"only_new", server::spans_json(r.difference->only_new, names)},
                             {"only_in_force", server::spans_json(r.difference->only_old, names)}});
  }
  return lists_json(r, std::move(out));
}

std::string head_in_words(const server::Backtest& b) {
  std::string out = format("{} records, {} events", b.counts.records, b.counts.events);
  if (b.counts.events > 0) {
    out += format(", {} to {}", format_time_exact(b.counts.oldest),
                  format_time_exact(b.counts.newest));
  }
  out += format("\n{} duplicates, {} rejected, {} late, {} hits let go\n", b.counts.duplicates,
                b.counts.rejects, b.engine.late, b.engine.evicted);
  return out;
}

// Open only while it reads (I5), like a trial's folder.
Result<std::vector<rules::RuleSource>> sources_in_force(Context& context) {
  if (context.dir.empty()) return std::vector<rules::RuleSource>();
  const auto folder = TRY(context.folder());
  return server::rulebook_in_force(*folder);
}

Result<int> backtest(const BacktestOptions& options, Context& context) {
  const Trial trial = TRY(open_trial(context, options.register_file));
  auto sources = TRY(sources_in_force(context));
  const auto program = TRY(server::load_program(options.rules, trial.setting));
  std::shared_ptr<const rules::Program> in_force;
  if (!sources.empty()) in_force = TRY(server::load_program(std::move(sources), trial.setting));
  server::BacktestOptions run;
  run.inputs = TRY(intake::expand_inputs(options.logs));
  if (in_force && std::ranges::find(run.inputs, "-") != run.inputs.end()) {
    return fail(Errc::invalid_input,
                "-: to compare with the rulebook in force the logs are read twice (give files)");
  }
  run.replay = trial.options(run.inputs.size());
  run.replay.format = options.format;
  run.replay.subscription = options.subscription;
  run.top = options.top;
  server::Backtest result;
  {
    const ProgressLine progress(!context.json);
    run.on_progress = [&](const std::string& input, std::uint64_t n) { progress(input, n); };
    const server::Pseudonyms names(trial.hash_key);
    result = TRY(server::backtest(program, in_force, trial.setting, trial.customers, names, run));
    Json::Array rules_json;
    std::string text = head_in_words(result);
    const std::size_t width = chart_width(options);
    for (const server::RuleBacktest& r : result.rules) {
      rules_json.push_back(to_json(r, names));
      text += "\n" + in_words(r, width, in_force != nullptr);
    }
    context.print(Json::Object{{"records", result.counts.records},
                               {"events", result.counts.events},
                               {"duplicates", result.counts.duplicates},
                               {"rejects", result.counts.rejects},
                               {"late", result.engine.late},
                               {"evicted", result.engine.evicted},
                               {"rules", std::move(rules_json)}},
                  text);
  }
  return kDone;
}

}  // namespace

void add_backtest_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<BacktestOptions>();
  auto* command = app.get_subcommand("rules")->add_subcommand(
      "backtest", "what rules would have found in logs of the past; nothing is written");
  command->add_option("--rules", o->rules, "a rule file or folder; several times for more")
      ->required()
      ->allow_extra_args(false);
  command->add_option("LOG", o->logs, "files and folders")->required();
  command->add_option("--register", o->register_file, "a register file, for customer.*");
  command->add_option("--format", o->format, "name the format instead of finding it");
  command->add_option("--subscription", o->subscription,
                      "the subscription of a log that names none");
  command->add_option("--top", o->top, "so many groups and near misses of each rule");
  command->add_flag("--plain", o->plain, "no bars");
  command->add_option("--width", o->width, "bars for so many columns, also where no terminal is");
  command->callback([o, &context] { context.run([&] { return backtest(*o, context); }); });
}

}  // namespace proviso::cmd

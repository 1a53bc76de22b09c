// SPDX-License-Identifier: Apache-2.0
// register, simulate, review: what comes in.
#include <CLI/CLI.hpp>

#include <unistd.h>

#include "base/text/format.h"
#include "cases/register_store.h"
#include "context.h"
#include "provider_sim/line_file.h"
#include "provider_sim/simulate.h"
#include "server/review.h"

namespace proviso::cmd {
namespace {

Result<int> register_load(const std::string& file, Context& context) {
  const std::string text = TRY(read_input_file(file));
  auto folder = TRY(context.folder());
  const cases::RegisterLoad load = TRY(cases::load_register(folder->record(), file, text));
  const auto number = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  std::string words = format("register: {} records from {}: {} new, {} changed\n", load.records,
                             file, load.added, load.changed);
  if (load.attached > 0) {
    words += format("  {} cases have found their customer (proviso case list)\n", load.attached);
  }
  context.print(Json::Object{{"records", number(load.records)},
                             {"added", number(load.added)},
                             {"changed", number(load.changed)},
                             {"cases_attached", number(load.attached)}},
                words);
  return kDone;
}

constexpr std::ptrdiff_t kCasesShown = 20;

struct SimulateOptions {
  provider_sim::Options sim;
  std::string format = "usage";
  std::string out;
  std::string register_out;
};

Result<void> write_simulated_register(const SimulateOptions& options) {
  auto file = TRY(provider_sim::LineFile::create(options.register_out));
  TRY_VOID(provider_sim::write_register(options.sim,
                                        [&](std::string_view line) { return file.write(line); }));
  return file.close();
}

Result<int> simulate(const SimulateOptions& options, Context& context) {
  const auto format_kind = TRY(provider_sim::parse_format(options.format));
  if (!options.register_out.empty()) TRY_VOID(write_simulated_register(options));
  auto file = TRY(provider_sim::LineFile::create(options.out));
  const auto summary = TRY(provider_sim::simulate(
      options.sim, format_kind, [&](std::string_view line) { return file.write(line); }));
  TRY_VOID(file.close());
  const Json value = Json::Object{{"records", summary.records},
                                  {"calls", summary.calls},
                                  {"end", format_time(summary.end)},
                                  {"capped", summary.capped}};
  if (summary.capped) {
    std::fprintf(stderr, "note: cloudtrail has one line per call; the log ends after %llu lines\n",
                 static_cast<unsigned long long>(summary.records));
  }
  if (options.out == "-") return kDone;  // standard output is the log itself
  context.print(value, format("simulated {}: {} records for {} operations, until {}, in {}\n",
                              options.sim.scenario, summary.records, summary.calls,
                              format_time(summary.end), options.out));
  return kDone;
}

Json strings(const std::vector<std::string>& items) {
  return Json::Array(items.begin(), items.end());
}

std::string in_words(const server::ReviewSummary& s) {
  std::string out = format(
      "reviewed {} inputs: {} records, {} events for {} operations, {} duplicates, {} rejected\n",
      s.inputs, s.records, s.events, s.operations, s.duplicates, s.rejects);
  if (s.inputs_done_before > 0) {
    out += format("  {} inputs were read before and have not changed\n", s.inputs_done_before);
  }
  for (const std::string& reason : s.rejects_by_reason) out += "  rejected: " + reason + "\n";
  if (s.rejects > 0) out += "  each with its place in rejects.jsonl\n";
  for (const std::string& file : s.passed_over) out += "  passed over: " + file + "\n";
  for (const auto& [source, late] : s.late_of) {
    out += format("  {} events of {} came later than its bound (lateness_minutes)\n", late, source);
  }
  if (s.evicted > 0)
    out += format("  {} hits were let go: a rule's windows were full\n", s.evicted);
  for (const server::RuleLoss& loss : s.losses) {
    out += format(
        "  rule {}: {} groups with {} hits let go, {} late hits lost, {} not assessable\n",
        loss.rule, loss.groups_evicted, loss.hits_evicted, loss.late_lost, loss.not_assessable);
  }
  if (s.counters_dropped > 0) {
    out += format("  {} counters of the rulebook before are counted anew or no more\n",
                  s.counters_dropped);
  }
  if (s.waiting_dropped > 0) {
    out += format("  {} waiting events matched only rules that are gone\n", s.waiting_dropped);
  }
  if (s.windows_begun_anew) out += "  windows of another version could not be used: begun anew\n";
  out += format("signals: {} new\n", s.signals_opened);
  if (s.shadow_signals_opened > 0) {
    out += format("  and {} of shadow rules (proviso signal list --shadow)\n",
                  s.shadow_signals_opened);
  }
  return out;
}

Json numbers(const std::map<std::string, std::uint64_t>& by_name) {
  Json::Object out;
  for (const auto& [name, number] : by_name) out.emplace(name, number);
  return out;
}

Json losses_json(const std::vector<server::RuleLoss>& losses) {
  Json::Array out;
  for (const server::RuleLoss& loss : losses) {
    out.push_back(Json::Object{{"rule", loss.rule},
                               {"groups_evicted", loss.groups_evicted},
                               {"hits_evicted", loss.hits_evicted},
                               {"late_lost", loss.late_lost},
                               {"not_assessable", loss.not_assessable}});
  }
  return out;
}

Result<int> review(const server::ReviewOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const bool show = ::isatty(STDERR_FILENO) == 1 && !context.json;
  const auto progress = [&](const server::ReviewProgress& p) {
    if (show) {
      std::fprintf(stderr, "\r%s: %llu records ", p.input.c_str(),
                   static_cast<unsigned long long>(p.records));
    }
  };
  const auto s = server::review(*folder, options, progress);
  if (show) std::fprintf(stderr, "\r\033[K");
  if (!s) return std::unexpected(s.error());
  Json::Array reasons(s->rejects_by_reason.begin(), s->rejects_by_reason.end());
  const auto cases = TRY(folder->casework().list());
  std::string text = in_words(*s);
  Json::Array shadows;
  for (const server::ShadowReport& r : s->shadows) {
    text += shadow_in_words(r);
    shadows.emplace_back(shadow_in_numbers(r));
  }
  for (const cases::CaseRow& row : cases) {
    if (&row - cases.data() == kCasesShown) {
      text += format("... and {} more (proviso case list)\n", cases.size() - kCasesShown);
      break;
    }
    text += format("case {}  {}  {}  {}\n", row.id.value, row.state, row.customer.value,
                   row.term_group.empty() ? "-" : row.term_group);
  }
  context.print(Json::Object{{"inputs", s->inputs},
                             {"inputs_done_before", s->inputs_done_before},
                             {"records", s->records},
                             {"events", s->events},
                             {"operations", s->operations},
                             {"duplicates", s->duplicates},
                             {"rejects", s->rejects},
                             {"rejects_by_reason", std::move(reasons)},
                             {"passed_over", strings(s->passed_over)},
                             {"problems", strings(s->problems)},
                             {"signals", s->signals_opened},
                             {"shadow_signals", s->shadow_signals_opened},
                             {"shadows", std::move(shadows)},
                             {"late", s->late},
                             {"late_of", numbers(s->late_of)},
                             {"evicted", s->evicted},
                             {"losses", losses_json(s->losses)},
                             {"counters_dropped", s->counters_dropped},
                             {"waiting_dropped", s->waiting_dropped},
                             {"windows_begun_anew", s->windows_begun_anew},
                             {"cases", static_cast<std::int64_t>(cases.size())}},
                text);
  std::fflush(stdout);
  for (const std::string& problem : s->problems) {
    std::fprintf(stderr, "error: %s\n", problem.c_str());
  }
  return s->problems.empty() ? kDone : kBadInput;
}

std::string scenario_help() {
  std::string out = "which story:";
  for (const provider_sim::ScenarioInfo& s : provider_sim::scenarios()) {
    out += format("\n  {}: {}", s.name, s.about);
  }
  return out;
}

void add_simulate(CLI::App& app, Context& context) {
  auto options = std::make_shared<SimulateOptions>();
  auto* command = app.add_subcommand("simulate", "write the usage log of a simulated provider");
  command->add_option("SCENARIO", options->sim.scenario, scenario_help())->required();
  command->add_option("--seed", options->sim.seed, "the same seed gives the same bytes");
  command->add_option("--hours", options->sim.hours, "how many hours");
  command->add_option("--format", options->format, "usage or cloudtrail");
  command->add_option("--out", options->out, "usage log; .zst compresses")->required();
  command->add_option("--register", options->register_out, "the provider's register");
  command->add_option("--background", options->sim.background,
                      "subscriptions of ordinary customers around the story");
  command->add_option("--records", options->sim.records, "exactly this many records");
  command->callback(
      [options, &context] { context.run([&] { return simulate(*options, context); }); });
}

}  // namespace

void add_feed_commands(CLI::App& app, Context& context) {
  auto file = std::make_shared<std::string>();
  auto* reg = app.add_subcommand("register", "the provider's own list of customers");
  reg->require_subcommand(1);
  auto* load = reg->add_subcommand("load", "add the records of a register file");
  load->add_option("FILE.jsonl", *file, "JSON lines")->required();
  load->callback([file, &context] { context.run([&] { return register_load(*file, context); }); });

  add_simulate(app, context);

  auto options = std::make_shared<server::ReviewOptions>();
  auto* command = app.add_subcommand("review", "the main job: usage logs to signals and cases");
  command->add_option("LOG", options->inputs, "files, folders, - for standard input")->required();
  command->add_option("--format", options->format, "name the format instead of finding it");
  command->add_option("--subscription", options->subscription,
                      "the subscription of a log that names none");
  command->add_option("--commit-every", options->commit_every, "records between two commits")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  command->callback(
      [options, &context] { context.run([&] { return review(*options, context); }); });
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/pipeline.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "base/file_system.h"
#include "base/json.h"
#include "server/rulebook.h"

namespace proviso::bench {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLateness = std::chrono::hours(1);  // what `proviso init` sets
constexpr std::uint64_t kAdvanceEvery = 1U << 12U;
constexpr std::uint64_t kFileMax = 1U << 20U;

Result<Json> read_json(const std::string& path) {
  const std::string text = TRY(real_file_system().read(path, kFileMax));
  return parse_json(text);
}

std::string scaled_line(const std::string& line, std::uint32_t percent) {
  const std::size_t at = line.find("gte: ");
  if (at == std::string::npos || line.find_first_not_of(' ') != at) return line;
  std::uint64_t limit = 0;
  const auto read = std::from_chars(line.data() + at + 5, line.data() + line.size(), limit);
  if (read.ec != std::errc{} || read.ptr != line.data() + line.size() || limit < 3) return line;
  return line.substr(0, at + 5) + std::to_string(std::max<std::uint64_t>(limit * percent / 100, 1));
}

// A copy of the rulebook in a folder of its own, with other thresholds.
Result<rules::Loaded> load_scaled(const std::string& folder, std::uint32_t percent,
                                  const Setup& setup) {
  std::string copy = (fs::temp_directory_path() / "proviso-bench.XXXXXX").string();
  if (::mkdtemp(copy.data()) == nullptr) return fail(Errc::unavailable, "no temporary folder");
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".yml") continue;
    std::ifstream in(entry.path());
    std::ofstream out(fs::path(copy) / entry.path().filename());
    for (std::string line; std::getline(in, line);) out << scaled_line(line, percent) << '\n';
  }
  rules::Loaded loaded = server::load_rulebook({copy}, setup.policies, &setup.terms);
  fs::remove_all(copy);
  return loaded;
}

}  // namespace

Result<Setup> load_setup(const std::string& root, std::uint32_t scale_percent) {
  const Json catalogue = TRY(read_json(root + "/contract/defaults/catalogue.json"));
  const Json terms = TRY(read_json(root + "/contract/defaults/terms.json"));
  Setup setup{TRY(intake::load_field_policies(real_file_system(), root + "/contract/field_policy")),
              TRY(model::Catalogue::parse(catalogue)),
              TRY(model::Terms::parse(terms)),
              {}};
  const std::string folder = root + "/rulebook";
  rules::Loaded loaded = scale_percent == 100
                             ? server::load_rulebook({folder}, setup.policies, &setup.terms)
                             : TRY(load_scaled(folder, scale_percent, setup));
  if (!loaded.program) {
    return fail(Errc::invalid_input, loaded.diagnostics.ok()
                                         ? "the rulebook has no rules"
                                         : loaded.diagnostics.all().front().to_string());
  }
  setup.program = loaded.program;
  return setup;
}

Pipeline::Pipeline(const Setup& setup, const model::Register& reg, Time start)
    : setup_(setup),
      register_(reg),
      start_(start),
      facts_(reg),
      view_(setup.program),
      matcher_(setup.program),
      engine_(setup.program, {.lateness = kLateness, .plain_firings = true}),
      tracker_(setup.program) {}

model::ActionClass Pipeline::class_of(const model::UsageEvent& event) {
  scratch_.assign(event.service).push_back('\n');
  scratch_.append(event.operation);
  const auto found = classes_.find(scratch_);
  if (found != classes_.end()) return found->second;
  return classes_.emplace(scratch_, setup_.catalogue.class_of(event.service, event.operation))
      .first->second;
}

void Pipeline::take(const model::UsageEvent& event) {
  ++events_;
  newest_ = std::max(newest_, event.time());
  view_.reset(event, class_of(event),
              view_.reads_attributes() ? facts_.of(event) : std::span<const rules::Attribute>{});
  const auto matched = matcher_.match(view_);
  if (!matched.empty()) {
    engine_.feed({event.time(), events_, event.count, event.subscription}, matched, view_,
                 firings_);
  } else if (events_ % kAdvanceEvery == 0) {
    engine_.advance(newest_, firings_);
  }
  if (!firings_.empty()) take_firings();
}

void Pipeline::finish() {
  engine_.flush(firings_);
  take_firings();
}

void Pipeline::take_firings() {
  for (const signals::Firing& firing : firings_) {
    if (setup_.program->rule(firing.rule).signals_alone) note(firing);
  }
  firings_.clear();
}

// The rules of Casework::add_signal: one case for each customer and term group.
void Pipeline::note(const signals::Firing& firing) {
  const auto update = tracker_.add(firing);
  const signals::Signal& signal = *update.signal;
  if (update.change == signals::SignalChange::opened) facts_.add_under_review(signal.subscription);
  const model::Customer* customer = register_.customer_of(signal.subscription);
  const model::Term* term =
      signal.terms.empty() ? nullptr : setup_.terms.find(signal.terms.front());
  const CaseKey key{
      customer != nullptr ? customer->id.value : "unregistered:" + signal.subscription,
      term != nullptr ? term->group : ""};
  FoundCase& found = cases_[key];
  if (found.rules.empty()) {
    found.seen = newest_;
    found.rule = signal.title;
  }
  found.rules.insert(signal.title);
  found.months.insert((firing.to - start_ - Duration{1}) / std::chrono::hours{30 * 24});
}

}  // namespace proviso::bench

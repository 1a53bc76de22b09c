// SPDX-License-Identifier: Apache-2.0
#include "server/rule_scenario.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include "server/replay.h"
#include "server/signal_json.h"

namespace proviso::server {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFileMax = 1U << 20U;
constexpr std::string_view kExpected = "expected.jsonl";
constexpr std::string_view kSettings = "scenario.json";
constexpr std::string_view kRegister = "register.jsonl";
constexpr std::string_view kUnderReview = "under_review.jsonl";
constexpr std::array<std::string_view, 15> kMembers = {
    "signal", "rule",         "title", "author",  "level",       "terms",      "group",     "name",
    "to",     "subscription", "from",  "firings", "value_first", "value_last", "value_peak"};

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_scenario(const fs::path& folder) {
  return is_file(folder / kExpected) || is_file(folder / kSettings);
}

// In a scenario folder every log that is not one of the files with a meaning of its own is fed.
bool is_feed(const std::string& name) {
  if (name == kExpected || name == kRegister || name == kUnderReview) return false;
  for (const std::string_view ending : {".jsonl", ".csv", ".jsonl.gz", ".jsonl.zst", ".csv.gz"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

Result<std::vector<std::string>> default_feed(const std::string& folder) {
  std::vector<std::string> feed;
  for (const std::string& name : TRY(real_file_system().list(folder))) {
    if (is_feed(name)) feed.push_back(folder + "/" + name);
  }
  if (feed.empty()) {
    return fail(Errc::not_found, folder + ": no log to feed (add events.jsonl)");
  }
  return feed;
}

std::vector<std::string> inside(const std::string& folder, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(folder + "/" + name);
  return out;
}

// rules.yml in the folder; NAME.yml beside a folder NAME.test.
std::vector<std::string> default_rules(const std::string& folder) {
  const std::string own = folder + "/rules.yml";
  if (is_file(own)) return {own};
  constexpr std::string_view kEnding = ".test";
  if (!folder.ends_with(kEnding)) return {};
  std::string beside = folder.substr(0, folder.size() - kEnding.size()) + ".yml";
  if (!is_file(beside)) return {};
  return {std::move(beside)};
}

// {"rules":[PATH...],"under_review":[CUSTOMER...],"runs":[{"name","feed":[...],"expected":FILE}]};
// paths are relative to the folder, every member may be left out.
Result<void> read_settings(Scenario& scenario) {
  const std::string path = scenario.folder + "/" + std::string(kSettings);
  if (!is_file(path)) return {};
  const std::string text = TRY(real_file_system().read(path, kFileMax));
  const auto document = parse_json(text);
  if (!document) return fail(document.error().code, path + ":" + document.error().message);
  JsonReader reader(*document, path + ":1:1");
  if (scenario.rules.empty()) {
    scenario.rules = inside(scenario.folder, reader.strings_or_empty("rules"));
  } else {
    static_cast<void>(reader.strings_or_empty("rules"));  // the command line names others
  }
  for (const std::string& customer : reader.strings_or_empty("under_review")) {
    scenario.under_review.insert(customer);
  }
  if (const Json* runs = reader.optional("runs"); runs != nullptr && runs->if_array() != nullptr) {
    for (const Json& one : *runs->if_array()) {
      JsonReader run(one, path + ":1:1: runs");
      ScenarioRun made{.name = run.string("name"),
                       .feed = inside(scenario.folder, run.strings("feed")),
                       .expected_file = run.string_or("expected", "")};
      TRY_VOID(run.finish());
      if (!made.expected_file.empty()) {
        made.expected_file = scenario.folder + "/" + made.expected_file;
      }
      scenario.runs.push_back(std::move(made));
    }
  }
  return reader.finish();
}

struct Expected {
  std::size_t line = 0;
  Json::Object members;
};

Result<std::vector<Expected>> read_expected(const std::string& path) {
  std::vector<Expected> out;
  if (path.empty()) return out;
  for (const JsonLine& line : TRY(read_json_lines(path))) {
    const std::string at = path + ":" + std::to_string(line.number) + ":1: ";
    const Json::Object* members = line.value.if_object();
    if (members == nullptr || members->empty()) {
      return fail(Errc::invalid_input, at + "an expected signal is an object with members");
    }
    for (const auto& [name, value] : *members) {
      if (std::ranges::find(kMembers, name) == kMembers.end()) {
        return fail(Errc::invalid_input, at + "a signal has no \"" + name + "\"");
      }
    }
    out.push_back({line.number, *members});
  }
  // The one that says most is matched first, so that it is not robbed of its signal by one that
  // would have taken another as well.
  std::ranges::stable_sort(out, [](const Expected& a, const Expected& b) {
    return a.members.size() > b.members.size();
  });
  return out;
}

bool fits(const Json::Object& expected, const Json& got) {
  return std::ranges::all_of(expected, [&](const auto& member) {
    const Json* value = got.find(member.first);
    return value != nullptr && *value == member.second;
  });
}

// Whether the two are about the same: what the expected line says of rule and subscription is so.
bool is_near(const Json::Object& expected, const Json& got) {
  bool any = false;
  for (const std::string_view name : {"rule", "name", "title", "subscription"}) {
    const auto at = expected.find(name);
    if (at == expected.end()) continue;
    const Json* value = got.find(name);
    if (value == nullptr || *value != at->second) return false;
    any = true;
  }
  return any;
}

void compare(const std::vector<Expected>& expected, std::vector<Json> got, RunVerdict& verdict) {
  std::vector<const Expected*> missing;
  for (const Expected& e : expected) {
    const auto at = std::ranges::find_if(got, [&](const Json& g) { return fits(e.members, g); });
    if (at == got.end()) {
      missing.push_back(&e);
    } else {
      got.erase(at);
    }
  }
  for (const Expected* e : missing) {
    ScenarioDifference difference{.is_missing = true, .signal = e->members, .instead = {}};
    const auto near =
        std::ranges::find_if(got, [&](const Json& g) { return is_near(e->members, g); });
    if (near != got.end()) {
      difference.instead = std::move(*near);
      got.erase(near);
    }
    verdict.differences.push_back(std::move(difference));
  }
  for (Json& g : got) verdict.differences.push_back({false, std::move(g), {}});
}

Result<std::vector<Json>> signals_of(const Scenario& scenario, const ScenarioRun& run,
                                     const RuleSetting& setting) {
  const auto program = TRY(load_program(scenario.rules, setting));
  model::Register customers;
  if (!scenario.register_file.empty()) {
    customers = TRY(read_register_file(scenario.register_file));
  }
  ReplayOptions options;
  options.under_review = scenario.under_review;
  if (run.feed.size() == 1) options.lateness = setting.lateness;
  Replay replay(program, setting, customers, std::move(options));
  std::vector<std::string> order;
  std::map<std::string, signals::Signal> by_id;
  replay.on_signal = [&](const signals::Signal& s) {
    if (!by_id.contains(s.id)) order.push_back(s.id);
    by_id.insert_or_assign(s.id, s);
  };
  std::optional<ReplayReject> refused;
  replay.on_reject = [&](const ReplayReject& r) {
    if (!refused) refused = r;
  };
  for (const std::string& path : run.feed) TRY_VOID(replay.read(path));
  replay.flush();
  if (refused) {
    return fail(Errc::invalid_input, refused->input + ":" + std::to_string(refused->line) + ":" +
                                         std::to_string(refused->column) + ": " + refused->reason);
  }
  std::vector<Json> out;
  for (const std::string& id : order) {
    Json one = signal_json(by_id.at(id));
    const auto rule = program->find(by_id.at(id).rule);
    if (rule && !program->rule(*rule).name.empty()) {
      one.if_object()->emplace("name", program->rule(*rule).name);
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> find_scenarios(const std::vector<std::string>& paths) {
  std::set<std::string> found;
  for (const std::string& path : paths) {
    fs::path start(path);
    if (is_file(path)) start.replace_extension(".test");
    std::error_code error;
    if (!fs::is_directory(start, error)) {
      return fail(Errc::not_found, start.string() + ": no such folder");
    }
    if (is_scenario(start)) found.insert(start.lexically_normal().string());
    for (fs::recursive_directory_iterator at(start, error), end; at != end; at.increment(error)) {
      if (error) break;
      if (at->is_directory(error) && is_scenario(at->path())) {
        found.insert(at->path().lexically_normal().string());
      }
    }
    if (error) return fail(Errc::unavailable, start.string() + ": " + error.message());
  }
  if (found.empty()) {
    return fail(Errc::not_found,
                "no scenario there (one is a folder with expected.jsonl and events.jsonl)");
  }
  std::vector<std::string> out;
  for (std::string folder : found) {
    if (folder.ends_with('/')) folder.pop_back();
    out.push_back(std::move(folder));
  }
  return out;
}

Result<Scenario> read_scenario(const std::string& folder, const std::vector<std::string>& rules) {
  Scenario scenario{
      .folder = folder, .rules = rules, .register_file = {}, .under_review = {}, .runs = {}};
  TRY_VOID(read_settings(scenario));
  if (scenario.rules.empty()) scenario.rules = default_rules(folder);
  if (scenario.rules.empty()) {
    return fail(Errc::not_found, folder +
                                     ": which rules? (call the folder NAME.test beside NAME.yml, "
                                     "put rules.yml into it, or give --rules PATH)");
  }
  const std::string reg = folder + "/" + std::string(kRegister);
  if (is_file(reg)) scenario.register_file = reg;
  const std::string reviewed = folder + "/" + std::string(kUnderReview);
  if (is_file(reviewed)) {
    for (const JsonLine& line : TRY(read_json_lines(reviewed))) {
      JsonReader reader(line.value, reviewed + ":" + std::to_string(line.number) + ":1");
      scenario.under_review.insert(reader.string("customer"));
      TRY_VOID(reader.finish());
    }
  }
  if (scenario.runs.empty()) {
    scenario.runs.push_back({.name = "",
                             .feed = TRY(default_feed(folder)),
                             .expected_file = folder + "/" + std::string(kExpected)});
  }
  return scenario;
}

Result<RunVerdict> run_scenario(const Scenario& scenario, const ScenarioRun& run,
                                const RuleSetting& setting) {
  const std::vector<Expected> expected = TRY(read_expected(run.expected_file));
  std::vector<Json> got = TRY(signals_of(scenario, run, setting));
  RunVerdict verdict{.name = run.name, .signals = got.size(), .differences = {}};
  compare(expected, std::move(got), verdict);
  return verdict;
}

Result<void> update_scenario(const Scenario& scenario, const ScenarioRun& run,
                             const RuleSetting& setting) {
  if (run.expected_file.empty()) return {};
  std::set<std::string> members = {"rule", "subscription"};
  if (is_file(run.expected_file)) {
    const std::vector<Expected> expected = TRY(read_expected(run.expected_file));
    if (!expected.empty()) members.clear();
    for (const Expected& e : expected) {
      for (const auto& [name, value] : e.members) members.insert(name);
    }
  }
  std::vector<std::string> lines;
  for (const Json& got : TRY(signals_of(scenario, run, setting))) {
    Json::Object line;
    for (const std::string& name : members) {
      if (const Json* value = got.find(name)) line.emplace(name, *value);
    }
    lines.push_back(canonical_json(line) + "\n");
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return real_file_system().write_durable(run.expected_file, text);
}

}  // namespace proviso::server

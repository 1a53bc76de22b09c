// SPDX-License-Identifier: Apache-2.0
#include "model/rollout.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "base/json_time.h"

namespace proviso::model {
namespace {

constexpr std::size_t kNameMax = 255;  // as gates/gate_identity.h

Result<RolloutStep> step_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  RolloutStep out;
  out.gates = reader.strings("gates");
  out.from = read_time(reader, "from");
  if (!std::ranges::all_of(out.gates, is_rollout_gate)) {
    reader.fail_at("gates", "a gate's name has 1 to 255 printable ASCII characters, no '+' or ','");
  }
  const bool rises =
      std::ranges::adjacent_find(out.gates, std::ranges::greater_equal()) == out.gates.end();
  if (out.gates.empty() || !rises) {
    reader.fail_at("gates", "not a sorted list of one or more distinct names");
  }
  TRY_VOID(reader.finish());
  return out;
}

Result<void> check_gates(const std::vector<RolloutStep>& steps) {
  std::set<std::string_view> seen;
  for (const RolloutStep& step : steps) {
    for (const std::string& gate : step.gates) {
      if (seen.insert(gate).second) continue;
      return fail(Errc::invalid_input, "rollout.first: the gate " + gate + " stands twice");
    }
  }
  if (seen.size() <= kRolloutGatesMax) return {};
  return fail(Errc::invalid_input, "rollout.first: names more than 100 gates");
}

}  // namespace

bool is_rollout_gate(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, [](char c) {
    return c > ' ' && c <= '~' && c != '+' && c != ',';
  });
}

Time Rollout::enforced_from(std::string_view gate) const {
  for (const RolloutStep& step : first) {
    if (std::ranges::find(step.gates, gate) != step.gates.end()) return step.from;
  }
  return everywhere_from;
}

Json rollout_to_json(const Rollout& rollout) {
  Json::Array first;
  for (const RolloutStep& step : rollout.first) {
    first.emplace_back(Json::Object{{"from", format_time(step.from)},
                                    {"gates", Json::Array(step.gates.begin(), step.gates.end())}});
  }
  return Json::Object{{"everywhere_from", format_time(rollout.everywhere_from)},
                      {"first", std::move(first)}};
}

Result<Rollout> rollout_from_json(const Json& value) {
  JsonReader reader(value, "rollout");
  Rollout out;
  out.everywhere_from = read_time(reader, "everywhere_from");
  const Json::Array& first = reader.array("first");
  TRY_VOID(reader.finish());
  if (first.size() > kRolloutStepsMax) {
    return fail(Errc::invalid_input, "rollout.first: has more than 8 steps");
  }
  for (const Json& item : first) {
    const std::string where = "rollout.first[" + std::to_string(out.first.size()) + "]";
    out.first.push_back(TRY(step_from_json(item, where)));
  }
  TRY_VOID(check_gates(out.first));
  return out;
}

Result<void> check_rollout(const Rollout& rollout, Time begin, Time end) {
  std::optional<Time> last;
  for (const RolloutStep& step : rollout.first) {
    if (step.from < begin) {
      return fail(Errc::denied, "rollout.first: begins before the order's first stage");
    }
    if (last && step.from <= *last) {
      return fail(Errc::denied, "rollout.first: steps must rise in time");
    }
    last = step.from;
  }
  if (rollout.everywhere_from <= last.value_or(begin)) {
    return fail(Errc::denied,
                "rollout.everywhere_from: must be after the order's first stage and after the "
                "first gates");
  }
  // In seconds: the span between two times can exceed what nanoseconds hold.
  const auto most = std::chrono::floor<std::chrono::seconds>(kRolloutMax).count();
  if (unix_seconds(rollout.everywhere_from) - unix_seconds(begin) > most) {
    return fail(Errc::denied,
                "rollout.everywhere_from: must be within 14 days after the first stage");
  }
  if (rollout.everywhere_from < end) return {};
  return fail(Errc::denied, "rollout.everywhere_from: must be before the order's end or review");
}

}  // namespace proviso::model

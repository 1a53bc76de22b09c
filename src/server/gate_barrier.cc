// SPDX-License-Identifier: Apache-2.0
#include "server/gate_barrier.h"

#include <algorithm>

#include "base/text/format.h"

namespace proviso::server {
namespace {

std::string why_not(const gates::GateStatement& statement, std::uint64_t version) {
  if (!statement.refused.empty()) return "it refused what it was sent: " + statement.refused;
  if (!statement.state) return "it has nothing to enforce";
  if (statement.mode != "enforce") return "it enforces nothing: " + statement.mode;
  return statement.state->size < version
             ? format("it stands on {}, before {}", statement.state->size, version)
             : format("it stands on a version of {}, before the order's first effect",
                      format_time(statement.state->made_at));
}

GateStanding standing_of(const std::string& gate, const GateRecords& records, std::uint64_t version,
                         Time made_from) {
  GateStanding out;
  out.gate = gate;
  const auto record = records.find(gate);
  if (record == records.end()) {
    out.why = "nothing was heard of it";
    return out;
  }
  const gates::GateStatement& statement = record->second.statement;
  out.version = statement.state ? statement.state->size : 0;
  out.said_at = statement.said_at;
  out.note = record->second.note;
  out.confirmed = statement.state && out.version >= version &&
                  statement.state->made_at >= made_from && statement.mode == "enforce";
  if (!out.confirmed) out.why = why_not(statement, version);
  return out;
}

std::string shadow_in_words(const GateStanding& gate) {
  if (!gate.shadow_until) return "";
  return "; in shadow there: enforced from " + format_time(*gate.shadow_until);
}

}  // namespace

Barrier judge_barrier(std::uint64_t version, Time made_from, const GateKeys& keys,
                      const GateRecords& records) {
  Barrier out;
  out.version = version;
  for (const auto& [gate, key] : keys) {
    out.gates.push_back(standing_of(gate, records, version, made_from));
  }
  out.reached =
      !out.gates.empty() && std::all_of(out.gates.begin(), out.gates.end(),
                                        [](const GateStanding& gate) { return gate.confirmed; });
  return out;
}

void note_shadow(Barrier& barrier, const model::Rollout& rollout, Time now) {
  for (GateStanding& gate : barrier.gates) {
    const Time from = rollout.enforced_from(gate.gate);
    if (from > now) gate.shadow_until = from;
  }
}

Json barrier_to_json(const Barrier& barrier) {
  Json::Array gates;
  for (const GateStanding& gate : barrier.gates) {
    Json::Object item{
        {"gate", gate.gate},
        {"confirmed", gate.confirmed},
        {"version", gate.version == 0 ? Json() : Json(gate.version)},
        {"said_at", gate.said_at == Time{} ? Json() : Json(format_time(gate.said_at))},
        {"why", gate.why},
        {"note", gate.note}};
    if (gate.shadow_until) item.emplace("shadow_until", format_time(*gate.shadow_until));
    gates.emplace_back(std::move(item));
  }
  return Json::Object{
      {"version", barrier.version}, {"reached", barrier.reached}, {"gates", std::move(gates)}};
}

std::string barrier_in_words(const Barrier& barrier) {
  if (barrier.gates.empty()) return "no gate is known: enter their keys in gates.keys\n";
  std::string out;
  for (const GateStanding& gate : barrier.gates) {
    out += gate.confirmed ? format("{}: confirmed {} at {}{}\n", gate.gate, gate.version,
                                   format_time(gate.said_at), shadow_in_words(gate))
                          : format("{}: NOT CONFIRMED: {}\n", gate.gate, gate.why);
  }
  const auto confirmed = std::count_if(barrier.gates.begin(), barrier.gates.end(),
                                       [](const GateStanding& gate) { return gate.confirmed; });
  const auto in_shadow =
      std::count_if(barrier.gates.begin(), barrier.gates.end(),
                    [](const GateStanding& gate) { return gate.confirmed && gate.shadow_until; });
  if (in_shadow == 0) {
    return out + format("{} of {} gates enforce version {}\n", confirmed, barrier.gates.size(),
                        barrier.version);
  }
  return out + format("{} of {} gates stand on version {}; the order is in shadow at {} of them\n",
                      confirmed, barrier.gates.size(), barrier.version, in_shadow);
}

}  // namespace proviso::server

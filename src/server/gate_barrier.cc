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

Json barrier_to_json(const Barrier& barrier) {
  Json::Array gates;
  for (const GateStanding& gate : barrier.gates) {
    gates.push_back(
        Json::Object{{"gate", gate.gate},
                     {"confirmed", gate.confirmed},
                     {"version", gate.version == 0 ? Json() : Json(gate.version)},
                     {"said_at", gate.said_at == Time{} ? Json() : Json(format_time(gate.said_at))},
                     {"why", gate.why},
                     {"note", gate.note}});
  }
  return Json::Object{
      {"version", barrier.version}, {"reached", barrier.reached}, {"gates", std::move(gates)}};
}

std::string barrier_in_words(const Barrier& barrier) {
  if (barrier.gates.empty()) return "no gate is known: enter their keys in gates.keys\n";
  std::string out;
  for (const GateStanding& gate : barrier.gates) {
    out += gate.confirmed ? format("{}: confirmed {} at {}\n", gate.gate, gate.version,
                                   format_time(gate.said_at))
                          : format("{}: NOT CONFIRMED: {}\n", gate.gate, gate.why);
  }
  const auto confirmed = std::count_if(barrier.gates.begin(), barrier.gates.end(),
                                       [](const GateStanding& gate) { return gate.confirmed; });
  return out + format("{} of {} gates enforce version {}\n", confirmed, barrier.gates.size(),
                      barrier.version);
}

}  // namespace proviso::server

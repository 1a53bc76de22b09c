// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/rollout.h"
#include "server/gate_records.h"

// Whether all gates enforce what they are to: the barrier that a case file shows (I13).
namespace proviso::server {

struct GateStanding {
  std::string gate;
  bool confirmed = false;     ///< it enforces, and stands on the version asked for or a later one
  std::uint64_t version = 0;  ///< that it stands on; 0: none
  Time said_at{};
  std::string why;  ///< where not confirmed, in words
  /// The order that was asked about is in shadow there until then: what it stands on it does not
  /// enforce yet.
  std::optional<Time> shadow_until = {};
  std::string note;  ///< what it said, as it signed it; empty where nothing was heard
};

struct Barrier {
  std::uint64_t version = 0;
  bool reached = false;             ///< there are gates, and all have confirmed
  std::vector<GateStanding> gates;  ///< by name
};

/// A version is a number of ledger entries: an order whose entry has the index I is in every
/// version above I that was made after gates could be told of it (decisions::known_to_gates_from(),
/// `made_from`), unless it is lifted or over.
Barrier judge_barrier(std::uint64_t version, Time made_from, const GateKeys& keys,
                      const GateRecords& records);

/// Marks the gates where an order that begins so is in shadow at `now`.
void note_shadow(Barrier& barrier, const model::Rollout& rollout, Time now);

Json barrier_to_json(const Barrier& barrier);
std::string barrier_in_words(const Barrier& barrier);

}  // namespace proviso::server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gates/live_gate.h"

// A request that a gate refused or limited, or would have (Mode): what it asked, what it was told,
// and all that the answer rests on, so that it can be judged again (refusal_replay.h). As a line of
// a file: docs/formats/refusal.md. It names a subscription: for the gate's own folder, nowhere
// else.
namespace proviso::gates {

/// Why a refusal can't be judged again, where it can't.
enum class Kept : std::uint8_t {
  whole,
  cut,     ///< its texts had no room in the record, or are no UTF-8
  by_key,  ///< it was asked by a subscription's key, and the gate never saw the id
};
std::string_view to_string(Kept kept);

struct Refusal {
  /// The times that it was judged by (live_clock.h): the wall clock's first.
  Instants at;
  Answer answer;  ///< `judged` is not `yes`; `order_number` is not kept
  Kept kept = Kept::whole;
  std::string subscription;
  std::string service;
  std::string operation;
  std::string region;
  std::string resource;

  [[nodiscard]] Request request() const {
    return {subscription, service, operation, region, resource};
  }
};

/// No line is longer, whatever a record's texts hold.
inline constexpr std::size_t kRefusalLineMax = 4096;

/// Canonical JSON and a line feed.
std::string write_refusal(const Refusal& refusal);
/// Of a line with or without its line feed. `invalid_input`: what is wrong where. Robust to
/// untrusted input.
Result<Refusal> parse_refusal(std::string_view line);

}  // namespace proviso::gates

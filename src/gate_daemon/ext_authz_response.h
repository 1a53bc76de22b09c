// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gates/gate.h"
#include "gates/live_gate.h"

namespace proviso::gate_daemon {

/// What a client that is refused gets from Envoy.
struct ExtAuthzDenial {
  std::uint32_t http_status = 403;           ///< 400 to 599
  std::uint32_t http_status_no_state = 503;  ///< likewise; where the owner chose to fail closed
  std::string body{};                        ///< instead of the reason; UTF-8
};

/// Whether a request said whose it is and what it is for. What did not is allowed (I4), and the
/// answer says so.
enum class Told : std::uint8_t { enough, no_subscription, no_service };
Told told_by(const gates::Request& request);

/// Whether the answer is the same for all requests: nothing restricts, nothing is to be told.
bool is_plain(const gates::Answer& answer, Told told);

// A CheckResponse allows where its status has the code 0, and a field that is absent is 0: an empty
// answer, and one that was cut off, allow. So every answer of ours has a status with a code that is
// written out, before anything else; ok_response or denied_response follows.

/// Appends the CheckResponse of a plain answer. It takes the headers that we give off the request,
/// so that a client can't pretend that a gate set them.
void write_plain(std::string& out);

/// Appends the CheckResponse of any other answer.
///
///   refused      status 7 (PERMISSION_DENIED), or 14 (UNAVAILABLE) without state; denied_response
///                with headers x-proviso-effect, -order, -reason, -until and the reason as text
///   passes       status 0; ok_response with x-proviso-effect and -order for the service behind
///   both         dynamic_metadata: effect, outcome, order, snapshot, age (seconds), basis; with
///                rate and rate_limit {requests_per_unit, unit} for a throttle; with mode and
///                judged where nothing is enforced; with missing where the request did not say
///                enough
///
/// `explanation` is looked at only where the answer refuses; `age_seconds` is that of its snapshot.
void write_answer(const gates::Answer& answer, Told told, const gates::Explanation& explanation,
                  const ExtAuthzDenial& denial, std::int64_t age_seconds, std::string& out);

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gate_daemon/http_connection.h"
#include "gates/live_gate.h"
#include "gates/refusal_ring.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/world.h"

namespace proviso::gate_daemon::testing {

using model::testing::at;

/// A gate without a folder that has taken `world`'s snapshot, as of 8 November 2026.
struct ServedWorld {
  struct Choice {
    bool observe = false;
    bool fail_closed = false;
    std::string name = {};  ///< the gate's
  };
  explicit ServedWorld(const gates::testing::World& world, bool observe = false)
      : ServedWorld(world, Choice{.observe = observe}) {}
  ServedWorld(const gates::testing::World& world, const Choice& choice)
      : ServedWorld(world.trust(), choice) {
    const auto taken = gate->offer(world.snapshot_text());
    if (!taken) problem = taken.error().message;
  }
  /// One that has taken nothing.
  ServedWorld(const model::TrustRoot& trust, const Choice& choice) {
    gates::LiveGateSettings settings;
    settings.trust = trust;
    settings.observe = choice.observe;
    settings.fail_closed = choice.fail_closed;
    settings.refusals = &refusals;
    settings.name = choice.name;
    auto opened = gates::LiveGate::open(std::move(settings), clocks, real_file_system());
    if (opened) {
      gate = *std::move(opened);
    } else {
      problem = opened.error().message;
    }
  }

  /// How many of what was asked were put down as refused or limited; empties the ring.
  int recorded() {
    gates::Refusal refusal;
    int out = 0;
    while (refusals.pop(refusal)) ++out;
    return out;
  }

  gates::RefusalRing refusals{64};
  gates::testing::ManualClocks clocks{at("2026-11-08T00:00:30Z")};
  std::unique_ptr<gates::LiveGate> gate;
  std::string problem;
};

/// `order` with one effect from `from` on.
inline model::Order with_effect(model::Order order, model::Effect effect,
                                const char* from = "2026-11-07T00:00:00Z") {
  order.restriction->stages = {{at(from), effect}};
  return order;
}

/// Sent to `handler` over one HTTP connection; the whole answer.
inline std::string ask(HttpHandler& handler, std::string_view request) {
  HttpConnection connection(handler, {});
  std::string out;
  connection.take(request, out);
  return out;
}

inline int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}
inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}
/// Of the field, or "(none)".
inline std::string field_of(const std::string& answer, const std::string& name) {
  const std::size_t begin = answer.find("\r\n" + name + ": ");
  if (begin == std::string::npos || begin > answer.find("\r\n\r\n")) return "(none)";
  const std::size_t value = begin + name.size() + 4;
  return answer.substr(value, answer.find("\r\n", value) - value);
}

}  // namespace proviso::gate_daemon::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "gates/live_gate.h"
#include "gates/testing/deltas.h"
#include "gates/testing/manual_clocks.h"

// A gate and a server that feeds it, in memory.
namespace proviso::gates::testing {

inline constexpr const char* kInForce = "2026-11-06T00:00:00Z";
inline const std::string kDir = "/gate";

inline model::SignedOrder restriction(int number, const std::string& service = "object-storage") {
  model::Order order = restriction_of("sub-" + std::to_string(number), service, '7');
  const std::string digits = std::to_string(100'000 + number);
  order.nonce = std::string(32 - digits.size(), '0') + digits;
  return model::testing::sign_order(order, {"ada", "ben"});
}

inline Request write_of(std::string_view subscription) {
  return {subscription, "object-storage", "PutObject", "", ""};
}

// A server that feeds a gate: `delta()` is what has happened since it last said.
struct Feed {
  World world;
  model::GateSnapshot last;
  Time made = at("2026-11-11T00:00:00Z");

  model::GateSnapshot snapshot() {
    model::GateSnapshot out = world.snapshot();
    out.made_at = made;
    return out;
  }
  std::string whole() {
    last = snapshot();
    return model::write_snapshot(last);
  }
  model::GateDelta delta() {
    const model::GateSnapshot now = snapshot();
    model::GateDelta out = delta_between(last, now, world);
    last = now;
    return out;
  }
  void restrict_use(int number) { world.put_in_force(restriction(number), kInForce); }
  void lift(int number) {
    world.put_in_force(
        model::testing::sign_order(
            model::testing::sample_lift(sha256(restriction(number).canonical)), {"cleo"}),
        "2026-11-15T10:00:00Z");
  }
};

struct FedGate {
  Feed feed;
  ManualClocks clocks{at("2026-11-12T00:00:00Z")};
  proviso::testing::FaultyFileSystem fs;
  LiveGateSettings settings;
  std::unique_ptr<LiveGate> gate;

  FedGate() {
    settings.trust = feed.world.trust();
    settings.state_dir = kDir;
    feed.restrict_use(1);
    feed.restrict_use(2);
  }
  void open() {
    gate.reset();  // gives its folder free
    auto opened = LiveGate::open(settings, clocks, fs);
    ASSERT_TRUE(opened) << opened.error().message;
    gate = *std::move(opened);
  }
  void start() {
    open();
    const auto taken = gate->offer(feed.whole());
    ASSERT_TRUE(taken) << taken.error().message;
  }
  [[nodiscard]] std::string said(const model::GateDelta& delta) const {
    const auto taken = gate->offer_delta(model::write_delta(delta));
    return taken ? "accepted" : taken.error().message;
  }
  [[nodiscard]] bool refuses(int number) const {
    return gate->check(write_of("sub-" + std::to_string(number))).refused();
  }
};

}  // namespace proviso::gates::testing

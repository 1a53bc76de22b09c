// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "gates/gate.h"
#include "gates/testing/world.h"

// What a gate says to an attack. "accepted" where it works by it.
namespace proviso::gates::testing {

/// When orders of these tests come into force.
inline constexpr const char* kNow = "2026-11-06T00:00:00Z";

inline std::string refusal(const model::GateSnapshot& snapshot, const model::TrustRoot& trust) {
  const auto gate = Gate::load(model::write_snapshot(snapshot), trust);
  return gate ? "accepted" : gate.error().message;
}
inline std::string refusal(const World& world) { return refusal(world.snapshot(), world.trust()); }
/// Puts one order in force in a fresh world, as a hijacked server can, and loads the snapshot.
inline std::string refusal(const model::SignedOrder& order) {
  World world;
  world.put_in_force(order, kNow);
  return refusal(world);
}

}  // namespace proviso::gates::testing

/// The text is a refusal that has `part`: an invariant, or what it says.
#define EXPECT_REFUSED(text, part)                           \
  do {                                                       \
    const std::string text_ = (text);                        \
    EXPECT_NE(text_, "accepted");                            \
    EXPECT_NE(text_.find(part), std::string::npos) << text_; \
  } while (false)

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gates/live_clock.h"
#include "gates/testing/world.h"
#include "model/gate_delta.h"

// What all peers are asked: the same restricted pairs and the same questions, from one seed.
namespace proviso::bench {

inline constexpr std::array<const char*, 2> kServices = {"object-storage", "speech"};
inline constexpr std::array<const char*, 2> kOperations = {"PutObject", "Recognize"};
inline constexpr std::size_t kQuestions = 20'000;
inline constexpr std::size_t kSubscriptionsAnOrder = 100;

struct Question {
  std::string subscription;
  std::size_t service = 0;  ///< of kServices
  bool refused = false;
};

struct Set {
  std::vector<std::string> restricted;  ///< subscriptions; each in both services
  std::vector<std::string> later;       ///< no order names them yet: what changes are made with
  std::vector<Question> questions;      ///< one in ten refused
};

Set make_set(std::size_t subscriptions);

/// "SUBSCRIPTION/SERVICE": the key of a pair in nginx' and HAProxy's maps.
std::string pair_of(std::string_view subscription, std::size_t service);

/// The provider in memory that has restricted all of `set.restricted`.
gates::testing::World make_world(const Set& set);

/// One more order, of one subscription in both services.
model::SignedOrder order_of(const std::string& subscription);
/// What brings a gate at `from` the order, which it puts in force in `world`.
model::GateDelta delta_with(const std::string& subscription, const model::GateState& from,
                            gates::testing::World& world);

/// Writes `DIR/pairs`, a pair a line ("SUBSCRIPTION SERVICE"), and `DIR/questions`, a question a
/// line ("SUBSCRIPTION SERVICE 0|1"), for the peers that are no programs of ours.
void write_set(const Set& set, const std::string& dir);

/// In the middle of November 2026, when the orders are in force.
class BenchClocks final : public gates::Clocks {
 public:
  [[nodiscard]] std::int64_t wall() const noexcept override {
    return 1'794'500'000 + system_.steady() - begin_;
  }
  [[nodiscard]] std::int64_t steady() const noexcept override { return system_.steady(); }

 private:
  gates::SystemClocks system_;
  std::int64_t begin_ = system_.steady();
};

}  // namespace proviso::bench

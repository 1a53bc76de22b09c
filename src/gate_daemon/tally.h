// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "gates/live_gate.h"

namespace proviso::gate_daemon {

/// What was answered, counted. One event loop's thread: plain additions, no shared cache line.
class Tally {
 public:
  /// Of so many orders each has counts of its own; of others there is the sum.
  static constexpr std::size_t kOrdersMax = 1'000;

  struct Counts {
    std::uint64_t passed = 0;
    std::uint64_t limited = 0;
    std::uint64_t refused = 0;
  };

  void count(const gates::Answer& answer);
  /// A request that said no subscription or no service, and was allowed (I4). Its answer is counted
  /// as well.
  void count_unnamed() { ++unnamed_; }
  /// A question that was none, so that the client got an error instead of an answer.
  void count_unreadable() { ++unreadable_; }

  /// What was done.
  [[nodiscard]] const Counts& done() const { return done_; }
  /// What would have been done where the gate only observed or was bypassed.
  [[nodiscard]] const Counts& not_enforced() const { return not_enforced_; }
  /// Of all, how many were answered without any snapshot.
  [[nodiscard]] std::uint64_t without_state() const { return without_state_; }
  /// A refusal that no order stands behind, though there is a snapshot: must stay 0.
  [[nodiscard]] std::uint64_t refused_without_order() const { return refused_without_order_; }
  /// All answers. Any thread.
  [[nodiscard]] std::uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t unnamed() const { return unnamed_; }
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
  /// What was judged by each order, whether or not it was enforced.
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  using ByOrder = std::unordered_map<Digest, Counts, DigestHash>;
  [[nodiscard]] const ByOrder& by_order() const { return by_order_; }
  [[nodiscard]] const Counts& by_other_orders() const { return by_other_orders_; }

 private:
  std::atomic<std::uint64_t> answered_{0};  // written by the loop's thread alone
  Counts done_;
  Counts not_enforced_;
  std::uint64_t without_state_ = 0;
  std::uint64_t refused_without_order_ = 0;
  std::uint64_t unnamed_ = 0;
  std::uint64_t unreadable_ = 0;
  ByOrder by_order_;
  Counts by_other_orders_;
};

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "gates/refusal.h"
#include "ledger/note.h"

// What a gate did in one hour, by order: what it signs and tells its server
// (docs/formats/gate-counts.md). No subscription stands in it.
namespace proviso::gates {

/// Of so many orders each has counts of its own in one hour; of others there is the sum.
inline constexpr std::size_t kCountedOrdersMax = 100'000;
/// So many in one signed document, which is a note and so has at most 64 KiB.
inline constexpr std::size_t kOrdersPerDocument = 300;
/// The newest so many versions are told.
inline constexpr std::size_t kCountedSnapshotsMax = 100;

struct OrderCounts {
  std::uint64_t refused = 0;
  std::uint64_t limited = 0;
  /// Would have been one of both, but the gate observed or was bypassed.
  std::uint64_t not_enforced = 0;
  /// Would have been one of both, but the order is in shadow at this gate: in no total().
  std::uint64_t shadow = 0;
  bool operator==(const OrderCounts&) const = default;
  void add(const Answer& answer);
  [[nodiscard]] std::uint64_t total() const { return refused + limited + not_enforced; }
};

struct GateCounts {
  std::string gate;             ///< its name
  std::string ledger;           ///< origin of the one whose orders it enforces
  Time hour{};                  ///< when it began
  std::uint64_t starts = 0;     ///< how often the gate was started in it
  std::uint64_t checks = 0;     ///< all, also those that passed
  std::uint64_t dropped = 0;    ///< refusals that are in no count below: the ring was full
  std::uint64_t unwritten = 0;  ///< refusals that are in no file: the disk was full
  std::array<std::uint64_t, 3> mode_seconds{};  ///< by Mode
  std::set<std::uint64_t> snapshots;            ///< versions that were enforced
  std::map<Digest, OrderCounts> orders;
  OrderCounts other_orders;   ///< of those beyond kCountedOrdersMax
  OrderCounts without_order;  ///< with a snapshot, and no order behind it: must stay 0
  OrderCounts without_state;  ///< without any snapshot: its owner's choice
  bool operator==(const GateCounts&) const = default;

  void add(const Answer& answer);
  void saw_snapshot(std::uint64_t version);
};

/// The hour that `time` lies in.
Time hour_of(Time time);

/// The text that is signed; with all orders, however many. Ends in a line feed.
std::string write_counts(const GateCounts& counts);
/// Of that text. `invalid_input`: what is wrong where. Robust to untrusted input.
Result<GateCounts> parse_counts(std::string_view text);

/// One note for each kOrdersPerDocument orders, at least one; their figures add up to `counts`.
/// `counts.gate` is the signer's name.
std::vector<std::string> sign_counts(const GateCounts& counts, const ledger::NoteSigner& signer);
/// `denied`: not signed by one of `known`, or by another gate than it names; `invalid_input`.
Result<GateCounts> open_counts(std::string_view note, std::span<const ledger::NoteVerifier> known);

}  // namespace proviso::gates

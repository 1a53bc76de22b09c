// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "model/proven_order.h"

// What has changed from one gate snapshot to a later one, with what proves it
// (docs/formats/delta.md). Owned by neither decisions nor gates.
namespace proviso::model {

/// Which orders a snapshot holds, in 32 bytes: their digests as four 64-bit numbers each (little
/// endian), summed modulo 2^64, so that an order comes and goes in constant time. It tells that two
/// sides do not speak of the same orders. It proves nothing: sums can be met on purpose.
class OrderSum {
 public:
  void add(const Digest& order);
  void remove(const Digest& order);
  [[nodiscard]] Digest value() const;
  static OrderSum from(const Digest& value);
  bool operator==(const OrderSum&) const = default;

 private:
  std::array<std::uint64_t, 4> words_{};
};

/// What a gate stands on.
struct GateState {
  std::uint64_t size = 0;  ///< ledger entries under its checkpoint
  Digest root;             ///< of the same checkpoint
  Time made_at{};
  Digest orders;  ///< OrderSum of all orders in it, also of those that have no effect (yet)
  bool operator==(const GateState&) const = default;
};

/// {"size", "root", "made_at", "orders"}
Json gate_state_to_json(const GateState& state);
Result<GateState> gate_state_from_json(const Json& value, const std::string& where);

struct GateDelta {
  std::string ledger;
  Time made_at{};
  std::string checkpoint;               ///< signed note
  GateState from;                       ///< what it continues
  Digest orders;                        ///< OrderSum of what follows
  std::vector<Digest> consistency;      ///< RFC 6962: from.size to the checkpoint's size
  std::vector<ProvenOrder> governance;  ///< changes since `from`, in ledger order
  std::vector<Json> catalogues;         ///< those that `added` pins and `from` had not
  std::vector<ProvenOrder> added;
  std::vector<Digest> gone;  ///< ascending; lifted, or over
};

inline constexpr std::size_t kDeltaBytesMax = 64U << 20U;

/// As write_snapshot() and parse_snapshot(). `invalid_input` says the member.
std::string write_delta(const GateDelta& delta);
Result<GateDelta> parse_delta(std::string_view text);

}  // namespace proviso::model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gates/gate.h"

// A gate that was verified, written down, so that a start need not verify it again. It is believed
// because of where it lies: in the gate's own folder, which nobody else may write to. Its digest
// finds damage.
//
//   image = facts, LF, orders and lines, SHA-256 of all before ;
//
// The facts are canonical JSON: what the image is of, the gate's state, and governance as the
// orders that made it, which are verified anew. Numbers behind them are of the host's own byte
// order: an image goes nowhere.
namespace proviso::gates {

/// What an image is of.
struct ImageOf {
  std::string snapshot;      ///< the snapshot's digest, 64 hexadecimal digits
  std::uint64_t deltas = 0;  ///< so many of those that continue it
  std::string last_delta;    ///< the digest of the last of them; empty where there is none
  bool operator==(const ImageOf&) const = default;
};

/// Of a gate that has its witnesses and all its orders in one table (folded()).
std::string write_image(const Gate& gate, const ImageOf& of, const model::TrustRoot& trust);

struct GateImage {
  ImageOf of;
  Gate gate;
};
/// `corrupt` where it is damaged, `conflict` where it was written for another trust file, under
/// another gate's name, or by another version of this; else as verify_snapshot(). Robust to any
/// bytes.
Result<GateImage> read_image(std::string_view bytes, const model::TrustRoot& trust,
                             const GateOptions& options);

/// Most that an image may have.
inline constexpr std::uint64_t kImageBytesMax = 1U << 30U;

}  // namespace proviso::gates

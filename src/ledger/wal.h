// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The write-ahead frame of the log; byte layout in docs/formats/ledger.md.
namespace proviso::ledger {

/// An entry to append. `id` (1..64 bytes) is the caller's name for it: one id is appended once.
/// `bytes` (at most 65,535) become public.
struct NewEntry {
  std::string id;
  std::string bytes;
};

/// Entries from `first` on, and the signed checkpoint over the log that ends with them.
struct Frame {
  std::uint64_t first = 0;
  std::vector<NewEntry> entries;
  std::string checkpoint;
};

/// Longest body of a frame; a batch beyond it is refused before anything is written.
inline constexpr std::size_t kFrameBodyMax = 64U << 20U;
/// So much of it for entries; the rest is for head and checkpoint.
inline constexpr std::size_t kBatchBytesMax = kFrameBodyMax - (1U << 20U);

/// How many bytes an entry takes in a frame.
std::size_t frame_bytes_of(std::string_view id, std::string_view bytes);

/// Puts a frame together; keeps its memory for the next one. One thread.
class FrameBuilder {
 public:
  void begin(std::uint64_t first);
  void add(std::string_view id, std::string_view bytes);
  /// The whole frame, valid until begin().
  std::string_view finish(std::string_view checkpoint);
  /// Entries added since begin().
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::string frame_;
  std::uint64_t count_ = 0;
};

std::string encode_frame(std::uint64_t first, std::span<const NewEntry> entries,
                         std::string_view checkpoint);

/// What a write-ahead file holds: whole frames, and how many bytes behind them are a torn tail.
struct WalContent {
  std::vector<Frame> frames;
  std::size_t torn_bytes = 0;
};
/// `corrupt` with the place where a damaged frame has a whole one behind it: that is no torn
/// tail but damage to what was acknowledged (L5).
Result<WalContent> decode_wal(std::string_view bytes);

}  // namespace proviso::ledger

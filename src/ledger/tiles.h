// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "base/result.h"
#include "ledger/log_files.h"

// Files of a c2sp.org/tlog-tiles@v0.1.0 directory. Robust to untrusted files.
namespace proviso::ledger {

// On disk and on the wire. Never change.
inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr std::size_t kTileBytesMax = kTileWidth * 32;
inline constexpr std::size_t kEntryBytesMax = 65535;
inline constexpr std::size_t kBundleBytesMax = kTileWidth * (2 + kEntryBytesMax);

/// "tile/LEVEL/N" or, for a width below 256, "tile/LEVEL/N.p/WIDTH"; N as x001/x234/067.
std::string tile_path(std::uint64_t level, std::uint64_t n, std::uint64_t width);
/// The same for entry bundles: "tile/entries/...".
std::string bundle_path(std::uint64_t n, std::uint64_t width);

/// How many hashes tile `n` of `level` has in a log of `size`: 0..256.
std::uint64_t tile_width_at(std::uint64_t size, std::uint64_t level, std::uint64_t n);

/// Appends an entry in bundle form: its length as two bytes, big endian, then itself.
void append_to_bundle(std::string& bundle, std::string_view entry);
/// Splits a bundle into exactly its first `count` entries, views into `bytes`. Where `exact`,
/// nothing may follow them. `invalid_input` otherwise.
enum class BundleTail : std::uint8_t { none, ignored };
Result<std::vector<std::string_view>> split_bundle(std::string_view bytes, std::uint64_t count,
                                                   BundleTail tail);

std::string encode_tile(std::span<const Digest> hashes);
/// `invalid_input` unless `bytes` is a whole tile of `file_width`; keeps the first `width` hashes.
Result<std::vector<Digest>> decode_tile(std::string_view bytes, std::uint64_t file_width,
                                        std::uint64_t width);

/// A tile or bundle file as found: at its own width, or as the full one that replaced it.
struct TileFile {
  std::string path;  ///< below the log directory
  std::string bytes;
  std::uint64_t width = 0;  ///< that the file was made for: the one asked for, or 256
};
/// Reads `dir`/tile/... `not_found` where neither file is there.
Result<TileFile> read_tile_file(FileSystem& fs, const std::string& dir, std::uint64_t level,
                                std::uint64_t n, std::uint64_t width);
Result<TileFile> read_bundle_file(FileSystem& fs, const std::string& dir, std::uint64_t n,
                                  std::uint64_t width);
/// The same into `out`, whose memory is used again.
Result<void> read_tile_file(LogFiles& files, std::uint64_t level, std::uint64_t n,
                            std::uint64_t width, TileFile& out);
Result<void> read_bundle_file(LogFiles& files, std::uint64_t n, std::uint64_t width, TileFile& out);

}  // namespace proviso::ledger

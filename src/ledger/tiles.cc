// SPDX-License-Identifier: Apache-2.0
#include "ledger/tiles.h"

#include <algorithm>

#include "base/check.h"

namespace proviso::ledger {
namespace {

std::string three_digits(std::uint64_t n) {
  std::string digits = std::to_string(n);
  return std::string(3 - digits.size(), '0') + digits;
}

std::string path_of(const std::string& folder, std::uint64_t n, std::uint64_t width) {
  std::string number = three_digits(n % 1000);
  for (n /= 1000; n > 0; n /= 1000) number.insert(0, "x" + three_digits(n % 1000) + "/");
  std::string path = "tile/" + folder + "/" + number;
  if (width < kTileWidth) path += ".p/" + std::to_string(width);
  return path;
}

Result<void> read_either(LogFiles& files, const std::string& folder, std::uint64_t n,
                         std::uint64_t width, std::size_t bytes_max, TileFile& out) {
  out.path = path_of(folder, n, width);
  out.width = width;
  auto read = files.read_into(out.path, bytes_max, out.bytes);
  if (read || read.error().code != Errc::not_found || width == kTileWidth) return read;
  // A log may remove a partial tile once the full one is there.
  out.path = path_of(folder, n, kTileWidth);
  out.width = kTileWidth;
  return files.read_into(out.path, bytes_max, out.bytes);
}

}  // namespace

std::string tile_path(std::uint64_t level, std::uint64_t n, std::uint64_t width) {
  return path_of(std::to_string(level), n, width);
}

std::string bundle_path(std::uint64_t n, std::uint64_t width) {
  return path_of("entries", n, width);
}

std::uint64_t tile_width_at(std::uint64_t size, std::uint64_t level, std::uint64_t n) {
  if (level > 7) return 0;
  const std::uint64_t hashes = size >> (8 * level);
  const std::uint64_t first = n * kTileWidth;
  return hashes <= first ? 0 : std::min(kTileWidth, hashes - first);
}

void append_to_bundle(std::string& bundle, std::string_view entry) {
  CHECK(entry.size() <= kEntryBytesMax);
  bundle.push_back(static_cast<char>(entry.size() >> 8U));
  bundle.push_back(static_cast<char>(entry.size() & 255U));
  bundle.append(entry);
}

Result<std::vector<std::string_view>> split_bundle(std::string_view bytes, std::uint64_t count,
                                                   BundleTail tail) {
  std::vector<std::string_view> entries;
  entries.reserve(std::min(count, kTileWidth));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes.size() < 2) return fail(Errc::invalid_input, "the entry bundle is cut");
    const auto high = static_cast<unsigned char>(bytes[0]);
    const auto low = static_cast<unsigned char>(bytes[1]);
    const std::size_t length = static_cast<std::size_t>(high) * 256 + low;
    if (bytes.size() - 2 < length) return fail(Errc::invalid_input, "the entry bundle is cut");
    entries.push_back(bytes.substr(2, length));
    bytes.remove_prefix(2 + length);
  }
  if (tail == BundleTail::none && !bytes.empty()) {
    return fail(Errc::invalid_input, "the entry bundle has bytes after its last entry");
  }
  return entries;
}

std::string encode_tile(std::span<const Digest> hashes) {
  std::string out;
  out.reserve(hashes.size() * 32);
  for (const Digest& hash : hashes) out.append(hash.view());
  return out;
}

Result<std::vector<Digest>> decode_tile(std::string_view bytes, std::uint64_t file_width,
                                        std::uint64_t width) {
  if (bytes.size() != file_width * 32 || width > file_width) {
    return fail(Errc::invalid_input, "the tile has a wrong length");
  }
  std::vector<Digest> out;
  out.reserve(width);
  for (std::uint64_t i = 0; i < width; ++i) {
    out.push_back(TRY(Digest::from_bytes(bytes.substr(i * 32, 32))));
  }
  return out;
}

Result<void> read_tile_file(LogFiles& files, std::uint64_t level, std::uint64_t n,
                            std::uint64_t width, TileFile& out) {
  return read_either(files, std::to_string(level), n, width, kTileBytesMax, out);
}

Result<void> read_bundle_file(LogFiles& files, std::uint64_t n, std::uint64_t width,
                              TileFile& out) {
  return read_either(files, "entries", n, width, kBundleBytesMax, out);
}

Result<TileFile> read_tile_file(FileSystem& fs, const std::string& dir, std::uint64_t level,
                                std::uint64_t n, std::uint64_t width) {
  FolderFiles files(fs, dir);
  TileFile out;
  TRY_VOID(read_tile_file(files, level, n, width, out));
  return out;
}

Result<TileFile> read_bundle_file(FileSystem& fs, const std::string& dir, std::uint64_t n,
                                  std::uint64_t width) {
  FolderFiles files(fs, dir);
  TileFile out;
  TRY_VOID(read_bundle_file(files, n, width, out));
  return out;
}

}  // namespace proviso::ledger

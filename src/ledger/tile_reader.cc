// SPDX-License-Identifier: Apache-2.0
#include "ledger/tile_reader.h"

#include <algorithm>
#include <bit>
#include <span>

#include "base/check.h"
#include "ledger/tiles.h"

namespace proviso::ledger {
namespace {

constexpr std::size_t kCachedTilesMax = 64;

// RFC 6962: the largest power of 2 below n.
std::uint64_t split_point(std::uint64_t n) { return std::bit_floor(n - 1); }

}  // namespace

Result<std::vector<Digest>> TileReader::tile(std::uint64_t level, std::uint64_t n) {
  const std::uint64_t width = tile_width_at(size_, level, n);
  CHECK(width > 0);
  TileFile file;
  if (auto read = read_tile_file(files_, level, n, width, file); !read) {
    Error error = read.error();
    if (error.code != Errc::unavailable) error.code = Errc::corrupt;
    return fail_in(file.path, std::move(error));
  }
  auto hashes = decode_tile(file.bytes, file.width, width);
  if (!hashes) return fail(Errc::corrupt, file.path + ": " + hashes.error().message);
  return hashes;
}

Result<const std::vector<Digest>*> TileReader::cached(std::uint64_t level, std::uint64_t n) {
  for (const Cached& c : cache_) {
    if (c.level == level && c.n == n) return &c.hashes;
  }
  auto hashes = TRY(tile(level, n));
  if (cache_.size() == kCachedTilesMax) cache_.erase(cache_.begin());
  cache_.push_back({level, n, std::move(hashes)});
  return &cache_.back().hashes;
}

// The 2^height entries from `from` on: one hash of a tile, or the root over up to 128 of them.
Result<Digest> TileReader::full_subtree(std::uint64_t from, unsigned height) {
  const std::uint64_t level = height / 8;
  const std::uint64_t first = from >> (8 * level);
  const std::uint64_t count = std::uint64_t{1} << (height % 8);
  const auto* hashes = TRY(cached(level, first / kTileWidth));
  const std::uint64_t at = first % kTileWidth;
  CHECK(at + count <= hashes->size());
  return tree_root(std::span(*hashes).subspan(at, count));
}

Result<Digest> TileReader::subtree(std::uint64_t from, std::uint64_t to) {
  CHECK(from < to && to <= size_);
  const std::uint64_t count = to - from;
  if (std::has_single_bit(count)) {
    return full_subtree(from, static_cast<unsigned>(std::countr_zero(count)));
  }
  const std::uint64_t middle = from + split_point(count);
  const Digest left = TRY(subtree(from, middle));
  const Digest right = TRY(subtree(middle, to));
  return node_hash(left, right);
}

Result<Digest> TileReader::root_at(std::uint64_t size) {
  if (size == 0) return tree_root({});
  return subtree(0, size);
}

Result<std::vector<Digest>> TileReader::inclusion_path(EntryIndex index, std::uint64_t size) {
  CHECK(index < size && size <= size_);
  std::vector<Digest> path;  // root side first, turned round below
  std::uint64_t from = 0;
  std::uint64_t to = size;
  while (to - from > 1) {
    const std::uint64_t middle = from + split_point(to - from);
    if (index < middle) {
      path.push_back(TRY(subtree(middle, to)));
      to = middle;
    } else {
      path.push_back(TRY(subtree(from, middle)));
      from = middle;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

Result<std::vector<Digest>> TileReader::consistency_path(std::uint64_t old_size,
                                                         std::uint64_t size) {
  CHECK(0 < old_size && old_size <= size && size <= size_);
  std::vector<Digest> path;
  std::uint64_t from = 0;
  std::uint64_t to = size;
  // Down to the subtree that ends where the old tree ends.
  while (old_size != to) {
    const std::uint64_t middle = from + split_point(to - from);
    if (old_size <= middle) {
      path.push_back(TRY(subtree(middle, to)));
      to = middle;
    } else {
      path.push_back(TRY(subtree(from, middle)));
      from = middle;
    }
  }
  if (from != 0) path.push_back(TRY(subtree(from, to)));
  std::reverse(path.begin(), path.end());
  return path;
}

Result<std::vector<Digest>> TileReader::peaks() {
  std::vector<Digest> out;
  std::uint64_t from = 0;
  while (from < size_) {
    const std::uint64_t count = std::bit_floor(size_ - from);
    out.push_back(TRY(subtree(from, from + count)));
    from += count;
  }
  return out;
}

}  // namespace proviso::ledger

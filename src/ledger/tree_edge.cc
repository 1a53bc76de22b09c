// SPDX-License-Identifier: Apache-2.0
#include "ledger/tree_edge.h"

#include <utility>

#include "ledger/tile_reader.h"
#include "ledger/tiles.h"

namespace proviso::ledger {
namespace {

// The last bundle, each entry against its hash.
Result<std::string> load_bundle(FileSystem& fs, const std::string& public_dir, std::uint64_t size,
                                const std::vector<Digest>& hashes) {
  const std::uint64_t width = size % kTileWidth;
  const TileFile file = TRY(read_bundle_file(fs, public_dir, size / kTileWidth, width));
  const auto entries = split_bundle(file.bytes, width, BundleTail::ignored);
  if (!entries) return fail(Errc::corrupt, file.path + ": " + entries.error().message);
  std::string bundle;
  for (std::uint64_t i = 0; i < width; ++i) {
    if (leaf_hash((*entries)[i]) != hashes[i]) {
      return fail(Errc::corrupt, file.path + ": an entry does not have its hash");
    }
    append_to_bundle(bundle, (*entries)[i]);
  }
  return bundle;
}

}  // namespace

Result<TreeEdge> TreeEdge::load(FileSystem& fs, const std::string& public_dir,
                                const Checkpoint& checkpoint) {
  TreeEdge out;
  const std::uint64_t size = checkpoint.size;
  TileReader tiles(fs, public_dir, size);
  out.frontier_ = Frontier::resume(size, TRY(tiles.peaks()));
  if (out.root() != checkpoint.root) {
    return fail(Errc::corrupt, public_dir + ": its tiles do not have the root that was signed");
  }
  for (std::uint64_t level = 0; level < 8 && (size >> (8 * level)) > 0; ++level) {
    out.edge_.resize(level + 1);
    const std::uint64_t hashes = size >> (8 * level);
    if (hashes % kTileWidth == 0) continue;
    out.edge_[level] = TRY(tiles.tile(level, hashes / kTileWidth));
  }
  if (size % kTileWidth == 0) return out;
  auto bundle = load_bundle(fs, public_dir, size, out.edge_[0]);
  if (!bundle) {
    // A bundle that is not there is damage of the log, not an absent log.
    Error error = bundle.error();
    if (error.code == Errc::not_found) error.code = Errc::corrupt;
    return std::unexpected(std::move(error));
  }
  out.bundle_ = std::move(*bundle);
  return out;
}

void TreeEdge::add(std::string_view entry, const Digest& leaf) {
  const EntryIndex index = frontier_.size();
  const auto full = [&](std::string path, std::string bytes) {
    full_bytes_ += bytes.size();
    full_.push_back({std::move(path), std::move(bytes)});
  };
  append_to_bundle(bundle_, entry);
  if ((index + 1) % kTileWidth == 0) {
    const std::size_t bytes = bundle_.size();
    full(bundle_path(index / kTileWidth, kTileWidth), std::exchange(bundle_, {}));
    bundle_.reserve(bytes);
  }
  frontier_.push(leaf, [&](std::uint64_t height, const Digest& hash) {
    if (height % 8 != 0) return;
    const std::uint64_t level = height / 8;
    if (edge_.size() <= level) edge_.resize(level + 1);
    edge_[level].push_back(hash);
    if (edge_[level].size() < kTileWidth) return;
    const std::uint64_t n = index >> (8 * (level + 1));
    full(tile_path(level, n, kTileWidth), encode_tile(edge_[level]));
    edge_[level].clear();
  });
}

std::vector<LogFile> TreeEdge::take_files() {
  std::vector<LogFile> out = std::exchange(full_, {});
  full_bytes_ = 0;
  if (!bundle_.empty()) {
    out.push_back({bundle_path(size() / kTileWidth, size() % kTileWidth), bundle_});
  }
  for (std::uint64_t level = 0; level < edge_.size(); ++level) {
    if (edge_[level].empty()) continue;
    const std::uint64_t n = (size() >> (8 * level)) / kTileWidth;
    out.push_back({tile_path(level, n, edge_[level].size()), encode_tile(edge_[level])});
  }
  return out;
}

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
#include "ledger/log.h"

#include <utility>

#include "base/check.h"
#include "ledger/checkpoint.h"
#include "ledger/id_file.h"
#include "ledger/tiles.h"

// The idea: the write-ahead file begins with a frame that holds no entries, only the checkpoint at
// which it was begun (its base); tiles and ids up to there are durable. Each append adds a frame
// {entries, checkpoint} and syncs it: that is the acknowledgement. Everything else (tiles, bundles,
// the public checkpoint) can be made again from it, and recovery does so by the code of append().
namespace proviso::ledger {
namespace {

constexpr std::size_t kIdBytesMax = 64;
constexpr std::size_t kWalBytesBeforeCompaction = 16U << 20U;
constexpr std::uint64_t kWalBytesMax = std::uint64_t{1} << 30U;

Result<void> check_entries(std::span<const NewEntry> entries) {
  std::size_t bytes = kNoteBytesMax;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const NewEntry& entry = entries[i];
    const std::string where = "ledger entry " + std::to_string(i) + " of this batch: ";
    if (entry.id.empty() || entry.id.size() > kIdBytesMax) {
      return fail(Errc::invalid_input, where + "its id must have 1 to 64 bytes");
    }
    if (entry.bytes.size() > kEntryBytesMax) {
      return fail(Errc::invalid_input, where + "longer than 65535 bytes");
    }
    bytes += frame_bytes_of(entry);
  }
  if (bytes > kFrameBodyMax) {
    return fail(Errc::exhausted, "over 64 MiB of ledger entries at once (append fewer)");
  }
  return {};
}

}  // namespace

Log::Log(FileSystem& fs, std::string dir, NoteSigner signer, std::string origin)
    : fs_(fs),
      dir_(std::move(dir)),
      signer_(std::move(signer)),
      origin_(std::move(origin)),
      edge_(1) {}

Result<std::unique_ptr<Log>> Log::create(FileSystem& fs, const std::string& dir, NoteSigner signer,
                                         const std::string& origin) {
  std::unique_ptr<Log> log(new Log(fs, dir, std::move(signer), origin));
  if (fs.exists(log->wal_path())) return fail(Errc::conflict, dir + ": has a ledger already");
  if (fs.exists(log->public_dir() + "/checkpoint")) {
    return fail(Errc::conflict, dir + ": has a published ledger without its write-ahead file");
  }
  TRY_VOID(fs.make_directories(log->public_dir()));
  // A crash here leaves empty folders; create() can be called again.
  log->checkpoint_ = log->signed_checkpoint();
  TRY_VOID(log->empty_wal());
  // A crash here leaves a log that open() publishes.
  TRY_VOID(log->publish());
  return log;
}

Result<std::unique_ptr<Log>> Log::open(FileSystem& fs, const std::string& dir, NoteSigner signer,
                                       const std::string& origin) {
  std::unique_ptr<Log> log(new Log(fs, dir, std::move(signer), origin));
  TRY_VOID(log->recover());
  return log;
}

Result<std::vector<EntryIndex>> Log::append(std::span<const NewEntry> entries) {
  TRY_VOID(check_usable());
  TRY_VOID(check_entries(entries));
  std::vector<EntryIndex> indexes;
  std::vector<NewEntry> fresh;
  for (const NewEntry& entry : entries) {
    // Invariant L6: one id, one entry.
    const auto [known, is_new] = index_of_.try_emplace(entry.id, size_ + fresh.size());
    if (is_new) fresh.push_back(entry);
    indexes.push_back(known->second);
  }
  if (fresh.empty()) return indexes;
  // Invariant L4: whatever fails from here on, this object says no more.
  poisoned_ = true;
  TRY_VOID(commit(fresh));
  poisoned_ = false;
  if (wal_bytes_ > kWalBytesBeforeCompaction) TRY_VOID(compact());
  return indexes;
}

Result<void> Log::commit(std::span<const NewEntry> entries) {
  const std::uint64_t first = size_;
  for (const NewEntry& entry : entries) add(entry);
  // Invariant L1: what is signed extends the last durable checkpoint, and leaves this function only
  // once it is durable itself.
  std::string next = signed_checkpoint();
  const std::string frame = encode_frame(first, entries, next);
  TRY_VOID(wal_->append(frame));
  // A crash here leaves a frame that may be torn: recovery cuts it, or finds it whole and keeps it.
  TRY_VOID(wal_->sync());
  // Invariant L2: from here on the entries are in the log, whatever happens.
  wal_bytes_ += frame.size();
  checkpoint_ = std::move(next);
  size_ = frontier_.size();
  TRY_VOID(write_tiles());
  // A crash here leaves tiles beyond the public checkpoint, which nobody looks at. Invariant L3:
  // the checkpoint comes after the tiles that it covers.
  return publish();
}

void Log::add(const NewEntry& entry) {
  const EntryIndex index = frontier_.size();
  index_of_.insert_or_assign(entry.id, index);
  unsaved_ids_ += encode_id(index, entry.id);
  append_to_bundle(bundle_, entry.bytes);
  if ((index + 1) % kTileWidth == 0) {
    full_.push_back({bundle_path(index / kTileWidth, kTileWidth), std::exchange(bundle_, {})});
  }
  frontier_.push(leaf_hash(entry.bytes), [&](std::uint64_t height, const Digest& hash) {
    if (height % 8 != 0) return;
    const std::uint64_t level = height / 8;
    if (edge_.size() <= level) edge_.resize(level + 1);
    edge_[level].push_back(hash);
    if (edge_[level].size() < kTileWidth) return;
    const std::uint64_t n = index >> (8 * (level + 1));
    full_.push_back({tile_path(level, n, kTileWidth), encode_tile(edge_[level])});
    edge_[level].clear();
  });
}

Result<void> Log::write_tiles() {
  for (const Unwritten& file : full_) TRY_VOID(write_file(file.path, file.bytes));
  full_.clear();
  const std::uint64_t size = frontier_.size();
  if (!bundle_.empty()) {
    TRY_VOID(write_file(bundle_path(size / kTileWidth, size % kTileWidth), bundle_));
  }
  for (std::uint64_t level = 0; level < edge_.size(); ++level) {
    if (edge_[level].empty()) continue;
    const std::uint64_t n = (size >> (8 * level)) / kTileWidth;
    TRY_VOID(write_file(tile_path(level, n, edge_[level].size()), encode_tile(edge_[level])));
  }
  return {};
}

Result<void> Log::write_file(const std::string& path, std::string_view bytes) {
  const std::string full = public_dir() + "/" + path;
  const std::string folder = full.substr(0, full.rfind('/'));
  if (folders_.insert(folder).second) TRY_VOID(fs_.make_directories(folder));
  return fs_.write_atomic(full, bytes);
}

Result<void> Log::publish() { return fs_.write_atomic(public_dir() + "/checkpoint", checkpoint_); }

Result<void> Log::compact() {
  TRY_VOID(check_usable());
  poisoned_ = true;
  if (!unsaved_ids_.empty()) {
    auto ids = TRY(fs_.open_append(ids_path()));
    TRY_VOID(ids->append(unsaved_ids_));
    TRY_VOID(ids->sync());
    unsaved_ids_.clear();
  }
  // A crash here leaves ids that the write-ahead file holds again: load_ids() cuts them.
  TRY_VOID(fs_.sync_all(public_dir()));
  // A crash here leaves frames whose tiles are there already: replay writes the same once more.
  TRY_VOID(empty_wal());
  poisoned_ = false;
  return {};
}

// Invariant L3: only called when tiles and ids up to checkpoint_ are durable.
Result<void> Log::empty_wal() {
  wal_.reset();
  const std::string base = encode_frame(size_, {}, checkpoint_);
  TRY_VOID(fs_.write_durable(wal_path(), base));
  wal_ = TRY(fs_.open_append(wal_path()));
  wal_bytes_ = base.size();
  return {};
}

Result<void> Log::recover() {
  const std::string bytes = TRY(fs_.read(wal_path(), kWalBytesMax));
  auto content = decode_wal(bytes);
  if (!content) return fail_in(wal_path(), content.error());
  if (content->frames.empty() || !content->frames[0].entries.empty()) {
    return fail(Errc::corrupt, wal_path() + ": damaged at byte 0: its first frame is no base");
  }
  TRY_VOID(load_base(content->frames[0]));
  for (std::size_t i = 1; i < content->frames.size(); ++i) TRY_VOID(replay(content->frames[i]));
  TRY_VOID(check_published());
  if (content->frames.size() == 1 && content->torn_bytes == 0) {
    wal_ = TRY(fs_.open_append(wal_path()));
    wal_bytes_ = bytes.size();
    return publish();
  }
  // Also cuts the torn tail. Invariant L2: frames that an earlier process could not sync are made
  // durable here before anything shows them.
  TRY_VOID(compact());
  // A crash here leaves everything durable and the public checkpoint old; open() comes here again.
  return fs_.write_durable(public_dir() + "/checkpoint", checkpoint_);
}

// The state at the beginning of the write-ahead file, from tiles and ids, against its checkpoint.
Result<void> Log::load_base(const Frame& base) {
  const auto checkpoint = open_checkpoint(base.checkpoint, signer_.verifier(), origin_);
  if (!checkpoint) {
    return fail(Errc::denied, wal_path() + ": was signed with another key or for another origin");
  }
  const std::uint64_t size = checkpoint->size;
  if (size != base.first) return fail(Errc::corrupt, wal_path() + ": its base is malformed");
  TileReader tiles(fs_, public_dir(), size);
  frontier_ = Frontier::resume(size, TRY(tiles.peaks()));
  if (frontier_.root() != checkpoint->root) {
    return fail(Errc::corrupt, public_dir() + ": its tiles do not have the root that was signed");
  }
  for (std::uint64_t level = 0; level < 8 && (size >> (8 * level)) > 0; ++level) {
    edge_.resize(level + 1);
    const std::uint64_t hashes = size >> (8 * level);
    if (hashes % kTileWidth == 0) continue;
    edge_[level] = TRY(tiles.tile(level, hashes / kTileWidth));
  }
  if (const std::uint64_t width = size % kTileWidth; width > 0) {
    const TileFile file = TRY(read_bundle_file(fs_, public_dir(), size / kTileWidth, width));
    const auto entries = split_bundle(file.bytes, width, BundleTail::ignored);
    if (!entries) return fail(Errc::corrupt, file.path + ": " + entries.error().message);
    for (std::uint64_t i = 0; i < width; ++i) {
      if (leaf_hash((*entries)[i]) != edge_[0][i]) {
        return fail(Errc::corrupt, file.path + ": an entry does not have its hash");
      }
      append_to_bundle(bundle_, (*entries)[i]);
    }
  }
  auto ids = TRY(load_ids(fs_, ids_path(), size));
  for (std::uint64_t i = 0; i < size; ++i) index_of_.emplace(std::move(ids[i]), i);
  size_ = size;
  checkpoint_ = base.checkpoint;
  return {};
}

Result<void> Log::replay(const Frame& frame) {
  const std::string where = wal_path() + ": frame of entry " + std::to_string(frame.first);
  const auto checkpoint = open_checkpoint(frame.checkpoint, signer_.verifier(), origin_);
  if (!checkpoint || frame.first != size_) return fail(Errc::corrupt, where + " does not belong");
  for (const NewEntry& entry : frame.entries) add(entry);
  if (checkpoint->size != frontier_.size() || checkpoint->root != frontier_.root()) {
    return fail(Errc::corrupt, where + " does not lead to the root that was signed");
  }
  size_ = frontier_.size();
  checkpoint_ = frame.checkpoint;
  return write_tiles();
}

// Invariant L1: what was published is the beginning of what was recovered. A published checkpoint
// ahead of it shows that acknowledged frames were lost, not torn.
Result<void> Log::check_published() {
  const std::string path = public_dir() + "/checkpoint";
  const auto text = fs_.read(path, kNoteBytesMax);
  if (!text && text.error().code != Errc::not_found) return std::unexpected(text.error());
  if (!text) return {};
  const auto published = open_checkpoint(*text, signer_.verifier(), origin_);
  // It was not synced, so a power cut can leave it empty or cut. It is about to be written again.
  if (!published) return {};
  if (published->size > size_) {
    return fail(Errc::corrupt, wal_path() + ": ends at entry " + std::to_string(size_) +
                                   ", before the published checkpoint of " +
                                   std::to_string(published->size) +
                                   " (restore the write-ahead file from a copy)");
  }
  TileReader tiles(fs_, public_dir(), size_);
  const Digest root = TRY(tiles.root_at(published->size));
  if (root != published->root) {
    return fail(Errc::corrupt, path + ": was signed over another history");
  }
  return {};
}

Result<void> Log::check_usable() const {
  if (!poisoned_) return {};
  return fail(Errc::unavailable,
              dir_ + ": an earlier write to the ledger failed (restart: it recovers by itself)");
}

std::string Log::signed_checkpoint() const {
  return sign_note(signer_, Checkpoint{origin_, frontier_.size(), frontier_.root()}.format());
}

std::optional<EntryIndex> Log::find(std::string_view id) const {
  const auto it = index_of_.find(std::string(id));
  if (it == index_of_.end() || it->second >= size_) return {};
  return it->second;
}

Result<std::string> Log::entry(EntryIndex index) {
  TRY_VOID(check_usable());
  if (index >= size_) return fail(Errc::not_found, "the ledger has no entry of this index");
  const std::uint64_t n = index / kTileWidth;
  const std::uint64_t width = tile_width_at(size_, 0, n);
  const TileFile file = TRY(read_bundle_file(fs_, public_dir(), n, width));
  const auto entries = split_bundle(file.bytes, width, BundleTail::ignored);
  if (!entries) return fail(Errc::corrupt, file.path + ": " + entries.error().message);
  TileReader tiles(fs_, public_dir(), size_);
  const Digest hash = TRY(tiles.subtree(index, index + 1));
  const std::string_view bytes = (*entries)[index % kTileWidth];
  if (leaf_hash(bytes) != hash) {
    return fail(Errc::corrupt, file.path + ": an entry does not have its hash");
  }
  return std::string(bytes);
}

Result<InclusionProof> Log::prove(EntryIndex index) { return prove(index, size_); }

Result<InclusionProof> Log::prove(EntryIndex index, std::uint64_t size) {
  TRY_VOID(check_usable());
  if (size > size_ || index >= size) {
    return fail(Errc::not_found, "the ledger has no entry of this index at this size");
  }
  TileReader tiles(fs_, public_dir(), size_);
  return InclusionProof{index, size, TRY(tiles.inclusion_path(index, size))};
}

Result<std::vector<Digest>> Log::prove_consistency(std::uint64_t old_size) {
  TRY_VOID(check_usable());
  if (old_size > size_) return fail(Errc::not_found, "the ledger is shorter than this size");
  if (old_size == 0) return std::vector<Digest>{};
  TileReader tiles(fs_, public_dir(), size_);
  return tiles.consistency_path(old_size, size_);
}

}  // namespace proviso::ledger

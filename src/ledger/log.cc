// SPDX-License-Identifier: Apache-2.0
#include "ledger/log.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "ledger/old_layout.h"
#include "ledger/tile_reader.h"
#include "ledger/tiles.h"

namespace proviso::ledger {
namespace {

bool has_log(FileSystem& fs, const LogPaths& paths) {
  if (fs.exists(paths.old_frames())) return true;
  const auto names = fs.list(paths.frames());
  if (!names) return false;
  for (const std::string& name : *names) {
    if (!name.ends_with(".tmp")) return true;
  }
  return false;
}

constexpr std::size_t kOriginBytesMax = 255;

// It stands in a line of its own in every checkpoint, so it must be one line.
Result<void> check_origin(std::string_view origin) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (origin.empty() || origin.size() > kOriginBytesMax || !is_utf8(origin) ||
      std::any_of(origin.begin(), origin.end(), is_control)) {
    return fail(Errc::invalid_input,
                "the ledger's origin must be 1 to 255 bytes of UTF-8 without control characters");
  }
  return {};
}

}  // namespace

Log::Log(FileSystem& fs, std::string dir, NoteVerifier verifier, std::string origin)
    : fs_(fs), paths_{std::move(dir)}, verifier_(std::move(verifier)), origin_(std::move(origin)) {}

Result<std::unique_ptr<Log>> Log::create(FileSystem& fs, const std::string& dir, NoteSigner signer,
                                         const std::string& origin) {
  TRY_VOID(check_origin(origin));
  std::unique_ptr<Log> log(new Log(fs, dir, signer.verifier(), origin));
  TRY_VOID(fs.make_directories(dir));
  log->lock_ = TRY(fs.lock(log->paths_.lock()));
  if (has_log(fs, log->paths_)) return fail(Errc::conflict, dir + ": has a ledger already");
  if (fs.exists(log->paths_.checkpoint())) {
    return fail(Errc::conflict, dir + ": has a published ledger without its write-ahead files");
  }
  auto ids = TRY(IdIndex::open(fs, log->paths_.index()));
  auto sequencer =
      TRY(Sequencer::create(fs, log->paths_, LogIdentity{std::move(signer), origin}, *ids));
  TRY_VOID(log->start(std::move(sequencer), std::move(ids)));
  return log;
}

Result<std::unique_ptr<Log>> Log::open(FileSystem& fs, const std::string& dir, NoteSigner signer,
                                       const std::string& origin) {
  std::unique_ptr<Log> log(new Log(fs, dir, signer.verifier(), origin));
  if (!has_log(fs, log->paths_)) return fail(Errc::not_found, dir + ": has no ledger");
  log->lock_ = TRY(fs.lock(log->paths_.lock()));
  TRY_VOID(upgrade_layout(fs, log->paths_));
  auto ids = TRY(IdIndex::open(fs, log->paths_.index()));
  auto sequencer =
      TRY(Sequencer::open(fs, log->paths_, LogIdentity{std::move(signer), origin}, *ids));
  TRY_VOID(log->start(std::move(sequencer), std::move(ids)));
  return log;
}

Result<void> Log::start(std::unique_ptr<Sequencer> sequencer, std::unique_ptr<IdIndex> ids) {
  engine_ = std::make_unique<Engine>(fs_, paths_, std::move(sequencer), std::move(ids));
  return engine_->start();
}

Result<std::vector<EntryIndex>> Log::append(std::span<const NewEntry> entries) {
  const std::size_t bytes = TRY(check_entries(entries));
  // Hashed here, so that many callers hash at the same time.
  BlockedAppend blocked(entries);
  TRY_VOID(engine_->enqueue({.blocked = &blocked, .submitted = nullptr, .bytes = bytes},
                            Engine::WhenFull::wait));
  return blocked.wait();
}

Result<void> Log::submit(NewEntry entry, Appended done) {
  const std::size_t bytes = TRY(check_entries({&entry, 1}));
  auto submitted = std::make_unique<SubmittedAppend>(
      SubmittedAppend{std::move(entry), PreparedEntry{}, std::move(done)});
  submitted->prepared = prepare(submitted->entry);
  return engine_->enqueue({.blocked = nullptr, .submitted = std::move(submitted), .bytes = bytes},
                          Engine::WhenFull::refuse);
}

Result<LogHead> Log::reach(std::uint64_t size) {
  TRY_VOID(engine_->check_usable());
  if (size > this->size()) return fail(Errc::not_found, "the ledger is shorter than this");
  return engine_->wait_published(size);
}

Result<std::optional<EntryIndex>> Log::find(std::string_view id) {
  auto index = TRY(engine_->ids().find(print_of(id)));
  if (index && *index >= size()) index.reset();
  return index;
}

Result<std::string> Log::entry(EntryIndex index) {
  const LogHead head = TRY(reach(index + 1));
  const std::uint64_t n = index / kTileWidth;
  const std::uint64_t width = tile_width_at(head.size, 0, n);
  const TileFile file = TRY(read_bundle_file(fs_, paths_.public_dir(), n, width));
  const auto entries = split_bundle(file.bytes, width, BundleTail::ignored);
  if (!entries) return fail(Errc::corrupt, file.path + ": " + entries.error().message);
  TileReader tiles(fs_, paths_.public_dir(), head.size);
  const Digest hash = TRY(tiles.subtree(index, index + 1));
  const std::string_view bytes = (*entries)[index % kTileWidth];
  if (leaf_hash(bytes) != hash) {
    return fail(Errc::corrupt, file.path + ": an entry does not have its hash");
  }
  return std::string(bytes);
}

Result<InclusionProof> Log::prove(EntryIndex index, std::uint64_t size) {
  const LogHead head = TRY(reach(size));
  if (index >= size) {
    return fail(Errc::not_found, "the ledger has no entry of this index at this size");
  }
  TileReader tiles(fs_, paths_.public_dir(), head.size);
  return InclusionProof{index, size, TRY(tiles.inclusion_path(index, size))};
}

Result<TlogProof> Log::prove(EntryIndex index) {
  const LogHead head = TRY(reach(index + 1));
  InclusionProof proof = TRY(prove(index, head.size));
  return TlogProof{index, std::move(proof.hashes), head.checkpoint};
}

Result<std::vector<Digest>> Log::prove_consistency(std::uint64_t old_size, std::uint64_t size) {
  const LogHead head = TRY(reach(size));
  if (old_size > size) return fail(Errc::invalid_input, "the old tree is larger than the new one");
  if (old_size == 0 || old_size == size) return std::vector<Digest>{};
  TileReader tiles(fs_, paths_.public_dir(), head.size);
  return tiles.consistency_path(old_size, size);
}

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify_log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/finding.h"
#include "ledger/tiles.h"

namespace proviso::ledger {
namespace {

constexpr std::size_t kHashBytes = 32;

using Check = std::expected<void, Finding>;

/// One walk over a log: entries, then the tiles above them, then the root.
class Walk {
 public:
  Walk(LogFiles& files, std::uint64_t size, std::uint64_t old_size, const EntryVisitor& visit,
       const Progress& progress)
      : files_(files), size_(size), old_size_(old_size), visit_(visit), progress_(progress) {}

  Check run() {
    // A size that was merely claimed ends here with the first bundle that is missing.
    for (std::uint64_t n = 0; n * kTileWidth < size_; ++n) {
      announce(n);
      if (auto done = check_bundle(n); !done) return done;
      if (visitor_error) return {};
      if (progress_) progress_(frontier_.size(), size_);
    }
    for (std::uint64_t level = 0; level < levels_.size(); ++level) {
      if (levels_[level].empty()) continue;
      if (auto done = check_tile(level); !done) return done;
    }
    return {};
  }
  [[nodiscard]] Digest root() const { return frontier_.root(); }
  /// Root of the first `old_size` entries; set once the walk is beyond them.
  Digest old_root;
  std::optional<Error> visitor_error;

 private:
  // What is read after bundle `n`, as far as the way to the log likes to know it.
  void announce(std::uint64_t n) {
    if (files_.reads_ahead() == 0) return;
    for (; announced_ <= n + files_.reads_ahead() && announced_ * kTileWidth < size_;
         ++announced_) {
      const std::uint64_t width = tile_width_at(size_, 0, announced_);
      files_.expect(bundle_path(announced_, width), kBundleBytesMax);
      files_.expect(tile_path(0, announced_, width), kTileBytesMax);
    }
  }

  // The bundle's form, then each entry against the level-0 tile.
  Check check_bundle(std::uint64_t n) {
    const std::uint64_t width = tile_width_at(size_, 0, n);
    const auto read = read_bundle_file(files_, n, width, bundle_);
    if (!read) return missing("missing", bundle_path(n, width), read.error());
    const auto tail = bundle_.width == width ? BundleTail::none : BundleTail::ignored;
    const auto entries = split_bundle(bundle_.bytes, width, tail);
    if (!entries) return found("bundle-format", bundle_.path, entries.error().message);
    if (auto tile = read_hashes(0, n, width); !tile) return tile;
    for (std::uint64_t i = 0; i < width; ++i) {
      const std::string_view entry = (*entries)[i];
      const Digest hash = hash_in_place(entry);
      const EntryIndex index = n * kTileWidth + i;
      if (hash.view() != hash_at(i)) {
        return found("leaf-hash", bundle_.path + " entry " + std::to_string(index),
                     "the entry and its hash in " + tile_path(0, n, width) + " differ");
      }
      if (visit_) {
        if (auto seen = visit_(index, entry); !seen) {
          visitor_error = seen.error();
          return {};
        }
      }
      if (auto done = add(hash); !done) return done;
    }
    return {};
  }

  // leaf_hash() without a copy: the byte before an entry is the end of its length, which was read
  // already, and becomes the zero byte that is hashed before it.
  Digest hash_in_place(std::string_view entry) {
    const auto at = static_cast<std::size_t>(entry.data() - bundle_.bytes.data());
    bundle_.bytes[at - 1] = '\0';
    return sha256({bundle_.bytes.data() + at - 1, entry.size() + 1});
  }

  // Level 0 was just compared; a full tile above is compared as soon as it is complete.
  Check add(const Digest& hash) {
    frontier_.push(hash, [&](std::uint64_t height, const Digest& node) {
      if (height == 0 || height % 8 != 0) return;
      const std::uint64_t level = height / 8;
      if (levels_.size() <= level) levels_.resize(level + 1);
      levels_[level].push_back(node);
    });
    if (frontier_.size() == old_size_) old_root = frontier_.root();
    for (std::uint64_t level = 1; level < levels_.size(); ++level) {
      if (levels_[level].size() < kTileWidth) break;
      if (auto done = check_tile(level); !done) return done;
    }
    return {};
  }

  // Compares what was computed for the current tile of `level` with its file, and begins the next.
  Check check_tile(std::uint64_t level) {
    std::vector<Digest>& computed = levels_[level];
    const std::uint64_t n = ((frontier_.size() >> (8 * level)) - 1) / kTileWidth;
    if (auto tile = read_hashes(level, n, computed.size()); !tile) return tile;
    for (std::size_t i = 0; i < computed.size(); ++i) {
      if (computed[i].view() == hash_at(i)) continue;
      return found("tile-hash", tile_path(level, n, computed.size()),
                   "a hash is not that of the tile below");
    }
    computed.clear();
    return {};
  }

  // Into tile_; hash_at() then gives its first `width` hashes.
  Check read_hashes(std::uint64_t level, std::uint64_t n, std::uint64_t width) {
    const auto read = read_tile_file(files_, level, n, width, tile_);
    if (!read && read.error().code == Errc::exhausted) {
      return found("tile-size", tile_path(level, n, width), "too long");
    }
    if (!read) return missing("tile-missing", tile_path(level, n, width), read.error());
    if (tile_.bytes.size() == tile_.width * kHashBytes) return {};
    return found("tile-size", tile_.path, "the tile has a wrong length");
  }
  [[nodiscard]] std::string_view hash_at(std::uint64_t i) const {
    return std::string_view(tile_.bytes).substr(i * kHashBytes, kHashBytes);
  }

  std::unexpected<Finding> missing(const std::string& error_class, const std::string& path,
                                   const Error& error) {
    if (error.code == Errc::not_found) return found(error_class, path, "the file is missing");
    if (error.code == Errc::exhausted) return found("bundle-format", path, "too long");
    return found_unreadable(path, error);
  }

  LogFiles& files_;
  std::uint64_t size_;
  std::uint64_t old_size_;
  const EntryVisitor& visit_;
  const Progress& progress_;
  std::uint64_t announced_ = 0;
  Frontier frontier_;
  std::vector<std::vector<Digest>> levels_;  // hashes of the current tile, from level 1
  TileFile bundle_;                          // the file that is looked at
  TileFile tile_;
};

struct CheckpointFile {
  std::string name;
  std::string text;
};

std::expected<CheckpointFile, Finding> read_checkpoint(LogFiles& files, const std::string& name) {
  CheckpointFile out{name, {}};
  const auto read = files.read_into(name, kNoteBytesMax, out.text);
  if (read) return out;
  const Error& error = read.error();
  if (error.code == Errc::not_found) {
    return found("checkpoint-missing", name, "the file is missing");
  }
  if (error.code == Errc::exhausted) return found("checkpoint-format", name, "too long");
  return found_unreadable(name, error);
}

// With a policy, the one that witnesses cosigned; a server may show it as the only one.
std::expected<CheckpointFile, Finding> read_checkpoint(LogFiles& files,
                                                       const VerifyOptions& options) {
  if (options.witness_policy != nullptr) {
    auto cosigned = read_checkpoint(files, std::string(kCosignedFile));
    if (cosigned || cosigned.error().error_class != "checkpoint-missing") return cosigned;
  }
  return read_checkpoint(files, "checkpoint");
}

struct Judged {
  Checkpoint checkpoint;
  Cosigned cosigned;
  std::optional<Checkpoint> old;
};

std::expected<Judged, Finding> judge_checkpoints(LogFiles& files, const NoteVerifier& key,
                                                 const VerifyOptions& options) {
  const std::string origin = options.origin.empty() ? key.name : options.origin;
  const auto file = read_checkpoint(files, options);
  if (!file) return std::unexpected(file.error());
  const auto checkpoint = open_as("checkpoint", file->name, file->text, key, origin);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  Judged out{*checkpoint, {}, {}};
  auto cosigned = judge_witnesses(file->name, file->text, options.witness_policy);
  if (!cosigned) return std::unexpected(cosigned.error());
  out.cosigned = std::move(*cosigned);
  if (!options.since) return out;
  const auto old = open_as("since", "the earlier checkpoint", *options.since, key, origin);
  if (!old) return std::unexpected(old.error());
  if (old->size > checkpoint->size) {
    return found("rollback", file->name, "the log is shorter than the earlier checkpoint");
  }
  out.old = *old;
  return out;
}

Check judge_roots(const Judged& judged, const Walk& walk) {
  if (walk.root() != judged.checkpoint.root) {
    return found("root", "checkpoint", "the entries do not have the root that was signed");
  }
  if (judged.old && judged.old->size > 0 && walk.old_root != judged.old->root) {
    return found("fork", "the earlier checkpoint", "it is not the beginning of this log");
  }
  return {};
}

}  // namespace

std::string public_log_dir(FileSystem& fs, const std::string& dir) {
  if (fs.exists(dir + "/checkpoint") || fs.exists(dir + "/tile")) return dir;
  return fs.exists(dir + "/log") ? dir + "/log" : dir;
}

LogReport verify_log(FileSystem& fs, const std::string& dir, const NoteVerifier& log_key,
                     const VerifyOptions& options) {
  auto report = verify_log(fs, dir, log_key, options, EntryVisitor());
  return std::move(*report);  // without a visitor it always holds one
}

Result<LogReport> verify_log(FileSystem& fs, const std::string& dir, const NoteVerifier& log_key,
                             const VerifyOptions& options, const EntryVisitor& visit) {
  FolderFiles files(fs, public_log_dir(fs, dir));
  return verify_log(files, log_key, options, visit);
}

Result<LogReport> verify_log(LogFiles& files, const NoteVerifier& log_key,
                             const VerifyOptions& options, const EntryVisitor& visit) {
  const auto judged = judge_checkpoints(files, log_key, options);
  if (!judged) return report_of(judged.error());
  Walk walk(files, judged->checkpoint.size, judged->old ? judged->old->size : 0, visit,
            options.progress);
  Check result = walk.run();
  if (walk.visitor_error) return std::unexpected(*walk.visitor_error);
  if (result) result = judge_roots(*judged, walk);
  LogReport report = result ? LogReport{true, "OK", "", "", 0, {}} : report_of(result.error());
  report.size = judged->checkpoint.size;
  report.root = judged->checkpoint.root;
  report.cosigned = judged->cosigned;
  return report;
}

Result<void> for_each_entry(FileSystem& fs, const std::string& dir, EntryIndex from,
                            std::uint64_t size, const EntryVisitor& visit) {
  const std::string log_dir = public_log_dir(fs, dir);
  for (std::uint64_t n = from / kTileWidth; n * kTileWidth < size; ++n) {
    const std::uint64_t width = tile_width_at(size, 0, n);
    const TileFile file = TRY(read_bundle_file(fs, log_dir, n, width));
    const auto tail = file.width == width ? BundleTail::none : BundleTail::ignored;
    const auto entries = split_bundle(file.bytes, width, tail);
    if (!entries) return fail(Errc::corrupt, file.path + ": " + entries.error().message);
    for (std::uint64_t i = 0; i < width; ++i) {
      const EntryIndex index = n * kTileWidth + i;
      if (index >= from) TRY_VOID(visit(index, (*entries)[i]));
    }
  }
  return {};
}

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
// What open() does with what a crash left, in this order:
//   1. The oldest write-ahead file begins with a base. Tiles, bundles and ids up to it are on disk
//      (L3): the right edge is loaded from them and must have the root that the base signed.
//   2. Its frames are replayed, and those of the file after it; each must lead to the root that was
//      signed with it (L7). Only the last file may end in a torn frame (L5).
//   3. What was published must be the beginning of what was recovered (L1), and ids that are on
//   disk
//      must be of entries that were recovered.
//   4. All frames are written once more, into one file: an earlier process may have failed to sync
//      them, and then the page cache shows what the disk does not have. Also cuts a torn tail.
// What the frames hold is published afterwards by whoever opens the log.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/sequencer.h"
#include "ledger/tile_reader.h"

namespace proviso::ledger {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30U;

struct FrameFile {
  std::uint64_t base;
  std::string path;
};

Result<std::vector<FrameFile>> list_files(FileSystem& fs, const LogPaths& paths) {
  std::vector<FrameFile> out;
  if (!fs.exists(paths.frames())) return fail(Errc::not_found, paths.dir + ": has no ledger");
  const auto names = TRY(fs.list(paths.frames()));
  for (const std::string& name : names) {
    if (name.ends_with(".tmp")) continue;
    const auto base = parse_decimal(name);
    if (!base) return fail(Errc::corrupt, paths.frames() + "/" + name + ": is no write-ahead file");
    out.push_back({*base, paths.frames_from(*base)});
  }
  if (out.empty()) return fail(Errc::not_found, paths.frames() + ": holds no ledger");
  std::sort(out.begin(), out.end(),
            [](const FrameFile& a, const FrameFile& b) { return a.base < b.base; });
  return out;
}

}  // namespace

class Recovery {
 public:
  Recovery(FileSystem& fs, const LogPaths& paths, Sequencer& log)
      : fs_(fs), paths_(paths), log_(log) {}

  Result<void> run() {
    const auto files = TRY(list_files(fs_, paths_));
    for (std::size_t i = 0; i < files.size(); ++i) {
      TRY_VOID(read_file(files[i], i == 0, i + 1 == files.size()));
    }
    const auto signed_last =
        open_checkpoint(log_.checkpoint_, log_.identity_.signer.verifier(), log_.identity_.origin);
    if (!signed_last) return fail_in(paths_.frames() + ": the last frame", signed_last.error());
    TRY_VOID(check_published());
    TRY_VOID(check_ids());
    return settle(files);
  }

 private:
  Result<void> read_file(const FrameFile& file, bool is_first, bool is_last) {
    const std::string bytes = TRY(fs_.read(file.path, kFileBytesMax));
    auto content = decode_wal(bytes);
    if (!content) return fail_in(file.path, content.error());
    if (content->frames.empty() || !content->frames[0].entries.empty() ||
        content->frames[0].first != file.base) {
      return fail(Errc::corrupt, file.path + ": damaged at byte 0: its first frame is no base");
    }
    if (content->torn_bytes > 0 && !is_last) {
      return fail(Errc::corrupt, file.path + ": its end is damaged, and there is a file after it");
    }
    torn_ = content->torn_bytes > 0;
    if (is_first) {
      TRY_VOID(load_base(file.path, content->frames[0]));
    } else if (file.base < log_.size_) {
      // Step 4 was interrupted after it had written the first file anew.
      return check_included(file, content->frames.back());
    }
    for (const Frame& frame : content->frames) TRY_VOID(replay(file.path, frame));
    kept_ += bytes.substr(0, bytes.size() - content->torn_bytes);
    return {};
  }

  Result<void> load_base(const std::string& path, const Frame& base) {
    const auto checkpoint = open(base);
    if (!checkpoint) {
      return fail(Errc::denied, path + ": was signed with another key or for another origin");
    }
    if (checkpoint->size != base.first) {
      return fail(Errc::corrupt, path + ": its base is malformed");
    }
    log_.edge_ = TRY(TreeEdge::load(fs_, paths_.public_dir(), *checkpoint));
    log_.size_ = checkpoint->size;
    log_.base_ = checkpoint->size;
    if (log_.ids_.saved() < checkpoint->size) {
      return fail(Errc::corrupt, paths_.index() + ": does not reach to entry " +
                                     std::to_string(checkpoint->size) + ", where " + path +
                                     " begins");
    }
    return {};
  }

  // A base is a frame without entries: it only has to say what is already so.
  Result<void> replay(const std::string& path, const Frame& frame) {
    const std::string where = path + ": frame of entry " + std::to_string(frame.first);
    // The signature of the last one is enough: it is over a tree that holds all the others.
    const auto checkpoint = claimed(frame);
    if (!checkpoint || frame.first != log_.size_) {
      return fail(Errc::corrupt, where + " does not belong");
    }
    for (const NewEntry& entry : frame.entries) {
      const EntryIndex index = log_.edge_.size();
      const EntryIndex known = TRY(log_.ids_.find_or_add(print_of(entry.id), index));
      if (known != index) return fail(Errc::corrupt, where + " has an entry a second time");
      log_.edge_.add(entry.bytes, leaf_hash(entry.bytes));
    }
    if (checkpoint->size != log_.edge_.size() || checkpoint->root != log_.edge_.root()) {
      return fail(Errc::corrupt, where + " does not lead to the root that was signed");
    }
    log_.size_ = log_.edge_.size();
    log_.checkpoint_ = frame.checkpoint;
    ends_.push_back(*checkpoint);
    return {};
  }

  Result<void> check_included(const FrameFile& file, const Frame& last) {
    const auto checkpoint = claimed(last);
    if (checkpoint && checkpoint->size <= log_.size_) return {};
    return fail(Errc::corrupt, file.path + ": does not follow the file before it");
  }

  // A published checkpoint ahead of what was recovered shows that acknowledged frames were lost,
  // not torn.
  Result<void> check_published() {
    const auto text = fs_.read(paths_.checkpoint(), kNoteBytesMax);
    if (!text && text.error().code != Errc::not_found) return std::unexpected(text.error());
    if (!text) return {};
    const auto published =
        open_checkpoint(*text, log_.identity_.signer.verifier(), log_.identity_.origin);
    // It was not synced, so a power cut can leave it empty or cut. It is about to be written again.
    if (!published) return {};
    if (published->size > log_.size_) {
      return fail(Errc::corrupt, paths_.frames() + ": ends at entry " + std::to_string(log_.size_) +
                                     ", before the published checkpoint of " +
                                     std::to_string(published->size) +
                                     " (restore the write-ahead files from a copy)");
    }
    const auto root = root_at(published->size);
    if (!root) return std::unexpected(root.error());
    if (*root == published->root) return {};
    return fail(Errc::corrupt, paths_.checkpoint() + ": was signed over another history");
  }

  // The root of an earlier size: from the frames where one of them ends there (tiles beyond the
  // base may be lost), else from tiles.
  Result<Digest> root_at(std::uint64_t size) {
    if (size == log_.size_) return log_.edge_.root();
    const auto end = std::find_if(ends_.begin(), ends_.end(),
                                  [&](const Checkpoint& c) { return c.size == size; });
    if (end != ends_.end()) return end->root;
    TileReader tiles(fs_, paths_.public_dir(), log_.base_);
    if (size <= log_.base_) return tiles.root_at(size);
    return fail(Errc::corrupt, paths_.checkpoint() + ": is of a size that no frame ends with");
  }

  Result<void> check_ids() {
    if (log_.ids_.saved() <= log_.size_) return {};
    return fail(Errc::corrupt, paths_.index() + ": has ids of entries that " + paths_.frames() +
                                   " has lost (restore the write-ahead files from a copy)");
  }

  Result<void> settle(const std::vector<FrameFile>& files) {
    const bool only_a_base = files.size() == 1 && !torn_ && log_.size_ == log_.base_;
    if (!only_a_base) TRY_VOID(fs_.write_durable(files[0].path, kept_));
    // A crash here leaves files that the first one includes: check_included() passes them over.
    for (std::size_t i = 1; i < files.size(); ++i) TRY_VOID(fs_.remove(files[i].path));
    log_.wal_ = TRY(fs_.open_append(files[0].path));
    log_.wal_bytes_ = kept_.size();
    return {};
  }

  Result<Checkpoint> open(const Frame& frame) {
    return open_checkpoint(frame.checkpoint, log_.identity_.signer.verifier(),
                           log_.identity_.origin);
  }

  // What the frame says was signed.
  static Result<Checkpoint> claimed(const Frame& frame) {
    return Checkpoint::parse(
        std::string_view(frame.checkpoint).substr(0, frame.checkpoint.rfind("\n\n") + 1));
  }

  FileSystem& fs_;
  const LogPaths& paths_;
  Sequencer& log_;
  std::vector<Checkpoint> ends_;  // what each frame leads to
  bool torn_ = false;
  std::string kept_;  // the bytes of all whole frames
};

Result<std::unique_ptr<Sequencer>> Sequencer::open(FileSystem& fs, const LogPaths& paths,
                                                   LogIdentity identity, IdIndex& ids) {
  std::unique_ptr<Sequencer> out(new Sequencer(fs, paths, std::move(identity), ids));
  TRY_VOID(Recovery(fs, paths, *out).run());
  return out;
}

}  // namespace proviso::ledger

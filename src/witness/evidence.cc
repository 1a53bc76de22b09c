// SPDX-License-Identifier: Apache-2.0
#include "witness/evidence.h"

#include "ledger/note.h"
#include "witness/request.h"

namespace proviso::witness {
namespace {

constexpr std::string_view kRefused = ".refused";
constexpr std::string_view kCosigned = ".cosigned";
constexpr std::size_t kSizeDigits = 19;  // of 2^62

std::string folder_of(const std::string& dir) { return dir + "/evidence"; }

std::string log_prefix(std::string_view origin) { return origin_hash(origin).substr(0, 16) + "-"; }

// Sorted by name, the evidence about one log is sorted by size.
std::string size_prefix(const ledger::Checkpoint& refused) {
  const std::string size = std::to_string(refused.size);
  return log_prefix(refused.origin) + std::string(kSizeDigits - size.size(), '0') + size + "-";
}

std::string path_of(const std::string& dir, const ledger::Checkpoint& refused) {
  return folder_of(dir) + "/" + size_prefix(refused) + refused.root.hex().substr(0, 16);
}

Result<ledger::Checkpoint> read_checkpoint(FileSystem& fs, const std::string& path) {
  const std::string note = TRY(fs.read(path, ledger::kNoteBytesMax));
  const auto split = ledger::split_note(note);
  const auto checkpoint = split ? ledger::Checkpoint::parse(split->text)
                                : Result<ledger::Checkpoint>(std::unexpected(split.error()));
  if (!checkpoint) return fail(Errc::corrupt, path + ": " + checkpoint.error().message);
  return *checkpoint;
}

// Written last, `.refused` says that both are there: what a crash leaves without it is no evidence
// yet, and is written over when the same is shown again.
Result<void> write_pair(FileSystem& fs, const std::string& path, std::string_view cosigned,
                        std::string_view refused) {
  TRY_VOID(fs.write_durable(path + std::string(kCosigned), cosigned));
  return fs.write_durable(path + std::string(kRefused), refused);
}

Result<void> forget(FileSystem& fs, const std::string& path) {
  TRY_VOID(fs.remove(path + std::string(kRefused)));
  return fs.remove(path + std::string(kCosigned));
}

// The evidence about the logs whose names begin so.
Result<std::vector<Evidence>> list_with(FileSystem& fs, const std::string& dir,
                                        std::string_view prefix) {
  std::vector<Evidence> out;
  const auto names = fs.list(folder_of(dir));
  if (!names) {
    if (names.error().code == Errc::not_found) return out;
    return std::unexpected(names.error());
  }
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix) || !name.ends_with(kRefused)) continue;
    Evidence found;
    found.file = folder_of(dir) + "/" + name.substr(0, name.size() - kRefused.size());
    found.cosigned = TRY(read_checkpoint(fs, found.file + std::string(kCosigned)));
    found.refused = TRY(read_checkpoint(fs, found.file + std::string(kRefused)));
    out.push_back(std::move(found));
  }
  return out;
}

// Whether there is room for one more about this log; makes it, where others can go.
Result<bool> make_room(FileSystem& fs, const std::string& dir, const ledger::Checkpoint& refused,
                       bool is_fork) {
  std::vector<Evidence> same;
  for (Evidence& evidence : TRY(list_with(fs, dir, log_prefix(refused.origin)))) {
    if (evidence.is_fork() == is_fork) same.push_back(std::move(evidence));
  }
  if (is_fork) return same.size() < kForksMax;
  if (same.size() < kUnprovenMax) return true;
  if (same.front().refused.size > refused.size) return false;
  TRY_VOID(forget(fs, same.front().file));
  return true;
}

}  // namespace

Result<void> keep_evidence(FileSystem& fs, const std::string& dir, const SignedCheckpoint& cosigned,
                           const SignedCheckpoint& refused) {
  const std::string path = path_of(dir, refused.checkpoint);
  if (fs.exists(path + std::string(kRefused))) return {};
  const Evidence evidence{path, cosigned.checkpoint, refused.checkpoint};
  TRY_VOID(fs.make_directories(folder_of(dir)));
  const bool room = TRY(make_room(fs, dir, refused.checkpoint, evidence.is_fork()));
  if (!room) return {};
  return write_pair(fs, path, cosigned.note, refused.note);
}

Result<void> settle_evidence(FileSystem& fs, const std::string& dir,
                             const SignedCheckpoint& cosigned) {
  for (const Evidence& evidence : TRY(list_with(fs, dir, size_prefix(cosigned.checkpoint)))) {
    if (evidence.is_fork()) continue;
    if (evidence.refused.root == cosigned.checkpoint.root) {
      TRY_VOID(forget(fs, evidence.file));
    } else {
      TRY_VOID(fs.write_durable(evidence.file + std::string(kCosigned), cosigned.note));
    }
  }
  return {};
}

Result<std::vector<Evidence>> list_evidence(FileSystem& fs, const std::string& dir) {
  return list_with(fs, dir, "");
}

}  // namespace proviso::witness

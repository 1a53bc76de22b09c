// SPDX-License-Identifier: Apache-2.0
#include "ledger/old_layout.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "ledger/id_run.h"
#include "ledger/wal.h"

// `wal` had the frames of today, from one base on. `ids` had, for each entry in order: the id's
// length (u8), the id, and the first 4 bytes of SHA-256(decimal index, line feed, id).
namespace proviso::ledger {
namespace {

constexpr std::size_t kCheckBytes = 4;
constexpr std::uint64_t kIdsBytesMax = std::uint64_t{8} << 30U;
constexpr std::uint64_t kWalBytesMax = std::uint64_t{1} << 30U;

bool check_fits(std::uint64_t index, std::string_view id, std::string_view check) {
  const Digest digest = sha256(std::to_string(index) + "\n" + std::string(id));
  return digest.view().starts_with(check);
}

Result<std::vector<IdRecord>> read_old_ids(FileSystem& fs, const std::string& path,
                                           std::uint64_t count) {
  const std::string bytes = TRY(fs.read(path, kIdsBytesMax));
  std::vector<IdRecord> out;
  std::string_view rest = bytes;
  while (out.size() < count) {
    const std::size_t length = rest.empty() ? 0 : static_cast<unsigned char>(rest[0]);
    if (rest.size() < 1 + length + kCheckBytes ||
        !check_fits(out.size(), rest.substr(1, length), rest.substr(1 + length, kCheckBytes))) {
      return fail(Errc::corrupt, path + ": damaged at entry " + std::to_string(out.size()));
    }
    out.push_back({print_of(rest.substr(1, length)), out.size()});
    rest.remove_prefix(1 + length + kCheckBytes);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<void> write_today(FileSystem& fs, const LogPaths& paths) {
  const std::string wal = TRY(fs.read(paths.old_frames(), kWalBytesMax));
  const auto content = decode_wal(wal);
  if (!content) return fail_in(paths.old_frames(), content.error());
  if (content->frames.empty() || !content->frames[0].entries.empty()) {
    return fail(Errc::corrupt, paths.old_frames() + ": damaged at byte 0: no base");
  }
  const std::uint64_t base = content->frames[0].first;
  if (base > 0) {
    const auto ids = TRY(read_old_ids(fs, paths.old_ids(), base));
    TRY_VOID(fs.make_directories(paths.index()));
    TRY_VOID(fs.write_durable(paths.index() + "/0-" + std::to_string(base),
                              encode_id_run(0, base, ids)));
  }
  TRY_VOID(fs.make_directories(paths.frames()));
  // A crash before this leaves a log of the first layout; it is upgraded again.
  return fs.write_durable(paths.frames_from(base), wal);
}

Result<bool> has_frames(FileSystem& fs, const LogPaths& paths) {
  if (!fs.exists(paths.frames())) return false;
  const auto names = TRY(fs.list(paths.frames()));
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return !name.ends_with(".tmp"); });
}

}  // namespace

Result<void> upgrade_layout(FileSystem& fs, const LogPaths& paths) {
  if (!fs.exists(paths.old_frames())) return {};
  const bool done = TRY(has_frames(fs, paths));
  if (!done) TRY_VOID(write_today(fs, paths));
  // A crash from here on leaves old files that nobody reads; this removes them.
  if (fs.exists(paths.old_ids())) TRY_VOID(fs.remove(paths.old_ids()));
  return fs.remove(paths.old_frames());
}

}  // namespace proviso::ledger

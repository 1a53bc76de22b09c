// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify_growth.h"

#include <algorithm>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/finding.h"
#include "ledger/merkle.h"
#include "ledger/tile_reader.h"

namespace proviso::ledger {
namespace {

using Check = std::expected<void, Finding>;
constexpr const char* kEarlier = "the earlier checkpoint";
constexpr const char* kLater = "the later checkpoint";

// A log may have removed partial tiles of sizes that are past. Its present size, which need not be
// true, says which tiles there are to be found; what they lead to is compared with what was signed.
std::uint64_t size_to_read_at(LogFiles& files, std::uint64_t later) {
  std::string note;
  if (!files.read_into("checkpoint", kNoteBytesMax, note)) return later;
  const auto blank = note.rfind("\n\n");
  if (blank == std::string::npos) return later;
  const auto present = Checkpoint::parse(std::string_view(note).substr(0, blank + 1));
  return present ? std::max(present->size, later) : later;
}

std::unexpected<Finding> found_in_tiles(const Error& error) {
  if (error.code == Errc::unavailable) return found_unreadable("the log", error);
  return found("tiles", "the log", error.message);
}

Check judge_growth(LogFiles& files, const Checkpoint& earlier, const Checkpoint& later) {
  if (earlier.size > later.size) {
    return found("rollback", kLater, "it is of fewer entries than the earlier one");
  }
  if (earlier.size == later.size && earlier.root != later.root) {
    return found("fork", kEarlier, "the log signed two histories of this size");
  }
  if (earlier.size == later.size || earlier.size == 0) return {};
  TileReader tiles(files, size_to_read_at(files, later.size));
  const auto path = tiles.consistency_path(earlier.size, later.size);
  if (!path) return found_in_tiles(path.error());
  if (verify_consistency(earlier.size, earlier.root, later.size, later.root, *path)) return {};
  // Whose fault is it? Where the tiles prove another root for the earlier size, the log's.
  const auto proven = tiles.root_at(earlier.size);
  if (!proven) return found_in_tiles(proven.error());
  if (verify_consistency(earlier.size, *proven, later.size, later.root, *path)) {
    return found("fork", kEarlier, "it is not the beginning of the later one");
  }
  return found("root", kLater, "the log's tiles do not lead to its root");
}

}  // namespace

LogReport verify_growth(LogFiles& files, const TwoCheckpoints& two) {
  const std::string origin = two.origin.empty() ? two.log_key.name : two.origin;
  const auto earlier = open_as("earlier", kEarlier, two.earlier, two.log_key, origin);
  if (!earlier) return report_of(earlier.error());
  const auto later = open_as("later", kLater, two.later, two.log_key, origin);
  if (!later) return report_of(later.error());
  const auto cosigned = judge_witnesses(kLater, two.later, two.witness_policy);
  const Check result =
      cosigned ? judge_growth(files, *earlier, *later) : std::unexpected(cosigned.error());
  LogReport report = result ? LogReport{true, "OK", "", "", 0, {}} : report_of(result.error());
  report.size = later->size;
  report.root = later->root;
  if (cosigned) report.cosigned = *cosigned;
  return report;
}

}  // namespace proviso::ledger

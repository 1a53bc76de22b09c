// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace proviso::ledger {

/// What a log's folder holds; docs/formats/ledger.md.
struct LogPaths {
  std::string dir;
  [[nodiscard]] std::string public_dir() const { return dir + "/log"; }
  [[nodiscard]] std::string checkpoint() const { return public_dir() + "/checkpoint"; }
  [[nodiscard]] std::string frames() const { return dir + "/frames"; }
  /// The write-ahead file that was begun at this size.
  [[nodiscard]] std::string frames_from(std::uint64_t base) const {
    return frames() + "/" + std::to_string(base);
  }
  [[nodiscard]] std::string index() const { return dir + "/index"; }
  [[nodiscard]] std::string lock() const { return dir + "/lock"; }
  // Where logs of the first layout have frames and ids.
  [[nodiscard]] std::string old_frames() const { return dir + "/wal"; }
  [[nodiscard]] std::string old_ids() const { return dir + "/ids"; }
};

}  // namespace proviso::ledger

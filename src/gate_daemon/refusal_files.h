// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "base/time.h"

namespace proviso::gate_daemon {

/// Of what was refused, how much is kept.
struct RefusalLimits {
  std::uint64_t bytes_max = 64U << 20U;
  Duration age_max = std::chrono::hours{24 * 7};
};

/// Lines of refusals (docs/formats/refusal.md) in a folder that its owner alone can enter: files
/// NUMBER-TIME.jsonl, a new one each hour, at each start, and where one has a sixteenth of all
/// bytes; the oldest are removed as the limits ask. One thread.
class RefusalFiles {
 public:
  /// Makes the folder, under a umask of its own: call it before other threads make files.
  static Result<RefusalFiles> open(FileSystem& fs, const std::string& dir,
                                   const RefusalLimits& limits);
  /// Whole lines. A crash of the program loses none of them, one of the machine those since the
  /// last sync(). After a failure, which leaves the last line perhaps cut, a new file is begun.
  Result<void> append(std::string_view lines, Time now);
  Result<void> sync();
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct File {
    std::string name;
    std::uint64_t number;
    Time began{};
    std::uint64_t bytes = 0;
  };
  RefusalFiles(FileSystem& fs, std::string dir, const RefusalLimits& limits)
      : fs_(&fs), dir_(std::move(dir)), limits_(limits) {}
  static bool parse_name(const std::string& name, File& out);
  Result<void> begin(Time now);
  Result<void> remove_old(Time now);

  FileSystem* fs_;
  std::string dir_;
  RefusalLimits limits_;
  std::deque<File> files_;  // the oldest first
  std::unique_ptr<AppendFile> open_;
};

}  // namespace proviso::gate_daemon

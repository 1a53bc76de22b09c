// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace proviso::ledger {

/// The public read interface of a log and nothing else: the files below its public folder
/// ("checkpoint", "tile/..."), wherever they are. What is read is trusted by nobody.
class LogFiles {
 public:
  virtual ~LogFiles() = default;
  /// The whole file at `path` into `out`, whose memory is used again. `not_found`; `exhausted`
  /// where it is longer than `bytes_max`; `unavailable` where the way to it broke, which says
  /// nothing about the log.
  virtual Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                                 std::string& out) = 0;
  /// How many of a log's entry bundles, each with its tile, whoever reads on may announce.
  [[nodiscard]] virtual std::uint64_t reads_ahead() const { return 0; }
  /// `path` will be asked for soon, after those that were announced before. A hint.
  virtual void expect(const std::string& path, std::uint64_t bytes_max) {
    (void)path;
    (void)bytes_max;
  }
};

/// A folder of `fs`, which has to live as long. Threads: those that `fs` allows.
class FolderFiles final : public LogFiles {
 public:
  /// `dir` is the public folder itself.
  FolderFiles(FileSystem& fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}
  Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                         std::string& out) override {
    return fs_.read_into(dir_ + "/" + path, bytes_max, out);
  }

 private:
  FileSystem& fs_;
  std::string dir_;
};

}  // namespace proviso::ledger

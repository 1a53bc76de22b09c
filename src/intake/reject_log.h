// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "intake/usage_reader.h"

namespace proviso::intake {

struct RejectLimits {
  /// Stop when more than this share of the records of one run was refused ...
  double share_max = 0.05;
  /// ... once this many were seen.
  std::uint64_t records_min = 100;
};

/// The reject file: a JSON line {column, file, line, offset, reason} for each record that was not
/// taken, never its content (I1). Equal input gives equal bytes. One thread.
class RejectLog {
 public:
  static Result<RejectLog> open(FileSystem& files, const std::string& path,
                                RejectLimits limits = {});
  /// Counts only; nothing is written. For runs without a data folder.
  static RejectLog counting(RejectLimits limits = {});

  void count_event() { ++events_; }
  /// invalid_input where too large a share was refused: "too many ...", with the most frequent
  /// reason.
  Result<void> add(std::string_view file, const Reject& reject);
  /// Writes and syncs what was added. Call at checkpoints and at the end.
  Result<void> flush();
  /// At the end of all input: fails where every record was refused, or too large a share.
  Result<void> finish();

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t rejects() const { return rejects_; }
  /// Reason -> how often; at most kReasonsMax kinds, then "other reasons".
  [[nodiscard]] const std::map<std::string, std::uint64_t>& reasons() const { return reasons_; }
  /// Sets the counters of a run that is resumed.
  void restore(std::uint64_t events, std::uint64_t rejects);

 private:
  explicit RejectLog(RejectLimits limits) : limits_(limits) {}
  [[nodiscard]] bool is_too_many() const;
  [[nodiscard]] Error too_many() const;

  static constexpr std::size_t kReasonsMax = 64;
  RejectLimits limits_;
  std::unique_ptr<AppendFile> file_;
  std::string pending_;
  std::uint64_t events_ = 0;
  std::uint64_t rejects_ = 0;
  std::map<std::string, std::uint64_t> reasons_;
};

}  // namespace proviso::intake

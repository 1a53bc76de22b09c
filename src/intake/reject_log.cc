// SPDX-License-Identifier: Apache-2.0
#include "intake/reject_log.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace proviso::intake {
namespace {

constexpr std::size_t kPendingBytesMax = 1U << 20U;

std::string line_of(std::string_view file, const Reject& reject) {
  Json::Object line;
  line["file"] = printable(file, 4096);
  line["line"] = reject.line;
  line["column"] = reject.column;
  line["offset"] = reject.offset;
  line["reason"] = printable(reject.reason);
  return canonical_json(Json(std::move(line))) + "\n";
}

}  // namespace

Result<RejectLog> RejectLog::open(FileSystem& files, const std::string& path, RejectLimits limits) {
  RejectLog log(limits);
  log.file_ = TRY(files.open_append(path));
  return log;
}

RejectLog RejectLog::counting(RejectLimits limits) { return RejectLog(limits); }

bool RejectLog::is_too_many() const {
  const std::uint64_t records = events_ + rejects_;
  return records >= limits_.records_min &&
         static_cast<double>(rejects_) > limits_.share_max * static_cast<double>(records);
}

Error RejectLog::too_many() const {
  std::string common = "unknown";
  std::uint64_t most = 0;
  for (const auto& [reason, times] : reasons_) {
    if (times > most) common = reason;
    most = std::max(most, times);
  }
  return {Errc::invalid_input, "too many records were refused: " + std::to_string(rejects_) +
                                   " of " + std::to_string(events_ + rejects_) +
                                   ", most often because of \"" + common +
                                   "\" (mend the input, name its format, or allow a larger share)"};
}

Result<void> RejectLog::add(std::string_view file, const Reject& reject) {
  ++rejects_;
  const bool known = reasons_.contains(reject.reason) || reasons_.size() < kReasonsMax;
  ++reasons_[known ? reject.reason : "other reasons"];
  if (file_) pending_ += line_of(file, reject);
  if (pending_.size() > kPendingBytesMax) TRY_VOID(flush());
  if (is_too_many()) {
    TRY_VOID(flush());
    return std::unexpected(too_many());
  }
  return {};
}

Result<void> RejectLog::flush() {
  if (!file_ || pending_.empty()) return {};
  TRY_VOID(file_->append(pending_));
  pending_.clear();
  return file_->sync();
}

Result<void> RejectLog::finish() {
  TRY_VOID(flush());
  const bool all = rejects_ > 0 && events_ == 0;
  if (all || is_too_many()) return std::unexpected(too_many());
  return {};
}

void RejectLog::restore(std::uint64_t events, std::uint64_t rejects) {
  events_ = events;
  rejects_ = rejects;
}

}  // namespace proviso::intake

// SPDX-License-Identifier: Apache-2.0
#include "ledger/scrub.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "ledger/log.h"

namespace proviso::ledger {
namespace {

/// Keeps a walk over entries to a rate, and ends it when asked to.
class Pace {
 public:
  Pace(std::stop_token stop, std::uint64_t bytes_per_second)
      : stop_(std::move(stop)), bytes_per_second_(bytes_per_second) {}

  Result<void> passed(std::size_t bytes) {
    if (stop_.stop_requested()) return fail(Errc::unavailable, "the scrub was stopped");
    bytes_ += bytes;
    if (bytes_per_second_ == 0) return {};
    const std::chrono::duration<double> due(static_cast<double>(bytes_) /
                                            static_cast<double>(bytes_per_second_));
    const auto until = begin_ + std::chrono::duration_cast<Clock::duration>(due);
    // Not for each entry: a sleep is longer than what it is to make up for.
    if (until - Clock::now() < kNapMin) return {};
    std::unique_lock lock(mutex_);
    stopped_.wait_until(lock, stop_, until, [] { return false; });
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kNapMin{10};
  std::stop_token stop_;
  std::uint64_t bytes_per_second_;
  std::uint64_t bytes_ = 0;
  Clock::time_point begin_ = Clock::now();
  std::mutex mutex_;  // guards nothing; the condition variable wants one
  std::condition_variable_any stopped_;
};

}  // namespace

Result<LogReport> scrub_files(FileSystem& fs, const std::string& public_dir,
                              const NoteVerifier& log_key, const std::string& origin,
                              std::stop_token stop, std::uint64_t bytes_per_second) {
  Pace pace(std::move(stop), bytes_per_second);
  const EntryVisitor visit = [&](EntryIndex, std::string_view entry) {
    return pace.passed(entry.size() + sizeof(Digest));
  };
  const VerifyOptions options{.origin = origin, .since = {}};
  return verify_log(fs, public_dir, log_key, options, visit);
}

Result<LogReport> Log::scrub(std::stop_token stop, std::uint64_t bytes_per_second) {
  TRY(head());
  LogReport report = TRY(
      scrub_files(fs_, paths_.public_dir(), verifier_, origin_, std::move(stop), bytes_per_second));
  if (report.ok) TRY_VOID(engine_->ids().check());
  return report;
}

}  // namespace proviso::ledger

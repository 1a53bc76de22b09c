// SPDX-License-Identifier: Apache-2.0
#include "server/ledger_scrub.h"

#include <condition_variable>
#include <mutex>

#include "ledger/scrub.h"

namespace proviso::server {
namespace {

constexpr std::string_view kDamaged = "proviso_ledger_damaged";
constexpr std::string_view kEntries = "proviso_ledger_scrubbed_entries";

}  // namespace

void declare_scrub_metrics(Metrics& metrics) {
  metrics.gauge(kDamaged, "1 where the last scrub found the public log damaged, else 0.");
  metrics.gauge(kEntries, "Entries that the last whole scrub found sound.");
}

LedgerScrub::LedgerScrub(Parts parts, ScrubSettings settings)
    : parts_(std::move(parts)),
      settings_(settings),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void LedgerScrub::run(const std::stop_token& stop) {
  std::mutex mutex;  // guards nothing; the condition variable wants one
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    look(stop);
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, settings_.every, [] { return false; });
  }
}

// Other processes publish meanwhile, and a file that was complete a moment ago can be replaced by a
// longer one. What is wrong twice at the same place is wrong.
void LedgerScrub::look(const std::stop_token& stop) {
  std::string before;
  for (int turn = 0; turn < 10; ++turn) {
    const auto report = ledger::scrub_files(parts_.fs, parts_.log_dir, parts_.key, parts_.key.name,
                                            stop, settings_.bytes_per_second);
    if (!report) return;  // it was stopped
    if (report->ok) {
      parts_.metrics.set(kDamaged, 0);
      parts_.metrics.set(kEntries, static_cast<double>(report->size));
      parts_.log.write("ledger_scrubbed", {{"entries", static_cast<std::int64_t>(report->size)}});
      return;
    }
    std::string found = report->error_class + " " + report->where;
    if (found == before) {
      parts_.metrics.set(kDamaged, 1);
      parts_.log.write(
          "ledger_damaged",
          {{"class", report->error_class}, {"where", report->where}, {"detail", report->detail}});
      return;
    }
    before = std::move(found);
  }
}

}  // namespace proviso::server

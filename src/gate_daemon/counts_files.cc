// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/counts_files.h"

#include <algorithm>
#include <cstdio>

namespace proviso::gate_daemon {
namespace {

constexpr std::string_view kEnding = ".note";
constexpr std::string_view kSent = ".sent";
constexpr std::string_view kRunning = ".running";
constexpr std::uint64_t kRunningMax = 64U << 20U;
constexpr std::size_t kHourBytes = 20;  // 2026-11-12T10:00:00Z

std::string numbered(const std::string& hour, unsigned number) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "-%04u", number);
  return hour + digits + std::string(kEnding);
}

}  // namespace

CountsFiles::CountsFiles(FileSystem& fs, std::string dir, Duration age_max)
    : fs_(fs), dir_(std::move(dir)), age_max_(age_max) {}

std::string CountsFiles::path(std::string_view name) const {
  return dir_ + "/" + std::string(name);
}

CountsFiles::Running CountsFiles::running() {
  const std::lock_guard lock(mutex_);
  Running out;
  for (const std::string& name : files_with(kRunning)) {
    const auto read = [&]() -> Result<gates::GateCounts> {
      const std::string text = TRY(fs_.read(path(name), kRunningMax));
      return gates::parse_counts(text);
    }();
    if (read) {
      out.hours.push_back(*read);
    } else {
      out.problem = path(name) + ": " + read.error().message;
    }
  }
  return out;
}

Result<void> CountsFiles::keep(const gates::GateCounts& counts) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(fs_.make_directories(dir_));
  return fs_.write_durable(path(format_time(counts.hour) + std::string(kRunning)),
                           gates::write_counts(counts));
}

Result<void> CountsFiles::sign(const gates::GateCounts& counts, const ledger::NoteSigner& signer,
                               Time now) {
  // First what is to be signed: a crash from here on signs exactly this, once.
  TRY_VOID(keep(counts));
  const std::lock_guard lock(mutex_);
  const std::string hour = format_time(counts.hour);
  for (const std::string& note : gates::sign_counts(counts, signer)) TRY_VOID(add(hour, note));
  TRY_VOID(fs_.remove(path(hour + std::string(kRunning))));
  return remove_old(now);
}

// Under the first number of its hour that is free, unless it is there already.
Result<void> CountsFiles::add(const std::string& hour, const std::string& note) {
  for (unsigned number = 1;; ++number) {
    const std::string file = path(numbered(hour, number));
    if (!fs_.exists(file)) return fs_.write_durable(file, note);
    const auto there = fs_.read(file, ledger::kNoteBytesMax);
    if (there && *there == note) return {};
  }
}

std::vector<std::string> CountsFiles::files_with(std::string_view ending) {
  std::vector<std::string> out;
  const auto names = fs_.list(dir_);
  if (!names) return out;
  for (const std::string& name : *names) {
    if (name.ends_with(ending)) out.push_back(name);
  }
  return out;
}

std::vector<std::string> CountsFiles::unsent_names() {
  std::vector<std::string> out = files_with(kEnding);
  std::erase_if(
      out, [&](const std::string& name) { return fs_.exists(path(name + std::string(kSent))); });
  return out;
}

Result<void> CountsFiles::remove_old(Time now) {
  const std::vector<std::string> names = files_with(kEnding);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto hour = parse_time(std::string_view(names[i]).substr(0, kHourBytes));
    const bool beyond = names.size() - i > kDocumentsMax;
    if (!beyond && hour && now - *hour <= age_max_) continue;
    TRY_VOID(fs_.remove(path(names[i])));
    const std::string sent = path(names[i] + std::string(kSent));
    if (fs_.exists(sent)) TRY_VOID(fs_.remove(sent));
  }
  return {};
}

Result<std::vector<CountsFiles::Document>> CountsFiles::unsent(std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<Document> out;
  for (const std::string& name : unsent_names()) {
    if (out.size() == most) break;
    std::string note = TRY(fs_.read(path(name), ledger::kNoteBytesMax));
    out.push_back({name, std::move(note)});
  }
  return out;
}

Result<void> CountsFiles::mark_sent(const std::string& name) {
  const std::lock_guard lock(mutex_);
  // A name of ours, not a path that somebody else made up.
  const auto names = files_with(kEnding);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return fail(Errc::not_found, "no counts of this name");
  }
  return fs_.write_durable(path(name + std::string(kSent)), "");
}

std::size_t CountsFiles::unsent_count() {
  const std::lock_guard lock(mutex_);
  return unsent_names().size();
}

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/refusal_files.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include <sys/stat.h>

namespace proviso::gate_daemon {
namespace {

constexpr std::uint64_t kFilesInAll = 16;  // at least: one is removed at a time
constexpr Duration kWrittenFor = std::chrono::hours{1};
constexpr std::size_t kDigits = 10;  // so that names sort by number
constexpr std::string_view kEnding = ".jsonl";

std::string name_of(std::uint64_t number, Time began) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%010llu", static_cast<unsigned long long>(number));
  return std::string(digits) + "-" + format_time(began) + std::string(kEnding);
}

}  // namespace

bool RefusalFiles::parse_name(const std::string& name, File& out) {
  if (name.size() < kDigits + 1 + kEnding.size() || !name.ends_with(kEnding)) return false;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, out.number);
  if (error != std::errc() || end != name.data() + kDigits) return false;
  const auto began = parse_time(
      std::string_view(name).substr(kDigits + 1, name.size() - kDigits - 1 - kEnding.size()));
  if (!began) return false;
  out.began = *began;
  out.name = name;
  return true;
}

Result<RefusalFiles> RefusalFiles::open(FileSystem& fs, const std::string& dir,
                                        const RefusalLimits& limits) {
  RefusalFiles out(fs, dir, limits);
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  const auto made = fs.make_directories(dir);
  ::umask(before);
  if (!made) return std::unexpected(made.error());
  const auto names = fs.list(dir);
  if (!names) return out;
  for (const std::string& name : *names) {
    File file;
    if (!parse_name(name, file)) continue;
    const auto opened = TRY(fs.open_read(dir + "/" + name));
    file.bytes = opened->size();
    out.files_.push_back(std::move(file));
  }
  return out;
}

std::uint64_t RefusalFiles::bytes() const {
  std::uint64_t out = 0;
  for (const File& file : files_) out += file.bytes;
  return out;
}

Result<void> RefusalFiles::begin(Time now) {
  open_.reset();
  const std::uint64_t number = files_.empty() ? 1 : files_.back().number + 1;
  const std::string name = name_of(number, now);
  auto file = TRY(fs_->open_append(dir_ + "/" + name));
  files_.push_back({name, number, now, 0});
  open_ = std::move(file);
  return {};
}

// Never the one that is written.
Result<void> RefusalFiles::remove_old(Time now) {
  while (files_.size() > 1) {
    const bool aged = now - files_.front().began > limits_.age_max + kWrittenFor;
    if (!aged && bytes() <= limits_.bytes_max) return {};
    TRY_VOID(fs_->remove(dir_ + "/" + files_.front().name));
    files_.pop_front();
  }
  return {};
}

Result<void> RefusalFiles::append(std::string_view lines, Time now) {
  if (lines.empty()) return {};
  const bool full = open_ && files_.back().bytes >= limits_.bytes_max / kFilesInAll;
  const bool old = open_ && now - files_.back().began >= kWrittenFor;
  if (!open_ || full || old) TRY_VOID(begin(floor_second(now)));
  auto written = open_->append(lines);
  if (!written) {
    open_.reset();
    return written;
  }
  files_.back().bytes += lines.size();
  return remove_old(now);
}

Result<void> RefusalFiles::sync() {
  if (!open_) return {};
  auto synced = open_->sync();
  if (!synced) open_.reset();
  return synced;
}

}  // namespace proviso::gate_daemon

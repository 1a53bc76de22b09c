// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/recorder.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace proviso::gate_daemon {
namespace {

using namespace std::chrono_literals;
using gates::GateCounts;
using gates::Refusal;

constexpr auto kDrainEvery = 500ms;
constexpr std::int64_t kKeepEvery = 60;        // seconds
constexpr std::int64_t kWriteAgainAfter = 30;  // seconds
constexpr std::size_t kEndedMax = 48;          // hours that wait for a disk with room

}  // namespace

Recorder::Recorder(gates::RefusalRing& ring, const gates::Clocks& clocks, FileSystem& fs,
                   Place place, const RefusalSettings& settings, const EventLog& log)
    : ring_(ring),
      clocks_(clocks),
      fs_(fs),
      place_(std::move(place)),
      settings_(settings),
      log_(log),
      steady_seen_(clocks.steady()),
      kept_at_(clocks.steady()) {
  if (place_.identity) told_.gate = place_.identity->name;
  if (!place_.state_dir.empty()) open_files();
  begin_hour(gates::hour_of(now()));
  if (counts_) resume();
  ++hour_.starts;
  status_.set(told_);
}

void Recorder::open_files() {
  auto files = RefusalFiles::open(fs_, place_.state_dir + "/refusals", settings_.files);
  if (files) {
    files_ = *std::move(files);
  } else {
    say("refusals_not_kept", files.error());
  }
  if (place_.identity) {
    counts_.emplace(fs_, place_.state_dir + "/counts", settings_.counts_age_max);
  } else {
    log_.write("counts_unsigned", {{"why", "the gate has no identity (proviso gate identity)"}});
  }
}

void Recorder::resume() {
  CountsFiles::Running kept = counts_->running();
  if (!kept.problem.empty()) say("counts_unreadable", {Errc::corrupt, kept.problem});
  for (GateCounts& hour : kept.hours) {
    if (hour.hour == hour_.hour) {
      hour_ = std::move(hour);
    } else {
      ended_.push_back(std::move(hour));
    }
  }
  sign_ended();
}

void Recorder::begin_hour(Time hour) {
  hour_ = GateCounts();
  hour_.gate = told_.gate;
  hour_.ledger = place_.ledger;
  hour_.hour = hour;
  alarmed_ = false;
}

void Recorder::end_hour() {
  if (!counts_) return;
  ended_.push_back(std::move(hour_));
  if (ended_.size() > kEndedMax) {
    ended_.pop_front();
    log_.write("counts_lost", {{"why", "could not be kept for days"}});
  }
  sign_ended();
}

void Recorder::sign_ended() {
  while (!ended_.empty()) {
    const auto signed_now = counts_->sign(ended_.front(), *place_.identity, now());
    if (!signed_now) return say("counts_not_kept", signed_now.error());
    ended_.pop_front();
  }
  told_.counts_unsent = counts_->unsent_count();
}

void Recorder::take(const Refusal& refusal) {
  // By the time that it was judged at, so that an hour's last refusals stand in that hour.
  const Time hour = gates::hour_of(from_unix_seconds(refusal.at.one));
  if (hour > hour_.hour && hour <= now()) {
    end_hour();
    begin_hour(hour);
  }
  hour_.add(refusal.answer);
  ++told_.recorded;
  const gates::Answer& answer = refusal.answer;
  if (answer.basis == gates::Basis::none) return told_.without_state.add(answer);
  if (answer.order == Digest{}) {
    told_.without_order.add(answer);
    if (!std::exchange(alarmed_, true)) log_.write("refused_without_order");
    return;
  }
  const auto known = told_.orders.find(answer.order);
  if (known != told_.orders.end()) return known->second.add(answer);
  const bool room = told_.orders.size() < RecordingStatus::kSeriesMax;
  (room ? told_.orders[answer.order] : told_.other_orders).add(answer);
}

void Recorder::add_seen(const Seen& seen) {
  const std::int64_t steady = clocks_.steady();
  hour_.mode_seconds[static_cast<std::size_t>(seen.mode)] +=
      static_cast<std::uint64_t>(steady - std::exchange(steady_seen_, steady));
  hour_.checks += seen.checks - std::exchange(checks_seen_, seen.checks);
  const std::uint64_t dropped = ring_.dropped();
  hour_.dropped += dropped - std::exchange(dropped_seen_, dropped);
  told_.dropped = dropped;
  if (seen.snapshot_size != 0) hour_.saw_snapshot(seen.snapshot_size);
}

void Recorder::write(const std::string& lines, std::uint64_t records) {
  if (records == 0) return;
  const bool may_try = files_ && clocks_.steady() >= write_again_;
  if (may_try) {
    const auto written = files_->append(lines, now());
    if (written) return;
    write_again_ = clocks_.steady() + kWriteAgainAfter;
    say("refusals_not_kept", written.error());
  }
  told_.unwritten += records;
  hour_.unwritten += records;
}

void Recorder::drain(const Seen& seen) {
  std::string lines;
  std::uint64_t records = 0;
  Refusal refusal;
  // Not for ever: who is refused without end must not keep the hour from ending.
  for (std::size_t i = 0; i < ring_.capacity() && ring_.pop(refusal); ++i) {
    take(refusal);
    ++records;
    if (files_) lines += gates::write_refusal(refusal);
  }
  add_seen(seen);
  write(lines, records);
  // Also where the clock was set back: an hour can have several documents.
  const Time hour = gates::hour_of(now());
  if (hour != hour_.hour) {
    end_hour();
    begin_hour(hour);
  }
  if (clocks_.steady() - kept_at_ >= kKeepEvery) keep();
  told_.file_bytes = files_ ? files_->bytes() : 0;
  status_.set(told_);
}

void Recorder::keep() {
  kept_at_ = clocks_.steady();
  if (files_) {
    const auto synced = files_->sync();
    if (!synced) say("refusals_not_kept", synced.error());
  }
  if (!counts_) return;
  sign_ended();
  const auto kept = counts_->keep(hour_);
  if (!kept) say("counts_not_kept", kept.error());
}

void Recorder::run(const std::stop_token& stop, const std::function<Seen()>& look) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    drain(look());
    never.wait_for(lock, stop, kDrainEvery, [] { return false; });
  }
  drain(look());
  keep();
}

void Recorder::say(std::string_view event, const Error& error) {
  log_.write(event, {{"why", error.message}});
}

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_link.h"

#include <algorithm>
#include <cstdlib>

namespace proviso::gate_daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetryMax = 30s;
constexpr std::int64_t kStepSeconds = gates::LiveClock::kStepSeconds;
constexpr std::int64_t kLookAgainSeconds = 60;

std::size_t count_of(const MapEntries& entries, MapSays says) {
  return static_cast<std::size_t>(std::ranges::count(entries, says, &MapEntry::says));
}

}  // namespace

HaproxyLink::HaproxyLink(std::string socket, HaproxySettings settings, const gates::LiveGate& gate,
                         const gates::Clocks& clocks, FileSystem& fs, const EventLog& log)
    : socket_(std::move(socket)),
      settings_(std::move(settings)),
      gate_(gate),
      clocks_(clocks),
      fs_(fs),
      log_(log),
      map_(settings_.map, {.payload_bytes = settings_.payload_bytes}) {}

// What does not parse the gate would not have taken.
void HaproxyLink::take(std::string_view snapshot_text) {
  if (auto questions = HaproxyQuestions::from_snapshot(snapshot_text)) ask(*std::move(questions));
}

void HaproxyLink::take_delta(std::string_view delta_text) {
  const auto now = questions_.get();
  if (now == nullptr) return;
  if (auto questions = now->with_delta(delta_text)) ask(*std::move(questions));
}

void HaproxyLink::ask(HaproxyQuestions questions) {
  questions_.set(std::move(questions));
  const std::lock_guard lock(mutex_);
  fresh_ = true;
  wake_.notify_one();
}

std::chrono::milliseconds HaproxyLink::step() {
  // Nobody's request: for the gate's mode and version, without waiting for a snapshot that is
  // being verified.
  const Moment now{.gate = gate_.look({}),
                   .wall = clocks_.wall(),
                   .steady = clocks_.steady(),
                   .questions = questions_.get()};
  if (now.gate.basis != gates::Basis::snapshot || !now.questions->known()) {
    return settings_.interval;
  }
  // Where the clocks have come to disagree, the gate judges by both (live_clock.h): then this goes
  // on with what the steady one says.
  const std::int64_t ahead = now.wall - now.steady;
  if (!last_ || std::abs(ahead - ahead_) < kStepSeconds) ahead_ = ahead;
  if (may_have_changed(now)) {
    const auto looked = look_again(now);
    if (!looked) return failed(looked.error());
  }
  const auto pushed = push(now.wall);
  if (!pushed) return failed(pushed.error());
  retry_ = 1s;
  return settings_.interval;
}

bool HaproxyLink::may_have_changed(const Moment& now) const {
  if (!last_ || last_->questions != now.questions) return true;
  if (last_->gate.snapshot_size != now.gate.snapshot_size || last_->gate.mode != now.gate.mode) {
    return true;
  }
  const std::int64_t wall = now.wall - last_->wall;
  const std::int64_t steady = now.steady - last_->steady;
  return std::abs(wall - steady) >= kStepSeconds || steady >= kLookAgainSeconds ||
         now.questions->changes_in(last_->wall, now.wall) ||
         now.questions->changes_in(last_->steady + ahead_, now.steady + ahead_);
}

Result<void> HaproxyLink::look_again(const Moment& now) {
  MapEntries found = now.questions->ask(gate_);
  if (found.size() > settings_.entries_max) {
    return fail(Errc::exhausted, "the map would have " + std::to_string(found.size()) +
                                     " entries, and [haproxy] entries allows " +
                                     std::to_string(settings_.entries_max) + "; it stays as it is");
  }
  last_ = now;
  if (entries_ != nullptr && *entries_ == found) return {};
  entries_ = std::make_shared<const MapEntries>(std::move(found));
  status_.deny = count_of(*entries_, MapSays::deny);
  status_.ask = count_of(*entries_, MapSays::ask);
  // Before HAProxy is told: a HAProxy that is started meanwhile has nothing older.
  write_file(*entries_);
  return {};
}

void HaproxyLink::write_file(const MapEntries& entries) {
  if (settings_.file.empty()) return;
  std::string text;
  for (const MapEntry& entry : entries) {
    text.append(entry.key).append(" ").append(to_string(entry.says)).push_back('\n');
  }
  const auto written = fs_.write_atomic(settings_.file, text);
  if (!written) log_.write("haproxy_file_not_written", {{"why", written.error().message}});
}

Result<void> HaproxyLink::push(std::int64_t now) {
  auto cli = TRY(HaproxyCli::connect(socket_, {.answer = settings_.answer}));
  const HaproxyMap::Outcome outcome = TRY(map_.bring(cli, entries_, now));
  if (outcome.was_lost) log_.write("haproxy_started_again");
  // It may have lost its file with its map.
  if (outcome.was_lost || !status_.in_step) write_file(*entries_);
  if (outcome.done == HaproxyMap::Done::all) ++status_.refills;
  if (outcome.done == HaproxyMap::Done::changes) ++status_.changes;
  if (outcome.done != HaproxyMap::Done::nothing || !status_.in_step) {
    log_.write("haproxy_in_step", {{"deny", status_.deny}, {"ask", status_.ask}});
  }
  status_.in_step = true;
  status_.in_step_at = now;
  status_.last_failure.clear();
  shown_.set(status_);
  return {};
}

std::chrono::milliseconds HaproxyLink::failed(const Error& error) {
  ++status_.failures;
  status_.in_step = false;
  status_.last_failure = error.message;
  shown_.set(status_);
  log_.write("haproxy_not_in_step", {{"why", error.message},
                                     {"retry_seconds", static_cast<std::int64_t>(retry_.count())}});
  const auto wait = retry_;
  retry_ = std::min<std::chrono::seconds>(retry_ * 2, kRetryMax);
  return wait;
}

void HaproxyLink::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto wait = step();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, wait, [this] { return fresh_; });
    fresh_ = false;
  }
}

}  // namespace proviso::gate_daemon

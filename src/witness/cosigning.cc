// SPDX-License-Identifier: Apache-2.0
#include "witness/cosigning.h"

#include <algorithm>

#include "ledger/checkpoint.h"

namespace proviso::witness {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view kAnswers = "proviso_witness_answers_total";
constexpr std::string_view kKnown = "proviso_witness_cosigned_entries";
constexpr std::string_view kEntries = "proviso_ledger_cosigned_entries";
constexpr std::string_view kWitnesses = "proviso_ledger_cosigned_witnesses";
// A witness that fails is asked after 1, 2, 4, 8 and then every 16 paces.
constexpr unsigned kBackoffMax = 4;

// What `note` says of its size, where it is cosigned as the policy asks.
Result<std::uint64_t> cosigned_size(std::string_view note, const ledger::WitnessPolicy& policy) {
  const auto quorum = TRY(ledger::judge_cosignatures(note, policy));
  if (!quorum.reached) return fail(Errc::denied, "the quorum is not reached");
  const auto split = TRY(ledger::split_note(note));
  return TRY(ledger::Checkpoint::parse(split.text)).size;
}

}  // namespace

void declare_cosigning_metrics(Metrics& metrics) {
  metrics.gauge(kEntries, "Entries under the newest checkpoint that enough witnesses cosigned.");
  metrics.gauge(kWitnesses, "Witnesses of the policy that cosigned that checkpoint.");
  metrics.gauge(kKnown, "Entries under the newest checkpoint that this witness cosigned.");
  metrics.counter(kAnswers, "Answers of this witness, by what they came to.");
}

Result<std::unique_ptr<Cosigning>> Cosigning::start(Parts parts, CosigningSettings settings) {
  std::unique_ptr<Cosigning> out(new Cosigning(std::move(parts), std::move(settings)));
  for (const auto& witness : out->settings_.policy.witnesses) {
    if (!witness.url.empty()) TRY_VOID(out->add_watcher(witness));
  }
  if (out->watchers_.size() > kWitnessesMax) {
    return fail(Errc::invalid_input, "the witness policy has more than 32 witnesses with a URL");
  }
  out->load();
  Cosigning& self = *out;
  self.threads_.emplace_back([&self](const std::stop_token& stop) { self.look_around(stop); });
  for (const auto& watcher : self.watchers_) {
    Watcher& own = *watcher;
    self.threads_.emplace_back(
        [&self, &own](const std::stop_token& stop) { self.ask_for_ever(stop, own); });
  }
  return out;
}

Cosigning::Cosigning(Parts parts, CosigningSettings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {}

Cosigning::~Cosigning() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

Result<void> Cosigning::add_watcher(const ledger::WitnessPolicy::Witness& witness) {
  const auto url = http::Url::parse(witness.url);
  if (!url) {
    return fail(Errc::invalid_input,
                "witness " + witness.name + ": its URL is " + url.error().message);
  }
  auto watcher = std::make_unique<Watcher>();
  watcher->name = witness.name;
  watcher->asked = {witness.key, *url, 0};
  watchers_.push_back(std::move(watcher));
  return {};
}

// What an earlier process kept, unless the policy is another one now.
void Cosigning::load() {
  const std::string path = parts_.log_dir + "/" + std::string(ledger::kCosignedFile);
  const auto note = parts_.fs.read(path, ledger::kNoteBytesMax);
  if (!note) return;
  const auto size = cosigned_size(*note, settings_.policy);
  if (!size) return;
  for (const auto& watcher : watchers_) {
    const auto own = ledger::verify_cosignatures(*note, {&watcher->asked.key, 1});
    if (own && !own->empty()) watcher->asked.known_size = *size;
  }
  show(*note, *size);
}

Result<std::string> Cosigning::checkpoint() const {
  const std::scoped_lock lock(mutex_);
  if (current_.empty()) return fail(Errc::not_found, "no checkpoint is cosigned yet");
  return current_;
}

void Cosigning::look_around(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look();
    publish();  // a policy that needs nobody is satisfied at once
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, settings_.pace, [] { return false; });
  }
}

// Begins a round with the newest checkpoint, when the one before is over.
void Cosigning::look() {
  auto newest = read_target(parts_.fs, parts_.log_dir);
  if (!newest) return;
  const auto now = Steady::now();
  const std::scoped_lock lock(mutex_);
  if (newest->note == target_.note || !round_is_over(now)) return;
  const bool shrunk = newest->size < current_size_;
  if (shrunk && !rolled_back_) {
    parts_.log.write("log_rolled_back", {{"cosigned", static_cast<std::int64_t>(current_size_)},
                                         {"size", static_cast<std::int64_t>(newest->size)}});
  }
  rolled_back_ = shrunk;
  if (shrunk) return;
  target_ = std::move(*newest);
  ++round_;
  round_began_ = now;
  for (const auto& watcher : watchers_) watcher->line.clear();
  changed_.notify_all();
}

// The quorum is there; or everybody was asked, or is left alone for now; or it took long enough.
bool Cosigning::round_is_over(Instant now) const {
  if (round_ == 0 || now - round_began_ > settings_.call) return true;
  if (current_.starts_with(target_.note)) return true;
  return std::all_of(watchers_.begin(), watchers_.end(), [&](const auto& watcher) {
    return watcher->round == round_ || watcher->retry_at > now;
  });
}

void Cosigning::ask_for_ever(const std::stop_token& stop, Watcher& watcher) {
  http::Call call;
  call.time = settings_.call;
  call.ca_file = settings_.ca_file;
  call.stop = stop;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (watcher.cosigned == round_) {
      changed_.wait(lock, stop, [&] { return watcher.cosigned != round_; });
      continue;
    }
    if (Steady::now() < watcher.retry_at) {
      changed_.wait_until(lock, stop, watcher.retry_at, [] { return false; });
      continue;
    }
    const Target target = target_;
    const AskedWitness asked = watcher.asked;
    const std::uint64_t round = round_;
    lock.unlock();
    const Reaction reaction = ask_witness(parts_.fs, parts_.log_dir, asked, target, call);
    if (stop.stop_requested()) return;
    take(watcher, round, reaction);
    publish();
    lock.lock();
  }
}

void Cosigning::take(Watcher& watcher, std::uint64_t round, const Reaction& reaction) {
  const std::scoped_lock lock(mutex_);
  watcher.asked.known_size = reaction.known_size;
  watcher.round = round;
  tell(watcher, reaction);
  if (reaction.reply != Reply::cosigned) {
    const unsigned backoff = std::min(watcher.failures++, kBackoffMax);
    watcher.retry_at = Steady::now() + settings_.pace * (1U << backoff);
    return;
  }
  watcher.failures = 0;
  watcher.cosigned = round;
  // Of a checkpoint that all have gone on from, nobody needs it any more.
  if (round == round_) watcher.line = reaction.line;
}

// The caller holds the lock.
void Cosigning::tell(Watcher& watcher, const Reaction& reaction) {
  parts_.metrics.add(kAnswers, {{"witness", watcher.name}, {"outcome", to_string(reaction.reply)}});
  if (reaction.reply == Reply::cosigned) {
    parts_.metrics.set(kKnown, static_cast<double>(reaction.known_size),
                       {{"witness", watcher.name}});
  }
  const std::string told =
      std::string(to_string(reaction.reply)) + " " + std::to_string(reaction.status);
  if (told == watcher.told) return;
  watcher.told = told;
  parts_.log.write("witness", {{"known", static_cast<std::int64_t>(reaction.known_size)},
                               {"outcome", std::string(to_string(reaction.reply))},
                               {"status", static_cast<std::int64_t>(reaction.status)},
                               {"witness", watcher.name}});
}

// The caller holds the lock.
std::string Cosigning::note_so_far() const {
  std::string out = target_.note;
  for (const auto& watcher : watchers_) out += watcher->line;
  return out;
}

void Cosigning::publish() {
  const std::scoped_lock one(publishing_);
  std::string note;
  {
    const std::scoped_lock lock(mutex_);
    if (round_ == 0) return;
    note = note_so_far();
    if (note == current_) return;
  }
  const auto size = cosigned_size(note, settings_.policy);
  if (!size) return;
  const std::string path = parts_.log_dir + "/" + std::string(ledger::kCosignedFile);
  const auto written = parts_.fs.write_durable(path, note);
  if (!written) {
    // The one before stays shown; the next answer or round tries again.
    parts_.log.write("cosigning_failed", {{"size", static_cast<std::int64_t>(*size)}});
    return;
  }
  const std::scoped_lock lock(mutex_);
  show(note, *size);
  parts_.log.write("cosigned", {{"size", static_cast<std::int64_t>(*size)}});
}

// The caller holds the lock, or is alone.
void Cosigning::show(const std::string& note, std::uint64_t size) {
  current_ = note;
  current_size_ = size;
  const auto quorum = ledger::judge_cosignatures(note, settings_.policy);
  parts_.metrics.set(kEntries, static_cast<double>(size));
  parts_.metrics.set(kWitnesses, static_cast<double>(quorum ? quorum->cosigners.size() : 0));
}

}  // namespace proviso::witness

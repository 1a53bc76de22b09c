// SPDX-License-Identifier: Apache-2.0
#include "gates/live_gate.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "gates/bypass.h"
#include "gates/continuation.h"
#include "gates/kept_snapshots.h"
#include "gates/read_section.h"
#include "gates/refusal_ring.h"
#include "gates/retired.h"
#include "gates/succession.h"
#include "gates/trusted_policy.h"

namespace proviso::gates {
namespace {

using model::EffectKind;
using model::Outcome;

constexpr std::int64_t kKeepTimeEvery = 60;  // seconds
constexpr std::size_t kFoldInTick = 512;     // orders that came and went
constexpr std::chrono::milliseconds kFoldWait{200};
constexpr std::size_t kBatch = LayeredTable::kBatch;

// A gate with what each check wants of it, together.
struct Enforced {
  explicit Enforced(Gate from) : gate(std::move(from)), table(gate.table()) {
    size = gate.snapshot_size();
    made_at = gate.snapshot_made_at();
  }
  Gate gate;
  LayeredTable table;
  std::uint64_t size = 0;
  Time made_at{};
};

std::int64_t later(Instants now) { return std::max(now.one, now.other); }

std::string_view in_words(Outcome outcome) {
  switch (outcome) {
    case Outcome::yes: return "let through";
    case Outcome::no: return "refused";
    case Outcome::limited: return "limited";
  }
  return "refused";
}

}  // namespace

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::enforce: return "enforce";
    case Mode::observe: return "observe";
    case Mode::bypass: return "bypass";
    case Mode::shadow: return "shadow";
  }
  return "enforce";
}

struct LiveGate::Impl {
  Impl(LiveGateSettings the_settings, const Clocks& clocks, FileSystem& the_fs, KeptSnapshots kept)
      : settings(std::move(the_settings)),
        fs(the_fs),
        store(std::move(kept)),
        clock(clocks, store.last_seen()),
        mode(settings.observe ? Mode::observe : Mode::enforce) {}
  ~Impl() { delete current.load(); }  // nobody checks any more
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // Read by checks.
  std::atomic<const Enforced*> current{nullptr};
  const LiveGateSettings settings;
  FileSystem& fs;

  KeptSnapshots store;
  LiveClock clock;
  std::atomic<Mode> mode;

  // Held for all of an offer, which takes seconds; `current` and `retired` change under it alone.
  std::timed_mutex offering;
  Retired<Enforced> retired;

  // Guards what follows; never held for long, so that a bypass is noticed and a status told while
  // an offer is verified.
  mutable std::mutex mutex;
  std::optional<Bypass> bypass;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::string last_refusal;
  std::int64_t time_kept = 0;

  [[nodiscard]] GateOptions options(const Gate* kept) const {
    return {.stage_freshness = settings.stage_freshness, .kept = kept, .name = settings.name};
  }

  // Readers see the new one from now on. Where the old one's table is as large, drain `retired`.
  void replace(Gate gate) {
    retired.add(std::unique_ptr<const Enforced>(current.exchange(new Enforced(std::move(gate)))));
  }

  Result<std::uint64_t> take(std::string_view text, Shrinking shrinking) {
    const Enforced* enforced = current.load();
    const Gate* before = enforced == nullptr ? nullptr : &enforced->gate;
    Gate next = TRY(Gate::load(text, settings.trust, options(before)));
    if (before != nullptr) {
      TRY_VOID(check_not_older(next, *before));
      if (shrinking == Shrinking::guarded) {
        TRY_VOID(check_not_shrunken(next, *before, settings.shrink_percent_max, clock.now()));
      }
    }
    const std::uint64_t size = next.snapshot_size();
    // Durable, then effective (I7): a crash between leaves a gate that starts with the new one.
    TRY_VOID(store.keep(next, text));
    replace(std::move(next));
    retired.drain();
    return size;
  }

  Result<std::uint64_t> take_delta(std::string_view text, Shrinking shrinking) {
    const Enforced* enforced = current.load();
    if (enforced == nullptr) {
      return fail(Errc::conflict, "delta: nothing is enforced yet (send the whole snapshot)");
    }
    const Gate& before = enforced->gate;
    const model::GateDelta delta = TRY(model::parse_delta(text));
    Gate next = TRY(Gate::continued(before, delta, settings.trust));
    if (shrinking == Shrinking::guarded) {
      TRY_VOID(check_not_shrunken(delta.gone, before, settings.shrink_percent_max, clock.now()));
    }
    if (is_fold_due(next)) next = TRY(folded(next));
    const std::uint64_t size = next.snapshot_size();
    TRY_VOID(store.keep_delta(text));  // durable, then effective (I7)
    replace(std::move(next));
    return size;
  }

  // While it folds, deltas go on; what they brought is put on top of it then. An offer that takes
  // long is not waited for: the next tick() tries again.
  void fold_now_and_then() {
    std::unique_lock lock(offering, std::try_to_lock);
    const Enforced* enforced = current.load();
    if (!lock || enforced == nullptr) return;
    const bool keeps_image = store.is_image_due() && enforced->gate.witnessed();
    if (!keeps_image && changes_since_base(enforced->gate) < kFoldInTick) return;
    Gate before = enforced->gate.same();
    const ImageOf position = store.position();
    lock.unlock();
    if (changes_since_base(before) != 0) {
      auto base = fold(before);
      if (!base || !lock.try_lock_for(kFoldWait)) return;
      auto next = rebased(current.load()->gate, before, *base);
      if (next) replace(*std::move(next));
      retired.drain();
      lock.unlock();
      auto alone = rebased(before, before, *std::move(base));
      if (!alone) return;
      before = *std::move(alone);
    }
    if (keeps_image) store.keep_image(before, position, settings.trust);
  }

  Result<std::uint64_t> counted(Result<std::uint64_t> taken) {
    const std::lock_guard lock(mutex);
    if (taken) {
      ++accepted;
    } else {
      ++refused;
      last_refusal = taken.error().message;
    }
    return taken;
  }

  void look_for_bypass(std::int64_t now) {
    if (settings.state_dir.empty()) return;
    const auto found = read_bypass(fs, settings.state_dir, from_unix_seconds(now));
    bypass = found ? *found : std::nullopt;
    mode = bypass ? Mode::bypass : settings.observe ? Mode::observe : Mode::enforce;
  }

  [[nodiscard]] Answer without_state() const noexcept {
    Answer answer;
    answer.mode = mode.load(std::memory_order_relaxed);
    if (settings.fail_closed) answer.effect.kind = EffectKind::deny;
    answer.judged = settings.fail_closed ? Outcome::no : Outcome::yes;
    answer.outcome = answer.mode == Mode::enforce ? answer.judged : Outcome::yes;
    return answer;
  }

  [[nodiscard]] Answer unrestricted(const Enforced& enforced) const noexcept {
    Answer answer;
    answer.basis = Basis::snapshot;
    answer.mode = mode.load(std::memory_order_relaxed);
    answer.snapshot_size = enforced.size;
    answer.snapshot_made_at = enforced.made_at;
    return answer;
  }

  // By one of the two rulings of a judgement.
  [[nodiscard]] Answer answer_by(const Ruling& ruling, Mode as,
                                 const Enforced& enforced) const noexcept {
    Answer answer = unrestricted(enforced);
    answer.mode = as;
    if (ruling.order == kNoOrder) return answer;
    answer.effect = ruling.effect;
    answer.judged = ruling.outcome;
    answer.rate_per_second = ruling.rate_per_second;
    answer.outcome = as == Mode::enforce ? ruling.outcome : Outcome::yes;
    answer.order = enforced.table.digest_of(ruling.order);
    answer.order_number = ruling.order;
    return answer;
  }

  enum class For : std::uint8_t { request, look };

  // What is to be done with the request; and put down, also what orders in shadow would do.
  [[nodiscard]] Answer judged(const Enforced& enforced, const LayeredTable::Found& found,
                              const Request& request, const ServiceKeys& keys,
                              RefusalRing::Named named, Instants now, For what) const noexcept {
    const Judgement judgement = enforced.table.judge(found, request, keys, now);
    const Answer answer = answer_by(judgement, mode.load(std::memory_order_relaxed), enforced);
    if (what == For::look) return answer;
    if (judgement.shadow.outcome != Outcome::yes) {
      (void)recorded(answer_by(judgement.shadow, Mode::shadow, enforced), request, named, now);
    }
    return recorded(answer, request, named, now);
  }

  // What is to be done with the request, and, where that is not to let it pass, put down.
  [[nodiscard]] Answer recorded(const Answer& answer, const Request& request,
                                RefusalRing::Named named, Instants now) const noexcept {
    if (answer.judged != Outcome::yes && settings.refusals != nullptr) {
      settings.refusals->push(request, named, answer, now);
    }
    return answer;
  }

  // `keys`: null where they are to be made, which is only worth it where something is found.
  [[nodiscard]] Answer check(const IdKey& key, const ServiceKeys* keys, const Request& request,
                             RefusalRing::Named named, For what) const noexcept {
    const ReadSection section;
    const Enforced* enforced = current.load(std::memory_order_acquire);
    if (enforced == nullptr) [[unlikely]] {
      const Answer answer = without_state();
      return what == For::look ? answer : recorded(answer, request, named, clock.now());
    }
    const bool by_id = named == RefusalRing::Named::by_id;
    const auto found = enforced->table.find(key, by_id ? request.subscription : std::string_view());
    if (!found) return unrestricted(*enforced);
    const ServiceKeys own =
        keys != nullptr ? *keys : service_keys(request.service, request.operation);
    return judged(*enforced, found, request, own, named, clock.now(), what);
  }

  void check_some(std::span<const Request> requests, Answer* answers, const Enforced& enforced,
                  Instants now) const noexcept {
    std::array<IdKey, kBatch> keys;
    std::array<LayeredTable::Hit, kBatch> hits;
    const Answer none = unrestricted(enforced);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      keys[i] = subscription_key(requests[i].subscription);
      answers[i] = none;
    }
    const std::size_t found =
        enforced.table.find_batch(std::span(keys).first(requests.size()), requests, hits);
    for (const LayeredTable::Hit& hit : std::span(hits).first(found)) {
      const Request& request = requests[hit.number];
      const ServiceKeys service = service_keys(request.service, request.operation);
      answers[hit.number] = judged(enforced, hit.found, request, service, RefusalRing::Named::by_id,
                                   now, For::request);
    }
  }
};

Result<std::unique_ptr<LiveGate>> LiveGate::open(LiveGateSettings settings, const Clocks& clocks,
                                                 FileSystem& fs) {
  if (settings.shrink_percent_max > 100) {
    return fail(Errc::invalid_input,
                "the share by which a snapshot may shrink is 0 to 100 percent");
  }
  TRY_VOID(trusted_policy(settings.trust));
  auto kept = TRY(KeptSnapshots::open(settings.state_dir, fs));
  auto impl = std::make_unique<Impl>(std::move(settings), clocks, fs, std::move(kept));
  auto loaded = impl->store.load(impl->settings.trust, impl->options(nullptr));
  impl->last_refusal = std::move(loaded.problem);
  if (loaded.gate) impl->replace(*std::move(loaded.gate));
  impl->look_for_bypass(later(impl->clock.now()));
  return std::unique_ptr<LiveGate>(new LiveGate(std::move(impl)));
}

LiveGate::LiveGate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveGate::~LiveGate() = default;

IdKey LiveGate::subscription_key(std::string_view id) noexcept {
  return key_of(KeySeed::of_process(), id);
}

ServiceKeys LiveGate::service_keys(std::string_view service, std::string_view operation) noexcept {
  return {key_of(KeySeed::of_process(), service), key_of(KeySeed::of_process(), operation)};
}

Answer LiveGate::check(const Request& request) const noexcept {
  return impl_->check(subscription_key(request.subscription), nullptr, request,
                      RefusalRing::Named::by_id, Impl::For::request);
}

Answer LiveGate::check(const IdKey& subscription, const Request& request) const noexcept {
  return impl_->check(subscription, nullptr, request, RefusalRing::Named::by_key,
                      Impl::For::request);
}

Answer LiveGate::check(const IdKey& subscription, const ServiceKeys& service,
                       const Request& request) const noexcept {
  return impl_->check(subscription, &service, request, RefusalRing::Named::by_key,
                      Impl::For::request);
}

Answer LiveGate::look(const Request& request) const noexcept {
  return impl_->check(subscription_key(request.subscription), nullptr, request,
                      RefusalRing::Named::by_id, Impl::For::look);
}

Answer LiveGate::look(const IdKey& subscription, const Request& request) const noexcept {
  return impl_->check(subscription, nullptr, request, RefusalRing::Named::by_key, Impl::For::look);
}

void LiveGate::check_batch(std::span<const Request> requests,
                           std::span<Answer> answers) const noexcept {
  const std::size_t count = std::min(requests.size(), answers.size());
  const ReadSection section;
  const Enforced* enforced = impl_->current.load(std::memory_order_acquire);
  const Instants now = impl_->clock.now();
  if (enforced == nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      answers[i] =
          impl_->recorded(impl_->without_state(), requests[i], RefusalRing::Named::by_id, now);
    }
    return;
  }
  for (std::size_t i = 0; i < count; i += kBatch) {
    impl_->check_some(requests.subspan(i, std::min(kBatch, count - i)), answers.data() + i,
                      *enforced, now);
  }
}

Result<std::uint64_t> LiveGate::offer(std::string_view snapshot_text, Shrinking shrinking) {
  const std::lock_guard one_at_a_time(impl_->offering);
  return impl_->counted(impl_->take(snapshot_text, shrinking));
}

Result<std::uint64_t> LiveGate::offer_delta(std::string_view delta_text, Shrinking shrinking) {
  const std::lock_guard one_at_a_time(impl_->offering);
  return impl_->counted(impl_->take_delta(delta_text, shrinking));
}

model::GateState LiveGate::state() const {
  const ReadSection section;
  const Enforced* enforced = impl_->current.load(std::memory_order_acquire);
  return enforced == nullptr ? model::GateState{} : enforced->gate.state();
}

Explanation LiveGate::explain(const Answer& answer) const {
  Explanation out;
  if (!answer.restricted()) return out;
  if (answer.basis == Basis::none) {
    out.user = "This service can't be used at the moment: its access control has no data.";
    out.service = "no snapshot yet, and the gate is set to fail closed";
    return out;
  }
  const ReadSection section;
  const Enforced* enforced = impl_->current.load(std::memory_order_acquire);
  const LayeredTable& table = enforced->table;
  std::uint32_t number = answer.order_number;
  if (number >= table.order_count() || table.is_gone(number) ||
      table.digest_of(number) != answer.order) {
    number = table.number_of(answer.order).value_or(kNoOrder);
  }
  if (number != kNoOrder) {
    const EnforcedOrder order = table.order(number);
    out.term = order.term;
    if (order.until) out.until = format_time(*order.until);
    if (order.review) out.review = format_time(*order.review);
  }
  const std::string end = !out.until.empty()    ? " until " + out.until
                          : !out.review.empty() ? "; it is reviewed by " + out.review
                                                : "";
  out.user = "The provider restricts this use of the service under its term " +
             (out.term.empty() ? "(lifted since)" : out.term) + end +
             ". The notice to the customer says why and how to appeal; order " +
             answer.order.hex().substr(0, 12) + ".";
  out.service =
      "order " + answer.order.hex() + " term " + out.term + ": " + model::to_string(answer.effect) +
      ", " + std::string(in_words(answer.judged)) +
      (answer.mode == Mode::enforce ? ""
                                    : " but not enforced: " + std::string(to_string(answer.mode))) +
      "; snapshot " + std::to_string(answer.snapshot_size) + " made at " +
      format_time(answer.snapshot_made_at);
  return out;
}

LiveStatus LiveGate::status() const {
  const std::lock_guard lock(impl_->mutex);
  LiveStatus out;
  out.mode = impl_->mode;
  if (impl_->bypass) {
    out.bypass_until = impl_->bypass->until;
    out.bypass_reason = impl_->bypass->reason;
  }
  out.accepted = impl_->accepted;
  out.refused = impl_->refused;
  out.last_refusal = impl_->last_refusal;
  out.clock_step_seconds = impl_->clock.step();
  const ReadSection section;
  const Enforced* enforced = impl_->current.load(std::memory_order_acquire);
  if (enforced == nullptr) return out;
  out.has_state = true;
  out.snapshot_size = enforced->size;
  out.snapshot_made_at = enforced->made_at;
  out.age_seconds =
      std::max<std::int64_t>(0, later(impl_->clock.now()) - unix_seconds(enforced->made_at));
  out.orders = enforced->table.enforced_count();
  out.waiting = enforced->gate.waiting();
  out.table_bytes = enforced->table.bytes();
  return out;
}

void LiveGate::tick() {
  impl_->fold_now_and_then();
  const std::lock_guard lock(impl_->mutex);
  impl_->clock.tick();
  const std::int64_t now = later(impl_->clock.now());
  impl_->look_for_bypass(now);
  // Never back: after a restart a clock that was set back must be noticed.
  if (now - impl_->time_kept < kKeepTimeEvery) return;
  impl_->store.keep_time(now);
  impl_->time_kept = now;
}

}  // namespace proviso::gates

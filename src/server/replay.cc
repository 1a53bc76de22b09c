// SPDX-License-Identifier: Apache-2.0
#include "server/replay.h"

#include "intake/identity.h"
#include "intake/seen_ids.h"
#include "intake/usage_reader.h"

namespace proviso::server {
namespace {

// As in review: asking the engine after each event that matches nothing would cost more than it
// frees.
constexpr std::uint64_t kAdvanceEvery = 1U << 12U;
constexpr std::uint64_t kProgressEvery = 1U << 15U;
constexpr std::size_t kHashKeyBytes = 32;

std::string key_or_fixed(const std::string& key) {
  return key.empty() ? std::string(kHashKeyBytes, '\0') : key;
}

}  // namespace

struct Replay::State {
  State(const std::shared_ptr<const rules::Program>& given_program, const RuleSetting& given,
        const model::Register& customers, ReplayOptions options)
      : program(given_program),
        hash_seed(options.hash_seed),
        setting(given),
        facts(customers),
        view(program),
        matcher(program),
        engine(new_engine(options.lateness)),
        tracker(program),
        identity(key_or_fixed(options.hash_key)) {
    decode.hash_key = key_or_fixed(options.hash_key);
    decode.wanted = program->fields();
    decode.subscription = std::move(options.subscription);
    decode.format = std::move(options.format);
    facts.set_under_review(std::move(options.under_review));
    for (const auto& [subscription, known] : options.pinned) {
      auto done = facts.pin(subscription, known);
      if (!done && pinned) pinned = std::move(done);
    }
  }

  [[nodiscard]] signals::Engine new_engine(Duration lateness) const {
    signals::EngineOptions engine_options;
    engine_options.lateness = lateness;
    engine_options.hash_seed = hash_seed;
    return signals::Engine(program, engine_options);
  }

  std::shared_ptr<const rules::Program> program;
  std::uint64_t hash_seed;
  const RuleSetting& setting;
  CustomerFacts facts;
  rules::UsageView view;
  rules::Matcher matcher;
  signals::Engine engine;
  signals::SignalTracker tracker;
  intake::DecodeOptions decode;
  intake::SeenIds seen;
  std::vector<signals::Firing> firings;
  intake::Identity identity;
  intake::EventKey key;  ///< of the event in hand
  ReplayCounts counts;
  Result<void> pinned;  ///< whether the pinned facts were good

  bool is_new(const model::UsageEvent& event, std::string_view format);
  void take_event(const model::UsageEvent& event, std::uint64_t line, const Replay& hooks);
  void take_firings(const Replay& hooks);
};

bool Replay::State::is_new(const model::UsageEvent& event, std::string_view format) {
  key = identity(format, event);
  const bool fresh =
      event.id.empty() ? seen.insert_equal(key, event.time()) : seen.insert(key, event.time());
  if (!fresh) ++counts.duplicates;
  return fresh;
}

void Replay::State::take_event(const model::UsageEvent& event, std::uint64_t line,
                               const Replay& hooks) {
  ++counts.events;
  counts.oldest = std::min(counts.oldest, event.time());
  counts.newest = std::max(counts.newest, event.time());
  const model::ActionClass action_class =
      setting.catalogue.class_of(event.service, event.operation);
  view.reset(event, action_class,
             view.reads_attributes() ? facts.of(event) : std::span<const rules::Attribute>{});
  const auto matched = matcher.match(view);
  if (hooks.on_event) hooks.on_event({counts.events, line, event, matched, view});
  if (!matched.empty()) {
    engine.feed({.time = event.time(),
                 .line = counts.events,
                 .weight = event.count,
                 .subscription = event.subscription,
                 .event_key = key.bytes},
                matched, view, firings);
  } else if (counts.events % kAdvanceEvery == 0) {
    engine.advance(counts.newest, firings);
  }
  if (!firings.empty()) take_firings(hooks);
}

void Replay::State::take_firings(const Replay& hooks) {
  for (const signals::Firing& firing : firings) {
    if (hooks.on_firing) hooks.on_firing(firing);
    if (!matcher.program().rule(firing.rule).signals_alone) continue;
    const auto update = tracker.add(firing);
    if (update.change == signals::SignalChange::opened) {
      facts.add_under_review(update.signal->subscription);
    }
    if (hooks.on_signal) hooks.on_signal(*update.signal);
  }
  firings.clear();
}

Replay::Replay(const std::shared_ptr<const rules::Program>& program, const RuleSetting& setting,
               const model::Register& customers, ReplayOptions options)
    : state_(std::make_unique<State>(program, setting, customers, std::move(options))) {}
Replay::~Replay() = default;

Result<void> Replay::read(const std::string& path, std::uint64_t records_max) {
  State& s = *state_;
  TRY_VOID(s.pinned);
  s.seen.begin_file_anew(path);
  auto reader = TRY(intake::UsageReader::open(path, s.setting.policies, s.decode));
  model::UsageEvent event;
  intake::Reject reject;
  for (std::uint64_t records = 0; records < records_max; ++records) {
    const intake::Outcome outcome = TRY(reader.next(event, reject));
    if (outcome == intake::Outcome::end) break;
    ++s.counts.records;
    if (outcome == intake::Outcome::reject) {
      ++s.counts.rejects;
      if (on_reject) on_reject({reader.name(), reject.line, reject.column, reject.reason});
    } else if (s.is_new(event, reader.format())) {
      s.take_event(event, reader.record_position().line, *this);
    }
    if (on_progress && s.counts.records % kProgressEvery == 0) {
      on_progress(reader.name(), s.counts.records);
    }
  }
  return {};
}

void Replay::flush() {
  state_->engine.flush(state_->firings);
  state_->take_firings(*this);
}

Result<void> Replay::next_run(Duration bound, Duration lateness) {
  State& s = *state_;
  if (s.counts.events > 0) s.engine.settle(s.counts.newest - bound, s.firings);
  s.take_firings(*this);
  const std::string windows = s.engine.save();
  s.tracker.begin_provisional();
  s.engine.flush(s.firings);
  s.take_firings(*this);
  const std::string open = s.tracker.save();
  s.engine = s.new_engine(lateness);
  const auto loaded = TRY(s.engine.load(windows));
  static_cast<void>(loaded);  // it is the same program: nothing is dropped
  s.tracker = signals::SignalTracker(s.program);
  return s.tracker.load(open);
}

const ReplayCounts& Replay::counts() const { return state_->counts; }
const signals::EngineCounters& Replay::engine_counters() const { return state_->engine.counters(); }

}  // namespace proviso::server

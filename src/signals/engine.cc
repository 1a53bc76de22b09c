// SPDX-License-Identifier: Apache-2.0
#include "signals/engine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "rules/evaluate.h"
#include "signals/engine_internal.h"
#include "signals/hash.h"

// An event waits in order of (time, line) until no source can bring an earlier one; then it goes
// through the counters, in an order in which each comes after those that it depends on. Within one,
// it is a hit for each of the rules that it matched, in the order of `rules:`, and the correlations
// that read the counter are judged after each hit (so an event that matches two of its rules can
// fire it twice). A correlation that holds is itself a hit at this event for those that refer to
// it: an outer group key is read from the event, never from the inner key. What counters read of
// the event is taken when it comes in, as the event is gone later: groups as numbers, each text
// once.
//
// What an event costs: one look-up of its set of matched rules, one of each group that they ask for
// (mostly the subscription: one), and at each counter one of the window. Nothing is looked up by
// name, nothing is allocated for a hit, and rules that did not match cost nothing.
namespace proviso::signals {

using rules::Correlation;
using rules::RuleIndex;

namespace {

constexpr unsigned kKindBits = 3;
constexpr std::size_t kKindsMax = 10;
constexpr std::size_t kSetsMax = 100'000;
constexpr std::size_t kBatch = 32;

Contributors single(const EventKey& key) {
  Contributors out{.total = 1, .first = {}, .last = {}};
  if (key != EventKey{}) out.first.push_back(key);
  return out;
}

rules::Value whole_value(rules::EventView& event, rules::FieldId field) {
  const auto values = event.values(field);
  return values.empty() ? rules::Value{} : values.front();
}

}  // namespace

Engine::State::State(std::shared_ptr<const rules::Program> p, const EngineOptions& o)
    : program(std::move(p)),
      options(o),
      limits{.groups_max = o.groups_max, .held_max = o.held_max, .records_max = o.window_hits_max},
      counters(counters_of(*program, o.window_values_max)),
      definitions(definitions_of(*program)),
      groups(o.hash_seed),
      sources(o.lateness),
      hits_(program->rules().size()),
      is_correlation_(program->rules().size()),
      is_unsure_(program->rules().size()),
      batch_(kBatch) {
  for (const Counter& counter : counters) tables.emplace_back(counter, limits, groups);
  rank_.resize(program->rules().size());
  std::uint32_t rank = 0;
  for (const Correlation& c : program->correlations()) {
    is_correlation_[rules::index(c.rule)] = true;
    rank_[rules::index(c.rule)] = rank++;
  }
}

std::uint32_t Engine::State::set_of(std::span<const RuleIndex> matched) {
  const std::string_view bytes(reinterpret_cast<const char*>(matched.data()), matched.size_bytes());
  const std::uint64_t hash = hash_bytes(bytes, 0);
  const std::uint32_t found = set_of_hash_.find(hash, [&](std::uint32_t id) {
    return sets_[id].hash == hash && std::ranges::equal(sets_[id].set.matched, matched);
  });
  if (found != SlotTable::kNone) return found;
  if (sets_.size() >= kSetsMax && waiting.empty()) {
    sets_.clear();
    set_of_hash_.clear();
  }
  const auto id = static_cast<std::uint32_t>(sets_.size());
  sets_.push_back({make_match_set(matched, counters, *program), hash});
  set_of_hash_.insert(hash, id);
  return id;
}

// The subscription is mostly the group: its text is kept once.
void Engine::State::capture_group(const EventPoint& point, std::span<const rules::FieldId> fields,
                                  rules::EventView& event) {
  scratch_.clear();
  std::uint64_t kinds = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const rules::Value value = whole_value(event, fields[i]);
    if (i < kKindsMax) kinds |= static_cast<std::uint64_t>(value.kind) << (kKindBits * i);
    if (fields.size() == 1 && value.kind == rules::ValueKind::string &&
        value.text == point.subscription) {
      return incoming_.add_same(kinds);
    }
    append_group_value(scratch_, value.kind == rules::ValueKind::null, value.text);
  }
  incoming_.add_text(kinds, groups.hash_of(scratch_), scratch_);
}

std::uint64_t Engine::State::capture_value(const MatchSet::Value& value, rules::EventView& event) {
  if (!value.is_text) {
    const auto number = rules::number_of(whole_value(event, value.fields.front()));
    return std::bit_cast<std::uint64_t>(number.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  scratch_.clear();
  for (const rules::FieldId field : value.fields) {
    const rules::Value one = whole_value(event, field);
    if (one.kind == rules::ValueKind::null) return 0;
    append_group_value(scratch_, false, one.text);
  }
  return std::max<std::uint64_t>(hash_bytes(scratch_, options.hash_seed), 1);
}

void Engine::State::capture(const EventPoint& point, std::uint32_t set, rules::EventView& event) {
  const MatchSet& what = sets_[set].set;
  incoming_.begin({point.time, point.line}, point.event_key, point.weight);
  scratch_.clear();
  append_group_value(scratch_, false, point.subscription);
  incoming_.add_text(0, groups.hash_of(scratch_), scratch_);
  for (const auto& fields : what.groups) capture_group(point, fields, event);
  for (const auto& value : what.values) incoming_.words.push_back(capture_value(value, event));
  incoming_.end(set);
}

void Engine::State::feed(const EventPoint& point, std::span<const RuleIndex> matched,
                         rules::EventView& event, std::vector<Firing>& out) {
  const Place place{point.time, point.line};
  if (!matched.empty()) {
    capture(point, set_of(matched), event);
    if (place < processed) {
      ++late;
      batch_.front().event = incoming_;
      process_batch(1, out);
    } else {
      waiting.push(incoming_);
    }
  }
  sources.note(point.source, point.time);
  if (++since_release >= kBatch) release(sources.settled(), out);
  while (waiting.size() > options.waiting_max) {
    ++forced;
    waiting.pop(batch_.front().event);
    processed = std::max(processed, batch_.front().event.place());
    process_batch(1, out);
  }
}

void Engine::State::release(Time before, std::vector<Firing>& out) {
  since_release = 0;
  while (!waiting.empty() && waiting.front().time < before) {
    std::size_t count = 0;
    while (count < kBatch && !waiting.empty() && waiting.front().time < before) {
      waiting.pop(batch_[count++].event);
    }
    processed = std::max(processed, batch_[count - 1].event.place());
    process_batch(count, out);
  }
}

void Engine::State::flush(std::vector<Firing>& out) { release(Time::max(), out); }

// All look-ups of the batch are in flight together: with a million groups hardly one of them finds
// its memory in the cache. First the slots of groups and windows, which follow from hashes; then
// the groups and the windows; then what lies beside the windows.
void Engine::State::process_batch(std::size_t count, std::vector<Firing>& out) {
  const std::span<Ready> batch(batch_.data(), count);
  for (Ready& ready : batch) {
    ready.set = &sets_[ready.event.set()].set;
    CHECK(unpack(ready));
    groups.prefetch_slot(ready.subscription.text.hash);
    for (const Ready::Group& group : ready.groups) {
      if (!group.text.is_same) groups.prefetch_slot(group.text.hash);
    }
    for (const MatchSet::Step& step : ready.set->steps) {
      tables[step.counter].prefetch_slot(hash_of(ready, step));
    }
  }
  for (Ready& ready : batch) {
    groups.prefetch_group(ready.subscription.text.hash);
    for (const Ready::Group& group : ready.groups) {
      if (!group.text.is_same) groups.prefetch_group(group.text.hash);
    }
    find_windows(ready);
  }
  for (Ready& ready : batch) {
    look_up(ready);
    for (std::size_t i = 0; i < ready.windows.size(); ++i) {
      tables[ready.set->steps[i].counter].prefetch_beside(ready.windows[i]);
    }
  }
  prefetch_values(batch);
  for (const Ready& ready : batch) process(ready, out);
  for (const Ready& ready : batch) let_go(ready);
}

void Engine::State::find_windows(Ready& ready) const {
  ready.windows.clear();
  for (const MatchSet::Step& step : ready.set->steps) {
    ready.windows.push_back(tables[step.counter].likely(hash_of(ready, step)));
  }
}

void Engine::State::prefetch_values(std::span<const Ready> batch) const {
  for (unsigned fetch = 0; fetch < DistinctValues::kFetches; ++fetch) {
    for (const Ready& ready : batch) {
      if (!ready.set->counts_values) continue;
      for (std::size_t i = 0; i < ready.windows.size(); ++i) {
        const MatchSet::Step& step = ready.set->steps[i];
        const CounterTable& table = tables[step.counter];
        if (!table.counts_values()) continue;
        const std::uint64_t value = ready.event.words[ready.values_at + step.value];
        table.prefetch_value(ready.windows[i], fetch, value);
      }
    }
  }
}

// False where the words are no event of this set.
bool Engine::State::unpack(Ready& ready) const {
  std::size_t at = WaitingEvent::kHead;
  if (!ready.event.take_text(at, ready.subscription.text)) return false;
  if (ready.subscription.text.is_same) return false;
  ready.groups.resize(ready.set->groups.size());
  for (Ready::Group& group : ready.groups) {
    if (!ready.event.take_text(at, group.text)) return false;
  }
  ready.values_at = at;
  return at + ready.set->values.size() == ready.event.words.size();
}

// Each text's group is held until let_go().
void Engine::State::look_up(Ready& ready) {
  ready.subscription.id = groups.hold(ready.subscription.text.bytes, ready.subscription.text.hash);
  for (Ready::Group& group : ready.groups) {
    group.id =
        group.text.is_same ? ready.subscription.id : groups.hold(group.text.bytes, group.text.hash);
  }
}

void Engine::State::let_go(const Ready& ready) {
  groups.let_go(ready.subscription.id);
  for (const Ready::Group& group : ready.groups) {
    if (!group.text.is_same) groups.let_go(group.id);
  }
}

std::uint64_t Engine::State::hash_of(const Ready& ready, const MatchSet::Step& step) {
  const WaitingEvent::Text& text = ready.groups[step.group_of.front()].text;
  return text.is_same ? ready.subscription.text.hash : text.hash;
}

void Engine::State::process(const Ready& ready, std::vector<Firing>& out) {
  const MatchSet& set = *ready.set;
  if (options.plain_firings) plain_firings(ready, out);
  if (set.steps.empty()) return;
  for (const RuleIndex rule : set.matched) hits_[rules::index(rule)] = 1;
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < set.steps.size(); ++i) {
    if (set.steps[i].is_direct || !fired_.empty()) step(i, ready, out);
  }
  for (const RuleIndex rule : set.matched) hits_[rules::index(rule)] = 0;
  for (const RuleIndex rule : fired_) {
    hits_[rules::index(rule)] = 0;
    is_unsure_[rules::index(rule)] = false;
  }
  fired_.clear();
  put_in_order(std::span(out).subspan(before));
}

// Those that read one counter fire together; outside they come in the program's order.
void Engine::State::put_in_order(std::span<Firing> firings) const {
  const auto rank = [&](const Firing& f) { return rank_[rules::index(f.rule)]; };
  if (std::ranges::is_sorted(firings, {}, rank)) return;
  std::ranges::stable_sort(firings, {}, rank);
}

void Engine::State::plain_firings(const Ready& ready, std::vector<Firing>& out) {
  if (!options.part_firings && !ready.set->signals_alone) return;
  const Place place = ready.event.place();
  for (const RuleIndex rule : ready.set->matched) {
    if (!options.part_firings && !program->rule(rule).signals_alone) continue;
    out.push_back({rule,
                   {},
                   place.time,
                   place.time,
                   static_cast<double>(ready.event.weight()),
                   place.line,
                   subscription_of(ready),
                   single(ready.event.key())});
  }
}

void Engine::State::step(std::size_t at, const Ready& ready, std::vector<Firing>& out) {
  const MatchSet::Step& step = ready.set->steps[at];
  const Counter& counter = counters[step.counter];
  Hit hit{.place = ready.event.place(),
          .ref = 0,
          .weight = 1,
          .value = 0,
          .text = 1,
          .key = ready.event.key()};
  for (const std::uint32_t ref : step.refs) {
    const std::size_t rule = rules::index(counter.refs[ref]);
    const Ready::Group& group = ready.groups[step.group_of[ref]];
    if (is_unsure_[rule]) tables[step.counter].note_unsure_hit(group.id, hit.place.time);
    if (hits_[rule] == 0 || !fill_value(step, ready, hit)) continue;
    hit.ref = ref;
    // A firing is one hit of weight 1 for those that refer to it.
    hit.weight = is_correlation_[rule] ? 1 : ready.event.weight();
    for (std::uint32_t i = 0; i < hits_[rule]; ++i) take(at, group, hit, ready, out);
  }
}

// False where the event lacks the value: then it gives no hit.
bool Engine::State::fill_value(const MatchSet::Step& step, const Ready& ready, Hit& hit) {
  if (step.value == MatchSet::kNoValue) return true;
  const std::uint64_t word = ready.event.words[ready.values_at + step.value];
  if (ready.set->values[step.value].is_text) {
    hit.text = word;
    return word != 0;
  }
  const auto number = std::bit_cast<double>(word);
  if (std::isnan(number)) return false;
  hit.value = rules::to_billionths(number);
  return true;
}

void Engine::State::take(std::size_t at, const Ready::Group& group, const Hit& hit,
                         const Ready& ready, std::vector<Firing>& out) {
  const std::uint32_t number = ready.set->steps[at].counter;
  const Counter& counter = counters[number];
  CounterTable& table = tables[number];
  const Window* window = table.take(group.id, ready.windows[at], hit);
  if (window == nullptr) return;
  const Missing missing = table.missing(*window);
  if (missing == Missing::none && counter.holds_from > window->sums().upper) return;
  for (const std::uint32_t reader : counter.readers) {
    const Correlation& c = program->correlations()[reader];
    const Verdict verdict = judge(c, *window, missing);
    if (verdict.holds == Verdict::Holds::unsure) {
      table.count_unsure();
      is_unsure_[rules::index(c.rule)] = true;
      fired_.push_back(c.rule);
    }
    if (verdict.holds != Verdict::Holds::yes) continue;
    if (hits_[rules::index(c.rule)]++ == 0) fired_.push_back(c.rule);
    if (!options.part_firings && !program->rule(c.rule).signals_alone) continue;
    fire(c, *window, group, verdict.value, ready, out);
  }
}

void Engine::State::fire(const Correlation& c, const Window& window, const Ready::Group& group,
                         double value, const Ready& ready, std::vector<Firing>& out) const {
  out.push_back({c.rule, group_values(c, group), window.from(), window.newest(), value,
                 ready.event.place().line, subscription_of(ready), window.contributors()});
}

std::string Engine::State::subscription_of(const Ready& ready) const {
  std::string_view bytes = ready.subscription.text.bytes;
  std::string_view text;
  bool is_null = false;
  static_cast<void>(take_group_value(bytes, is_null, text));
  return std::string(text);
}

std::vector<GroupValue> Engine::State::group_values(const Correlation& c,
                                                    const Ready::Group& group) const {
  std::vector<GroupValue> out;
  std::string_view bytes = groups.bytes(group.id);
  for (std::size_t i = 0; i < c.group_by.size(); ++i) {
    GroupValue& value = out.emplace_back();
    value.name = c.group_by[i].name;
    bool is_null = false;
    std::string_view text;
    if (!take_group_value(bytes, is_null, text)) break;
    value.text = text;
    const auto kind = (group.text.kinds >> (kKindBits * i)) & 7U;
    const bool is_kept = i < kKindsMax && kind <= 4;
    value.kind = is_null   ? rules::ValueKind::null
                 : is_kept ? static_cast<rules::ValueKind>(kind)
                           : rules::ValueKind::string;
  }
  return out;
}

Engine::Engine(std::shared_ptr<const rules::Program> program, EngineOptions options)
    : state_(std::make_unique<State>(std::move(program), options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

SourceId Engine::open_source(std::string_view name, Duration lateness) {
  return state_->sources.open(name, lateness);
}

std::vector<SourceId> Engine::open_only(std::span<const std::string> names, Duration lateness) {
  return state_->sources.open_only(names, lateness);
}

void Engine::close_source(SourceId source, std::vector<Firing>& out) {
  state_->sources.close(source);
  state_->release(state_->sources.settled(), out);
}

void Engine::feed(const EventPoint& point, std::span<const RuleIndex> matched,
                  rules::EventView& event, std::vector<Firing>& out) {
  state_->feed(point, matched, event, out);
}

void Engine::advance(SourceId source, Time now, std::vector<Firing>& out) {
  state_->sources.note(source, now);
  state_->release(state_->sources.settled(), out);
}

void Engine::settle(Time now, std::vector<Firing>& out) { state_->release(now, out); }

void Engine::flush(std::vector<Firing>& out) { state_->flush(out); }

const EngineCounters& Engine::counters() const {
  EngineCounters& out = state_->counted;
  out = {.late = state_->late, .evicted = 0, .forced = state_->forced, .unsure = 0};
  for (const CounterTable& table : state_->tables) {
    out.evicted += table.losses().hits_evicted;
    out.unsure += table.losses().unsure;
  }
  return out;
}

std::vector<RuleLosses> Engine::losses() const {
  std::vector<RuleLosses> out;
  for (std::size_t i = 0; i < state_->counters.size(); ++i) {
    const Losses& losses = state_->tables[i].losses();
    if (losses == Losses{}) continue;
    for (const std::uint32_t reader : state_->counters[i].readers) {
      out.push_back({state_->program->correlations()[reader].rule, losses});
    }
  }
  return out;
}

std::size_t Engine::window_bytes() const {
  std::size_t bytes = 0;
  for (const CounterTable& table : state_->tables) bytes += table.memory_bytes();
  return bytes;
}

std::size_t Engine::windows() const {
  std::size_t windows = 0;
  for (const CounterTable& table : state_->tables) windows += table.size();
  return windows;
}

}  // namespace proviso::signals

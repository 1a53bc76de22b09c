// SPDX-License-Identifier: Apache-2.0
#include "signals/engine.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "rules/matcher.h"
#include "signals/state.h"
#include "signals/window.h"

// An event waits in a queue ordered by (time, line) until the newest event time is more than
// `lateness` ahead of it; then it goes through the correlations in the program's order, in which
// each comes after what it refers to. Within one, it is a hit for each of the rules that it
// matched, in the order of `rules:`, and the correlation is judged after each hit (so an event that
// matches two of its rules can fire it twice). A correlation that holds is itself a hit at this
// event for those that refer to it: an outer group key is read from the event, never from the inner
// key. All fields that correlations read are captured when the event comes in, as it is gone later.
namespace proviso::signals {

using rules::Correlation;
using rules::FieldId;
using rules::RuleIndex;

namespace {

constexpr std::string_view kMagic = "PSENGIN2";
constexpr std::uint64_t kSweepEvery = 65'536;

struct Captured {
  rules::ValueKind kind = rules::ValueKind::null;
  double number = 0;
  bool has_number = false;
  std::string text;
};

struct Waiting {
  std::uint64_t weight = 1;
  std::string subscription;
  EventKey event_key{};
  std::vector<RuleIndex> matched;
  std::vector<Captured> fields;  ///< parallel to State::captured_fields; empty if not needed
};

void append_key(std::string& key, const GroupValue& value) {
  key.push_back(value.kind == rules::ValueKind::null ? '0' : '1');
  key += std::to_string(value.text.size());
  key.push_back(':');
  key += value.text;
}

std::uint64_t bits(Time t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
Time time_of(std::uint64_t bits) { return Time(Duration(static_cast<std::int64_t>(bits))); }

Contributors single(const EventKey& key) {
  Contributors out{.total = 1, .first = {}, .last = {}};
  if (key != EventKey{}) out.first.push_back(key);
  return out;
}

// a - b that stops at the least time.
Time minus(Time a, Duration b) { return a < Time::min() + b ? Time::min() : a - b; }

}  // namespace

struct Engine::State {
  using Windows = std::unordered_map<std::string, Window>;
  std::shared_ptr<const rules::Program> program;
  EngineOptions options;
  EngineCounters counters;
  std::multimap<Place, Waiting> waiting;
  std::vector<Windows> windows;  ///< parallel to program->correlations()
  Place processed{Time::min(), 0};
  Time newest = Time::min();
  std::uint64_t since_sweep = 0;
  // Made from the program.
  std::vector<FieldId> captured_fields;
  std::vector<std::size_t> capture_of_field;
  std::vector<bool> feeds;                       ///< by rule: some correlation refers to it
  std::vector<std::vector<std::uint64_t>> hits;  ///< by rule, at the event in hand: their weights
  std::string key;                               ///< scratch
  State(std::shared_ptr<const rules::Program> p, EngineOptions o);
  Waiting capture(const EventPoint& point, std::span<const RuleIndex> matched,
                  rules::EventView& event) const;
  void release(Time before, std::vector<Firing>& out);
  void process(const Place& place, const Waiting& event, std::vector<Firing>& out);
  void correlate(std::size_t at, const Place& place, const Waiting& event,
                 std::vector<Firing>& out);
  void take(WindowHit one, std::size_t at, const Waiting& event, std::vector<Firing>& out);
  bool fill(const Correlation& c, const Waiting& event, WindowHit& out) const;
  const Captured& field(const Waiting& event, FieldId id) const {
    return event.fields[capture_of_field[rules::index(id)]];
  }
  void sweep();
  void save_waiting(ByteWriter& out) const;
  void load_waiting(ByteReader& in);
};

Engine::State::State(std::shared_ptr<const rules::Program> p, EngineOptions o)
    : program(std::move(p)),
      options(o),
      windows(program->correlations().size()),
      capture_of_field(program->fields().size()),
      feeds(program->rules().size()),
      hits(program->rules().size()) {
  std::set<FieldId> needed;
  for (const Correlation& c : program->correlations()) {
    for (const RuleIndex ref : c.refs) feeds[rules::index(ref)] = true;
    needed.insert(c.value_fields.begin(), c.value_fields.end());
    for (const auto& group : c.group_by) {
      needed.insert(group.field_of_ref.begin(), group.field_of_ref.end());
    }
  }
  for (const FieldId id : needed) {
    capture_of_field[rules::index(id)] = captured_fields.size();
    captured_fields.push_back(id);
  }
}

Waiting Engine::State::capture(const EventPoint& point, std::span<const RuleIndex> matched,
                               rules::EventView& event) const {
  Waiting out{point.weight,
              std::string(point.subscription),
              point.event_key,
              {matched.begin(), matched.end()},
              {}};
  const auto is_fed = [&](RuleIndex r) { return feeds[rules::index(r)]; };
  if (std::ranges::none_of(matched, is_fed)) return out;
  for (const FieldId id : captured_fields) {
    Captured& field = out.fields.emplace_back();
    const auto values = event.values(id);
    if (values.empty()) continue;
    const rules::Value& whole = values.front();
    field.kind = whole.kind;
    field.text = whole.text;
    const auto number = rules::number_of(whole);
    field.has_number = number.has_value();
    field.number = number.value_or(0);
  }
  return out;
}

void Engine::State::release(Time before, std::vector<Firing>& out) {
  while (!waiting.empty() && waiting.begin()->first.time < before) {
    auto next = waiting.extract(waiting.begin());
    process(next.key(), next.mapped(), out);
  }
}

void Engine::State::process(const Place& place, const Waiting& event, std::vector<Firing>& out) {
  if (place < processed) ++counters.late;
  processed = std::max(processed, place);
  bool any_use = false;
  for (const RuleIndex rule : event.matched) {
    if (options.plain_firings) {
      out.push_back({rule,
                     {},
                     place.time,
                     place.time,
                     static_cast<double>(event.weight),
                     place.line,
                     event.subscription,
                     single(event.event_key)});
    }
    hits[rules::index(rule)].assign(1, event.weight);
    any_use = any_use || feeds[rules::index(rule)];
  }
  for (std::size_t i = 0; any_use && i < windows.size(); ++i) correlate(i, place, event, out);
  for (const RuleIndex rule : event.matched) hits[rules::index(rule)].clear();
  for (const Correlation& c : program->correlations()) hits[rules::index(c.rule)].clear();
  if (++since_sweep >= kSweepEvery) sweep();
}

// Fills what the type needs; false where the event lacks the value: then it gives no hit.
bool Engine::State::fill(const Correlation& c, const Waiting& event, WindowHit& out) const {
  using Type = rules::CorrelationType;
  if (c.type == Type::value_count) {
    for (const FieldId id : c.value_fields) {
      const Captured& value = field(event, id);
      if (value.kind == rules::ValueKind::null) return false;
      out.text += std::to_string(value.text.size()) + ":" + value.text;
    }
    return true;
  }
  const bool sums =
      c.type == Type::value_sum || c.type == Type::value_avg || c.type == Type::value_percentile;
  if (!sums) return true;
  const Captured& value = field(event, c.value_fields.front());
  out.value = rules::to_billionths(value.number);
  return value.has_number;
}

void Engine::State::correlate(std::size_t at, const Place& place, const Waiting& event,
                              std::vector<Firing>& out) {
  const Correlation& c = program->correlations()[at];
  for (std::size_t ref = 0; ref < c.refs.size(); ++ref) {
    for (const std::uint64_t weight : hits[rules::index(c.refs[ref])]) {
      take({place, static_cast<std::uint32_t>(ref), weight, 0, {}, event.event_key}, at, event,
           out);
    }
  }
}

void Engine::State::take(WindowHit one, std::size_t at, const Waiting& event,
                         std::vector<Firing>& out) {
  const Correlation& c = program->correlations()[at];
  if (!fill(c, event, one)) return;
  std::vector<GroupValue> group;
  key.clear();
  for (const auto& by : c.group_by) {
    const Captured& value = field(event, by.field_of_ref[one.ref]);
    group.push_back({by.name, value.kind, value.text});
    append_key(key, group.back());
  }
  Window& window = windows[at].try_emplace(key, c).first->second;
  const auto verdict = window.add(one, options.window_hits_max, counters.evicted);
  if (!verdict) return;
  // A firing is one hit of weight 1 for those that refer to it.
  hits[rules::index(c.rule)].push_back(1);
  out.push_back({c.rule, std::move(group), verdict->from, one.place.time, verdict->value,
                 one.place.line, event.subscription, verdict->events});
}

// Lets windows go that no event can still be in, unless it is late beyond the bound.
void Engine::State::sweep() {
  since_sweep = 0;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Time horizon = minus(processed.time, program->correlations()[i].timespan);
    std::erase_if(windows[i], [&](const auto& entry) { return entry.second.newest() < horizon; });
  }
}

Engine::Engine(std::shared_ptr<const rules::Program> program, EngineOptions options)
    : state_(std::make_unique<State>(std::move(program), options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::feed(const EventPoint& point, std::span<const RuleIndex> matched,
                  rules::EventView& event, std::vector<Firing>& out) {
  State& s = *state_;
  const Place place{point.time, point.line};
  if (!matched.empty()) {
    Waiting waiting = s.capture(point, matched, event);
    if (place < s.processed) {
      s.process(place, waiting, out);
    } else {
      s.waiting.emplace(place, std::move(waiting));
    }
  }
  advance(point.time, out);
  while (s.waiting.size() > s.options.waiting_max) {
    ++s.counters.forced;
    auto next = s.waiting.extract(s.waiting.begin());
    s.process(next.key(), next.mapped(), out);
  }
}

void Engine::advance(Time now, std::vector<Firing>& out) {
  State& s = *state_;
  s.newest = std::max(s.newest, now);
  if (s.options.lateness != Duration::max()) s.release(minus(s.newest, s.options.lateness), out);
}

void Engine::flush(std::vector<Firing>& out) {
  State& s = *state_;
  while (!s.waiting.empty()) {
    auto next = s.waiting.extract(s.waiting.begin());
    s.process(next.key(), next.mapped(), out);
  }
}

const EngineCounters& Engine::counters() const { return state_->counters; }

void Engine::State::save_waiting(ByteWriter& out) const {
  out.number(waiting.size());
  for (const auto& [place, event] : waiting) {
    out.number(bits(place.time));
    out.number(place.line);
    out.number(event.weight);
    out.text(event.subscription);
    out.key(event.event_key);
    out.number(event.matched.size());
    for (const RuleIndex rule : event.matched) out.number(rules::index(rule));
    out.number(event.fields.size());
    for (const Captured& f : event.fields) {
      out.number(static_cast<std::uint64_t>(f.kind) | (f.has_number ? 256U : 0U));
      out.real(f.number);
      out.text(f.text);
    }
  }
}

void Engine::State::load_waiting(ByteReader& in) {
  const std::uint64_t count = in.count(48);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Place place;
    place.time = time_of(in.number());
    place.line = in.number();
    Waiting event;
    event.weight = in.number();
    event.subscription = in.text();
    event.event_key = in.key();
    const std::uint64_t matched = in.count(8);
    for (std::uint64_t k = 0; k < matched; ++k) {
      event.matched.push_back(RuleIndex(in.number() % program->rules().size()));
    }
    const std::uint64_t fields = in.count(24);
    for (std::uint64_t k = 0; k < fields; ++k) {
      const std::uint64_t kind = in.number();
      Captured& f = event.fields.emplace_back();
      f.kind = static_cast<rules::ValueKind>((kind & 255U) % 5);
      f.has_number = (kind & 256U) != 0;
      f.number = in.real();
      f.text = in.text();
    }
    const auto is_fed = [&](RuleIndex r) { return feeds[rules::index(r)]; };
    if (std::ranges::any_of(event.matched, is_fed)) event.fields.resize(captured_fields.size());
    waiting.emplace(place, std::move(event));
  }
}

std::string Engine::save() const {
  const State& s = *state_;
  ByteWriter out;
  out.raw(kMagic);
  out.raw(s.program->digest().view());
  for (const std::uint64_t n :
       {s.counters.late, s.counters.evicted, s.counters.forced, bits(s.processed.time),
        s.processed.line, bits(s.newest), s.since_sweep}) {
    out.number(n);
  }
  s.save_waiting(out);
  for (const auto& windows : s.windows) {
    std::map<std::string_view, const Window*> sorted;
    for (const auto& [key, window] : windows) sorted.emplace(key, &window);
    out.number(sorted.size());
    for (const auto& [key, window] : sorted) {
      out.text(key);
      window->save(out);
    }
  }
  return out.take();
}

Result<void> Engine::load(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.raw(kMagic.size()) != kMagic) return fail(Errc::corrupt, "not the state of an engine");
  if (in.raw(32) != state_->program->digest().view()) {
    return fail(Errc::conflict, "the state was saved with another rulebook (begin anew)");
  }
  auto fresh = std::make_unique<State>(state_->program, state_->options);
  fresh->counters = {in.number(), in.number(), in.number()};
  fresh->processed.time = time_of(in.number());
  fresh->processed.line = in.number();
  fresh->newest = time_of(in.number());
  fresh->since_sweep = in.number();
  fresh->load_waiting(in);
  for (std::size_t i = 0; i < fresh->windows.size(); ++i) {
    const std::uint64_t count = in.count(32);
    for (std::uint64_t k = 0; k < count && in.ok(); ++k) {
      const std::string key = in.text();
      fresh->windows[i].try_emplace(key, fresh->program->correlations()[i]).first->second.load(in);
    }
  }
  if (!in.ok() || !in.at_end())
    return fail(Errc::corrupt, "the state of the engine is cut or torn");
  state_ = std::move(fresh);
  return {};
}

}  // namespace proviso::signals

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "signals/engine_internal.h"
#include "signals/state.h"

// The state of an engine as bytes (words of state.h):
//
//   state    = part, each next one on top of those before
//   part     = magic, hash seed, whole (0 or 1), late, forced, since release, processed, sources,
//   counters, waiting sources  = number, each: name, lateness, newest, open counters = number,
//   each: identity (32 bytes), length, what CounterTable::save() writes waiting  = number of sets,
//   each: rules (number, 32 bytes each), groups, values, steps;
//              number of events, each: its set, number of words, words (waiting_events.h)
//
// A whole part says everything; a part of changes has the windows that changed, the groups that
// went, and the waiting events that are new. An event that has gone through the counters since is
// known by `processed`: all up to there are gone.
//
// A part is read into another program by identities: of counters as counter.h defines them, of
// rules by the digest of their tests. What is not known there is passed over and counted.
namespace proviso::signals {

using rules::RuleIndex;

namespace {

constexpr std::string_view kMagic = "PSENGIN3";
constexpr std::string_view kAnyMagic = "PSENGIN";
constexpr std::uint32_t kNone = 0xFFFFFFFFU;

void write_sources(const std::vector<Sources::Source>& all, ByteWriter& out) {
  out.small(all.size());
  for (const Sources::Source& source : all) {
    out.text(source.name);
    out.number(static_cast<std::uint64_t>(source.lateness.count()));
    out.time(source.newest);
    out.small(source.open ? 1 : 0);
  }
}

std::vector<Sources::Source> read_sources(ByteReader& in) {
  std::vector<Sources::Source> all(in.small_count(25));
  for (Sources::Source& source : all) {
    source.name = in.text();
    source.lateness = Duration(static_cast<std::int64_t>(in.number()));
    source.newest = in.time();
    source.open = in.small() != 0;
  }
  return all;
}

}  // namespace

std::string Engine::State::save(CounterTable::Save what) {
  ByteWriter out;
  const bool whole = what == CounterTable::Save::all || !was_saved;
  out.raw(kMagic);
  out.number(options.hash_seed);
  out.small(whole ? 1 : 0);
  out.small(late);
  out.small(forced);
  out.small(since_release);
  out.time(processed.time);
  out.number(processed.line);
  write_sources(sources.all(), out);
  out.small(counters.size());
  for (std::size_t i = 0; i < counters.size(); ++i) {
    out.raw(counters[i].identity.view());
    ByteWriter table;
    tables[i].save(whole ? CounterTable::Save::all : what, table);
    out.text(table.take());
  }
  save_waiting(!whole, out);
  was_saved = true;
  return out.take();
}

void Engine::State::save_set(const MatchSet& set, ByteWriter& out) const {
  out.small(set.matched.size());
  for (const RuleIndex rule : set.matched) out.raw(definitions[rules::index(rule)].view());
  out.small(set.groups.size());
  out.small(set.values.size());
  for (const MatchSet::Value& value : set.values) out.small(value.is_text ? 1 : 0);
  out.small(set.steps.size());
  for (const MatchSet::Step& step : set.steps) {
    out.small(step.counter);
    out.number(step.value);
    out.small(step.group_of.size());
    for (const std::uint32_t group : step.group_of) out.small(group);
  }
}

// Events in order of their place, so that the same state gives the same bytes, however it came.
void Engine::State::save_waiting(bool only_new, ByteWriter& out) {
  std::vector<WaitingEvent> events;
  waiting.visit(only_new, [&](const WaitingEvent& event) { events.push_back(event); });
  std::ranges::stable_sort(events, {}, &WaitingEvent::place);
  // Equal sets that were loaded with different parts are one again.
  std::map<std::uint32_t, std::uint64_t> number_of_set;
  std::map<std::string, std::uint64_t> number_of_bytes;
  std::string sets;
  for (const WaitingEvent& event : events) {
    if (number_of_set.contains(event.set())) continue;
    ByteWriter one;
    save_set(sets_[event.set()].set, one);
    const std::string bytes = one.take();
    const auto [at, added] = number_of_bytes.try_emplace(bytes, number_of_bytes.size());
    if (added) sets += bytes;
    number_of_set.emplace(event.set(), at->second);
  }
  out.small(number_of_bytes.size());
  out.raw(sets);
  out.small(events.size());
  for (const WaitingEvent& event : events) {
    out.small(number_of_set.at(event.set()));
    out.small(event.words.size());
    for (std::size_t i = 0; i < event.words.size(); ++i) {
      out.number(i == 5 ? 0 : event.words[i]);  // the set has another number there
    }
  }
}

bool Engine::State::load_set(ByteReader& in, const std::vector<std::uint32_t>& counter_of,
                             MatchSet& set) const {
  const std::uint64_t matched = in.small_count(32);
  for (std::uint64_t i = 0; i < matched; ++i) {
    const std::string_view digest = in.raw(32);
    const auto rule =
        std::ranges::find_if(definitions, [&](const Digest& d) { return d.view() == digest; });
    if (rule == definitions.end()) continue;
    set.matched.push_back(RuleIndex(static_cast<std::uint32_t>(rule - definitions.begin())));
  }
  set.groups.resize(in.small_count(1));
  set.values.resize(in.small_count(1));
  for (MatchSet::Value& value : set.values) value.is_text = in.small() != 0;
  const std::uint64_t steps = in.small_count(10);
  for (std::uint64_t i = 0; i < steps && in.ok(); ++i) {
    const std::uint64_t counter = in.small();
    MatchSet::Step step;
    step.value = static_cast<std::uint32_t>(in.number());
    step.group_of.resize(in.small_count(1));
    for (std::uint32_t& group : step.group_of) {
      group = static_cast<std::uint32_t>(in.small());
      if (group >= set.groups.size()) return false;
    }
    if (step.value != MatchSet::kNoValue && step.value >= set.values.size()) return false;
    if (counter >= counter_of.size()) return false;
    step.counter = counter_of[counter];
    if (step.counter == kNone) continue;
    const Counter& target = counters[step.counter];
    const bool reads = !target.value_fields.empty();
    if (step.group_of.size() != target.refs.size()) return false;
    if (reads != (step.value != MatchSet::kNoValue)) return false;
    set.steps.push_back(std::move(step));
  }
  std::ranges::sort(set.steps, {}, &MatchSet::Step::counter);
  find_hits(set, counters, *program);
  return in.ok();
}

bool Engine::State::load_event(ByteReader& in, std::uint32_t set, bool keep) {
  Ready& ready = batch_.front();
  ready.event.words.resize(in.small_count(8));
  for (std::uint64_t& word : ready.event.words) word = in.number();
  if (ready.event.words.size() < WaitingEvent::kHead) return false;
  ready.event.end(set);
  ready.set = &sets_[set].set;
  if (!in.ok() || !unpack(ready)) return false;
  if (keep) waiting.push(ready.event);
  return true;
}

bool Engine::State::load_waiting(ByteReader& in, const std::vector<std::uint32_t>& counter_of,
                                 Load& report) {
  const auto first_set = static_cast<std::uint32_t>(sets_.size());
  const std::uint64_t sets = in.small_count(4);
  for (std::uint64_t i = 0; i < sets; ++i) {
    SetEntry& entry = sets_.emplace_back();
    if (!load_set(in, counter_of, entry.set)) return false;
  }
  const std::uint64_t events = in.small_count(50);
  for (std::uint64_t i = 0; i < events; ++i) {
    const std::uint64_t set = in.small();
    if (set >= sets) return false;
    const auto id = static_cast<std::uint32_t>(first_set + set);
    const bool keep = !sets_[id].set.matched.empty();
    if (!keep) ++report.events_dropped;
    if (!load_event(in, id, keep)) return false;
  }
  return true;
}

bool Engine::State::load_part(ByteReader& in, Load& report) {
  static_cast<void>(in.raw(kMagic.size()));
  static_cast<void>(in.number());  // the seed: looked at by load()
  const bool whole = in.small() != 0;
  if (whole == was_saved) return false;  // a whole one comes first, and only there
  late = in.small();
  forced = in.small();
  since_release = in.small();
  processed.time = in.time();
  processed.line = in.number();
  sources.restore(read_sources(in));
  if (sources.all().empty()) return false;
  const std::uint64_t count = in.small_count(40);
  std::vector<std::uint32_t> counter_of(count, kNone);
  report.counters_dropped = 0;
  for (std::uint32_t& to : counter_of) {
    const std::string_view identity = in.raw(32);
    const std::string bytes = in.text();
    const auto known = std::ranges::find_if(
        counters, [&](const Counter& c) { return c.identity.view() == identity; });
    if (known == counters.end()) {
      ++report.counters_dropped;
      continue;
    }
    to = static_cast<std::uint32_t>(known - counters.begin());
    ByteReader table(bytes);
    tables[to].load(table);
    if (!table.ok() || !table.at_end()) return false;
  }
  if (!load_waiting(in, counter_of, report) || !in.ok() || !in.at_end()) return false;
  // Of a part before this one: those that have gone through since.
  while (!waiting.empty() && waiting.front() <= processed) {
    waiting.pop(batch_.front().event);
  }
  was_saved = true;
  return true;
}

std::string Engine::save() { return state_->save(CounterTable::Save::all); }
std::string Engine::save_changes() { return state_->save(CounterTable::Save::changes); }

Result<Engine::Load> Engine::load(std::span<const std::string> parts) {
  Load report;
  auto fresh = std::make_unique<State>(state_->program, state_->options);
  for (const std::string& bytes : parts) {
    ByteReader in(bytes);
    ByteReader head(bytes);
    const std::string_view magic = head.raw(kMagic.size());
    if (magic != kMagic && magic.starts_with(kAnyMagic)) {
      report.other_format = true;
      return report;
    }
    if (magic != kMagic) return fail(Errc::corrupt, "not the state of an engine");
    if (head.number() != state_->options.hash_seed) {
      return fail(Errc::conflict, "the state was saved with another key for hashes (begin anew)");
    }
    if (!fresh->load_part(in, report)) {
      return fail(Errc::corrupt, "the state of the engine is cut or torn");
    }
  }
  fresh->waiting.visit(false, [](const WaitingEvent&) {});  // known to the store
  state_ = std::move(fresh);
  return report;
}

}  // namespace proviso::signals

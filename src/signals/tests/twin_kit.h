// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "base/random.h"
#include "rules/load.h"
#include "signals/engine.h"
#include "signals/tests/window_twin.h"

// Rules of all types, and events for them, for tests that hold the engine against its twin.
namespace proviso::signals::twin {

using rules::RuleIndex;

inline constexpr const char* kPlainRules = R"(
title: a
name: a
logsource: {product: p}
detection: {sel: {k: a}, condition: sel}
---
title: b
name: b
logsource: {product: p}
detection: {sel: {k: b}, condition: sel}
---
title: c
name: c
logsource: {product: p}
detection: {sel: {k: c}, condition: sel}
)";

inline constexpr const char* kTemporalRules = R"(
---
title: all
name: all
correlation: {type: temporal, rules: [a, b, c], group-by: [g], timespan: 4s}
---
title: two of three
correlation: {type: temporal, rules: [a, b, c], group-by: [g], timespan: 4s, condition: {gte: 2}}
---
title: less than three
correlation: {type: temporal, rules: [a, b, c], group-by: [g], timespan: 4s, condition: {lt: 3}}
---
title: not b
correlation: {type: temporal, rules: [a, b, c], group-by: [g], timespan: 3s,
  condition: a and c and not b}
---
title: either
correlation: {type: temporal, rules: [a, b, c], group-by: [g], timespan: 3s,
  condition: (a or b) and c}
---
title: in order
correlation: {type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 6s}
---
title: order of two
correlation: {type: temporal_ordered, rules: [c, a], group-by: [g, h], timespan: 3s}
---
title: two of three in order
correlation: {type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 4s,
  condition: {gte: 2}}
---
title: a then c without b
correlation: {type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 3s,
  condition: a and c and not b}
---
title: a or b, then c
correlation: {type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 3s,
  condition: (a or b) and c}
---
title: b then a, or no c
correlation: {type: temporal_ordered, group-by: [g], timespan: 3s,
  condition: b and a or not (c or b)}
---
title: burst
name: burst
correlation: {type: event_count, rules: [a, b], group-by: [g], timespan: 4s, condition: {gte: 3}}
---
title: bursts
correlation: {type: event_count, rules: [burst], group-by: [h], timespan: 6s,
  condition: {gte: 2}}
---
title: burst then c
correlation: {type: temporal_ordered, rules: [burst, c], group-by: [h], timespan: 6s}
---
title: burst or b, then c and a
correlation: {type: temporal_ordered, rules: [burst, b, c, a], group-by: [h], timespan: 5s,
  condition: (burst or b) and c and not (not a)}
---
title: aliased
correlation: {type: event_count, rules: [a, b], group-by: [x], timespan: 5s, condition: {gte: 2},
  aliases: {x: {a: g, b: h}}}
---
title: tuple
correlation: {type: value_count, rules: [a, b], group-by: [g], timespan: 5s,
  condition: {field: [t, v], gte: 3}}
)";

// Each numeric type with each comparison, and ranges.
inline std::string rule_text() {
  std::string out = kPlainRules;
  const std::vector<std::pair<std::string, std::string>> types = {
      {"event_count", ""},
      {"value_count", "field: t, "},
      {"value_sum", "field: v, "},
      {"value_avg", "field: v, "},
      {"value_median", "field: v, "},
      {"value_percentile", "field: v, percentile: 90, "},
  };
  const std::vector<std::string> conditions = {"gt: 2", "gte: 2", "lt: 3",         "lte: 2",
                                               "eq: 2", "neq: 2", "gte: 2, lt: 4", "gt: 1, neq: 3"};
  for (const auto& [type, field] : types) {
    for (const std::string& condition : conditions) {
      const std::string title = type + " " + condition;
      out += "---\ntitle: '" + title + "'\ncorrelation: {type: " + type +
             ", rules: [a, b], group-by: [g], timespan: 5s, condition: {" + field + condition +
             "}}\n";
    }
  }
  return out + kTemporalRules;
}

inline std::shared_ptr<const rules::Program> program() {
  const auto loaded = rules::compile_rules({{"r.yml", rule_text()}});
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  return loaded.program;
}

class View final : public rules::EventView {
 public:
  View(const rules::Program& program, const Event& event) : values_(program.fields().size()) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto at = event.fields.find(program.fields()[i]);
      if (at == event.fields.end()) continue;
      const auto& [text, number] = at->second;
      values_[i].push_back(
          {number ? rules::ValueKind::number : rules::ValueKind::string, number.value_or(0), text});
    }
  }
  std::span<const rules::Value> values(rules::FieldId f) override {
    return values_[rules::index(f)];
  }
  std::span<const rules::Value> leaves() override { return {}; }

 private:
  std::vector<std::vector<rules::Value>> values_;
};

inline void feed(Engine& engine, const rules::Program& p, const Event& e, SourceId source,
                 std::vector<Firing>& out) {
  View view(p, e);
  EventKey key{};
  key[0] = static_cast<std::uint8_t>(e.place.line);
  engine.feed({.time = e.place.time,
               .line = e.place.line,
               .weight = e.weight,
               .subscription = "s",
               .event_key = key,
               .source = source},
              e.matched, view, out);
}

inline std::vector<Fired> as_fired(const rules::Program& p, const std::vector<Firing>& firings) {
  std::vector<Fired> out;
  for (const Firing& f : firings) {
    std::string group;
    for (const GroupValue& v : f.group) {
      group += v.name + "=" + (v.kind == rules::ValueKind::null ? "<none>" : v.text) + ";";
    }
    out.push_back({p.rule(f.rule).title, f.line, group, f.from, f.to, f.value, f.events.total});
  }
  return out;
}

inline Time at(double seconds) {
  return from_unix_seconds(1'000'000) + Duration(static_cast<std::int64_t>(seconds * 1e9));
}

inline Event make_event(double seconds, std::uint64_t line, std::vector<int> kinds) {
  Event e;
  e.place = {at(seconds), line};
  for (const int kind : kinds) e.matched.push_back(RuleIndex(static_cast<std::uint32_t>(kind)));
  return e;
}

inline void set_number(Event& e, const std::string& name, double number) {
  std::string text = std::to_string(number);
  e.fields[name] = {text, number};
}

inline Event random_event(SeededRandom& random, std::uint64_t line) {
  const double seconds = static_cast<double>(random.below(120)) / 4;
  std::vector<int> kinds = {static_cast<int>(random.below(3))};
  if (random.below(4) == 0) kinds = {0, static_cast<int>(1 + random.below(2))};
  Event e = make_event(seconds, line, kinds);
  e.weight = random.below(5) == 0 ? 2 : 1;
  if (random.below(10) > 0) e.fields["g"] = {std::to_string(random.below(2)), std::nullopt};
  if (random.below(10) > 0) e.fields["h"] = {std::to_string(random.below(2)), std::nullopt};
  if (random.below(10) > 0) e.fields["t"] = {std::to_string(random.below(5)), std::nullopt};
  if (random.below(10) > 0) {
    set_number(e, "v", (static_cast<double>(random.below(17)) - 6) / 2);
  }
  return e;
}

inline std::vector<Event> random_events(SeededRandom& random, std::size_t count) {
  std::vector<Event> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(random_event(random, i + 1));
  return out;
}

inline void shuffle(std::vector<Event>& events, SeededRandom& random) {
  for (std::size_t i = events.size(); i > 1; --i) std::swap(events[i - 1], events[random.below(i)]);
}

// Moves events so that none comes more than `lateness` behind the newest before it.
inline void jumble(std::vector<Event>& events, Duration lateness, SeededRandom& random) {
  std::vector<std::pair<Time, Event>> delayed;
  for (const Event& e : events) {
    const auto delay = random.below(static_cast<std::uint64_t>(lateness.count()) + 1);
    delayed.emplace_back(e.place.time + Duration(static_cast<std::int64_t>(delay)), e);
  }
  std::ranges::sort(delayed, {}, &std::pair<Time, Event>::first);
  for (std::size_t i = 0; i < events.size(); ++i) events[i] = delayed[i].second;
}

}  // namespace proviso::signals::twin

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/program.h"
#include "signals/contributors.h"
#include "signals/hit.h"
#include "signals/state.h"

namespace proviso::signals {

/// What one event gives to one group of one correlation.
struct WindowHit {
  Place place;
  std::uint32_t ref = 0;        ///< which of the correlation's rules
  std::uint64_t weight = 1;     ///< operations (event_count)
  rules::Billionths value = 0;  ///< value_sum, value_avg, value_percentile
  std::string text;             ///< value_count
  EventKey event_key{};
  bool operator==(const WindowHit&) const = default;
};

struct WindowVerdict {
  Time from{};  ///< of the oldest hit in the window
  double value = 0;
  Contributors events;
};

/// The figures of a window, kept up to date hit by hit. All of them are exact, so that adding and
/// removing leaves what counting anew would give.
class Figures {
 public:
  explicit Figures(const rules::Correlation& correlation);
  void add(const WindowHit& hit);
  void remove(const WindowHit& hit);
  /// Whether the correlation holds for a window that begins at `begin`; its value.
  [[nodiscard]] std::optional<double> holds(Time begin) const;

 private:
  void extend_sequence(const WindowHit& hit);
  [[nodiscard]] std::size_t refs_seen() const;
  [[nodiscard]] bool condition_holds(const rules::RefCondition& condition) const;
  [[nodiscard]] double percentile() const;
  [[nodiscard]] bool thresholds_hold(double value) const;
  const rules::Correlation* correlation_;
  std::uint64_t weight_ = 0;
  std::uint64_t hits_ = 0;
  rules::Billionths sum_ = 0;
  std::vector<std::uint64_t> hits_of_ref_;
  std::map<std::string, std::uint64_t> texts_;
  std::vector<rules::Billionths> sorted_;
  /// temporal_ordered: stage k holds the latest beginning of a sequence of the first k + 1 rules.
  std::vector<std::optional<Place>> stages_;
  std::vector<std::optional<Place>> stages_before_;  ///< before the event at `now_`
  Place now_{Time::min(), 0};
};

/// The hits of one group within the timespan, oldest first. See window.cc.
class Window {
 public:
  explicit Window(const rules::Correlation& correlation)
      : correlation_(&correlation), figures_(correlation) {}
  /// Adds a hit; the verdict at its event. Hits beyond `hits_max` are counted in `evicted`.
  std::optional<WindowVerdict> add(const WindowHit& hit, std::size_t hits_max,
                                   std::uint64_t& evicted);
  [[nodiscard]] Time newest() const { return newest_.time; }
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  std::optional<WindowVerdict> add_late(const WindowHit& hit);
  std::optional<WindowVerdict> verdict_at(Place place) const;
  [[nodiscard]] Contributors contributors() const;
  void append(const WindowHit& hit);
  void evict(Time begin);
  void rebuild();
  const rules::Correlation* correlation_;
  std::deque<WindowHit> hits_;
  Figures figures_;
  Place newest_{Time::min(), 0};
};

}  // namespace proviso::signals

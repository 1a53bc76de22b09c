// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "signals/engine.h"
#include "signals/state.h"

namespace proviso::signals {

/// A rule fired for a group over a span of time: what a case is opened for.
struct Signal {
  /// 32 hexadecimal digits: SHA-256 of rule label, group and first time, cut. The same signal has
  /// the same id in a replay.
  std::string id;
  std::string rule;  ///< its id, or its title where it has none
  std::string title;
  std::string author;  ///< the Detection Rule License asks that a match names the rule's author
  std::string level;
  std::vector<std::string> terms;
  std::string independence;
  std::vector<GroupValue> group;
  /// Of the group where it names one, else of the last event; may be empty.
  std::string subscription;
  Time from{};  ///< the oldest hit of the first firing
  Time to{};    ///< the last firing
  double value_first = 0;
  double value_last = 0;
  double value_peak = 0;
  std::uint64_t firings = 0;
  /// `first` are those of the first firing's window, `last` those of the last one's.
  Contributors events;
  bool operator==(const Signal&) const = default;
};

enum class SignalChange : std::uint8_t { opened, extended };

/// Plain rules: firings of one group within this span are one signal.
inline constexpr Duration kPlainRuleSpan = std::chrono::hours(1);

/// Turns firings into signals: a firing within the rule's `quiet` (else its timespan; a plain rule:
/// one hour) of the last firing of its (rule, group) extends that signal; a later one opens a new
/// one. The group of a plain rule is the subscription of the event. Feed firings in the order the
/// engine gives them; a late one (before the signal's last) extends it too. This is all the
/// suppression there is: one signal per rule and group as long as it goes on, with the number of
/// its firings. One thread.
class SignalTracker {
 public:
  explicit SignalTracker(std::shared_ptr<const rules::Program> program);

  /// The signal after this firing. The reference lives until the next call.
  struct Update {
    const Signal* signal;
    SignalChange change;
  };
  Update add(const Firing& firing);
  /// From here on firings may come again, when the input goes on and events that came within their
  /// bound on lateness are judged with others: save() stays as it is now, but for the ids of the
  /// signals that open from here on. A tracker that loads it gives the same signal the same id
  /// again (as `extended`).
  void begin_provisional();
  /// Forgets signals that no firing after `now` can extend.
  void forget_before(Time now);
  [[nodiscard]] std::size_t open() const { return open_.size(); }

  [[nodiscard]] std::string save() const;
  /// `corrupt` where the bytes do not parse. Signals of rules that the program does not have (by
  /// label) are let go; bytes of another format give an empty tracker.
  Result<void> load(std::string_view bytes);

 private:
  struct Open {
    Signal signal;
    rules::RuleIndex rule{};
  };
  struct Provisional {
    std::string id;
    Time from{};
    Time to{};
  };
  [[nodiscard]] Duration span_of(rules::RuleIndex rule) const;
  [[nodiscard]] Signal make(const Firing& firing) const;
  std::shared_ptr<const rules::Program> program_;
  [[nodiscard]] std::string save_open() const;
  bool load_open(ByteReader& in, std::map<std::string, Open>& into) const;
  SignalChange open(Open& at, const std::string& key, const Firing& firing);
  std::map<std::string, Open> open_;                ///< by rule and group
  std::map<std::string, Provisional> provisional_;  ///< of the state that was loaded
  std::map<std::string, Provisional> opened_;       ///< since begin_provisional()
  std::string certain_;                             ///< what save() gave at begin_provisional()
};

}  // namespace proviso::signals

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace proviso::signals {

/// A source of events, by number; 0 is the one without a name.
enum class SourceId : std::uint32_t {};
constexpr std::size_t index(SourceId id) { return static_cast<std::uint32_t>(id); }

/// How far the sources of events have come. Each has its own bound on lateness: an event may come
/// so far behind the newest of its source. What lies before every open source's bound is settled:
/// no event that keeps to its bound can come there. One thread.
class Sources {
 public:
  explicit Sources(Duration lateness);
  /// The source of this name, open; a new one holds everything back until its first event, since
  /// nobody knows where it begins. Duration::max(): it never settles anything.
  SourceId open(std::string_view name, Duration lateness);
  /// It will bring no more events and holds nothing back.
  void close(SourceId id);
  /// Just these are open, one number each, in this order; one that was open before goes on where it
  /// was. All numbers of before but 0 are void.
  std::vector<SourceId> open_only(std::span<const std::string> names, Duration lateness);
  /// An event, or only the time, of a source.
  void note(SourceId id, Time time) {
    Source& source = all_[index(id)];
    if (source.open && time <= source.newest) return;
    source.open = true;
    if (time > source.newest) source.newest = time;
    if (index(id) == slowest_ || slowest_ == kNone) find_slowest();
  }
  /// Events before this time are settled; Time::min() where nothing is.
  [[nodiscard]] Time settled() const { return settled_; }
  /// Of all sources, open or not.
  [[nodiscard]] Time newest() const;

  struct Source {
    std::string name;
    Duration lateness{};
    Time newest = Time::min();
    bool open = false;
  };
  [[nodiscard]] const std::vector<Source>& all() const { return all_; }
  /// The source without a name keeps its bound.
  void restore(std::vector<Source> all);

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  void find_slowest();
  std::vector<Source> all_;
  std::size_t slowest_ = kNone;  ///< the open source that holds back most
  Time settled_ = Time::min();
};

}  // namespace proviso::signals

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/huge_pages.h"
#include "base/result.h"
#include "base/time.h"
#include "intake/identity.h"

namespace proviso::intake {

/// The events of the last days, so that each counts once (I9). A redelivered event has the same
/// event time, so ids are kept per day of event time, one flat open-addressing table each, and
/// whole days are forgotten: a day is dropped when it is more than kDaysKept days before the newest
/// event.
///
/// Memory: 16 bytes an id at a load of 3/8 to 3/4, so 21 to 43 bytes an id; 100 M ids (a day of
/// 1,150 events/s) take 2.1 to 4.3 GB, 2 M take at most 86 MB. One thread.
class SeenIds {
 public:
  static constexpr std::int64_t kDaysKept = 7;

  SeenIds() = default;
  SeenIds(SeenIds&&) = default;
  SeenIds& operator=(SeenIds&&) = default;

  /// Goes on with a file: ordinals of events without an id count per file, also where other files
  /// were read in between.
  void begin_file(std::string_view file_key);
  /// Begins it anew: what is delivered again from its beginning (standard input) counts once.
  void begin_file_anew(std::string_view file_key);
  /// True where the id is new. For events that have an id.
  bool insert(const EventKey& id, Time event_time);
  /// The same for an event without an id: the n-th equal event of this file is known only if n
  /// equal ones were seen in one file before.
  bool insert_equal(const EventKey& canonical, Time event_time);

  /// Fetches what insert() will look at for this key, if its event is of the day that the last one
  /// was of. Changes nothing; worth it some tens of events ahead.
  void prefetch(const EventKey& key) const;

  /// What changed since the last call, as bytes to store beside the reading position.
  std::string take_delta();
  /// Applies deltas in the order in which they were taken. corrupt where they are no delta.
  Result<void> load_delta(std::string_view bytes);

  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  struct Day {
    std::vector<EventKey, HugePages<EventKey>> slots;  ///< all zero = empty; power of two
    std::uint64_t used = 0;
    bool insert(const EventKey& key);
    void grow();
  };
  struct KeyHash {
    std::size_t operator()(const EventKey& key) const;
  };
  bool insert_in_day(const EventKey& key, std::int64_t day);
  bool count_equal(const EventKey& canonical, std::int64_t day);
  void forget_old_days();

  std::map<std::int64_t, Day> days_;
  std::int64_t newest_day_ = INT64_MIN;
  std::int64_t last_day_ = 0;
  Day* last_ = nullptr;  ///< days_[last_day_], or nothing
  std::string file_key_;
  using Equals = std::unordered_map<EventKey, std::uint64_t, KeyHash>;
  void start_delta();
  std::map<std::string, Equals, std::less<>> equals_of_;
  std::string delta_;
};

}  // namespace proviso::intake

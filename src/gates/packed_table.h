// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/huge_pages.h"
#include "base/result.h"
#include "gates/id_key.h"
#include "gates/presence_filter.h"
#include "gates/request.h"
#include "gates/service_keys.h"
#include "model/catalogue.h"
#include "model/governance.h"
#include "model/scope.h"

// The restrictions that a gate enforces, as one block of memory without pointers.
//
// What a check costs. Nearly every request is of a subscription that nothing names. For it the
// table needs the 128 bits of its id (id_key.h) and one word of a filter, which is small enough to
// stay in a near cache. Nothing else is touched: no clock, no string, no order. What passes the
// filter is looked for in one cache line: a bucket with the tags of seven subscriptions, compared
// all at once.
//
//   filter    12 bits for each subscription (presence_filter.h).
//   buckets   64 bytes each, 4.5 subscriptions on average. A bucket that is full sends its next
//             subscription to the bucket behind it and says so (`spill`): about 1 of 17 do.
//   records   one for each subscription: its 128 bits (and its id, where that is no GUID), then 8
//             bytes for each scope line, by service. A hit touches bucket, record and order: three
//             lines of cache, and two or three more, mostly warm, for service and operation.
//   orders    64 bytes each: digest, end, the first two steps of the schedule.
//
// Growth: a check costs the same whatever the number of restrictions, but for where in the memory
// hierarchy filter and bucket lie: 100,000 subscriptions are 0.15 and 1.4 MB of them, 10 million 15
// and 140 MB. Of one
// subscription and service each line is looked at; they are as many as orders overlap there.
// For a restriction by a GUID, two to an order: 8 bytes of filter and bucket, 20 of record, 32 of
// order.
namespace proviso::gates {

inline constexpr std::uint32_t kNoOrder = 0xffffffffU;

/// An order as a gate enforces it, as far as answers need it.
struct EnforcedOrder {
  Digest digest;
  std::string term;  ///< the first that it names
  std::optional<Time> until;
  std::optional<Time> review;
  std::vector<model::EffectStep> schedule;  ///< in whole seconds; at most 65,535 steps
  std::size_t catalogue = 0;
};

/// When a check is made. Where the clock is in doubt (live_clock.h) these are the two times that it
/// may be, and each order counts with the laxer of its effects at both. In seconds since 1970.
struct Instants {
  std::int64_t one = 0;
  std::int64_t other = 0;
  /// I10: a step that begins later than this and makes it stricter does not begin.
  std::int64_t no_stricter_after = std::numeric_limits<std::int64_t>::max();
};

struct Ruling {
  model::Effect effect;  ///< the strictest among the lines that match
  model::Outcome outcome = model::Outcome::yes;
  std::uint32_t rate_per_second = 0;  ///< the lowest of the throttles that match, where limited
  std::uint32_t order = kNoOrder;     ///< where `effect` comes from

  /// What another table says about the same request, whose orders are numbered from `first` on: no
  /// order loosens another.
  void add(const Ruling& other, std::uint32_t first) noexcept;
};

/// Of the orders that are enforced; beside it what those in shadow would do.
struct Judgement : Ruling {
  Ruling shadow;
};

/// A bit for each order of a table, set where it counts no more. Null: all count.
using GoneBits = const std::uint64_t*;
inline bool is_gone(GoneBits gone, std::uint32_t order) noexcept {
  return gone != nullptr && ((gone[order / 64] >> (order % 64)) & 1U) != 0;
}

/// Immutable. Any thread; judge() allocates nothing and never fails.
class PackedTable {
 public:
  /// A subscription in this table; what follows from it needs the bucket no more.
  using Record = const std::byte*;

  PackedTable(PackedTable&&) = default;
  PackedTable& operator=(PackedTable&&) = default;
  PackedTable(const PackedTable&) = delete;  // `filter_` is of this image
  PackedTable& operator=(const PackedTable&) = delete;
  ~PackedTable() = default;

  [[nodiscard]] const KeySeed& seed() const noexcept;
  /// False: nothing names the subscription, find() is null. True: something probably does.
  [[nodiscard]] bool may_hold(const IdKey& key) const noexcept { return filter_.may_hold(key); }
  /// Null where nothing names the subscription. `id` is compared where it is given and no GUID.
  [[nodiscard]] Record find(const IdKey& key, std::string_view id) const noexcept {
    return may_hold(key) ? find_record(key, id) : nullptr;
  }
  /// `request.subscription` is not looked at: the record is its. `keys` are of the same request.
  [[nodiscard]] Judgement judge(Record record, const Request& request, const ServiceKeys& keys,
                                Instants at, GoneBits gone = nullptr) const noexcept;
  [[nodiscard]] Judgement judge(Record record, const Request& request, Instants at,
                                GoneBits gone = nullptr) const noexcept {
    return judge(record, request, ServiceKeys::of(seed(), request), at, gone);
  }

  /// For batches: each brings near what the next step reads. First what may_hold() reads.
  void prefetch(const IdKey& key) const noexcept { filter_.prefetch(key); }
  /// What prefetch_record() reads.
  void prefetch_bucket(const IdKey& key) const noexcept;
  /// What find() reads.
  void prefetch_record(const IdKey& key) const noexcept;
  /// What judge() reads.
  void prefetch_orders(Record record) const noexcept;

  /// A scope line, in whatever order; views into the table.
  struct Line {
    IdKey key;
    std::string_view id;  ///< empty where it is a GUID
    std::uint32_t order = 0;
    std::string_view service;
    unsigned classes = 0;  ///< a bit for each; none: all
    std::vector<std::string> regions;
    std::vector<std::string> resources;
  };
  void for_each_line(const std::function<void(const Line&)>& visit) const;

  [[nodiscard]] std::size_t order_count() const;
  [[nodiscard]] EnforcedOrder order(std::uint32_t index) const;
  [[nodiscard]] const Digest& digest_of(std::uint32_t index) const noexcept;
  [[nodiscard]] std::uint64_t subscription_count() const;
  [[nodiscard]] std::uint64_t line_count() const;
  [[nodiscard]] std::size_t bytes() const { return image_.size(); }
  /// From when on the order has no effect any more, in seconds since 1970; none where it ends with
  /// an effect. The smallest number where it never has one.
  [[nodiscard]] std::optional<std::int64_t> over_from(std::uint32_t index) const noexcept;

 private:
  friend class TableBuilder;
  using Image = std::vector<std::byte, HugePages<std::byte>>;
  explicit PackedTable(Image image);
  [[nodiscard]] Record find_record(const IdKey& key, std::string_view id) const noexcept;
  Image image_;
  PresenceFilter filter_;
};

}  // namespace proviso::gates

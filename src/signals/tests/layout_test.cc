// SPDX-License-Identifier: Apache-2.0
// How windows and tables lie in memory, against plain twins: a queue that grows from its inline
// bytes into a block and back, few values that become many, slots of any number, objects beyond a
// huge page.
#include <deque>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "signals/distinct_values.h"
#include "signals/hit_queue.h"
#include "signals/pool.h"
#include "signals/slot_table.h"

namespace proviso::signals {
namespace {

using rules::Billionths;

Time at(std::uint64_t ns) { return Time(Duration(static_cast<std::int64_t>(ns))); }

// The queue, as plainly as can be.
struct PlainQueue {
  HitQueue::Summed summed;
  std::deque<Record> records;

  [[nodiscard]] std::uint64_t events() const {
    std::uint64_t sum = 0;
    for (const Record& r : records) sum += r.events;
    return sum;
  }
  [[nodiscard]] Billionths sum() const {
    Billionths sum = 0;
    for (const Record& r : records) {
      if (summed == HitQueue::Summed::weights) sum += static_cast<Billionths>(r.weight);
      if (summed == HitQueue::Summed::values) sum += r.value;
    }
    return sum;
  }
};

void expect_same(const HitQueue& queue, const PlainQueue& plain) {
  ASSERT_EQ(queue.size(), plain.records.size());
  ASSERT_EQ(queue.empty(), plain.records.empty());
  EXPECT_EQ(queue.events(), plain.events());
  EXPECT_TRUE(queue.sum() == plain.sum());
  EXPECT_TRUE(queue.unpack() == std::vector<Record>(plain.records.begin(), plain.records.end()));
  if (queue.empty()) return;
  EXPECT_TRUE(queue.front() == plain.records.front());
  EXPECT_TRUE(queue.back() == plain.records.back());
  EXPECT_EQ(queue.front_time(), plain.records.front().first);
  EXPECT_EQ(queue.back_time(), plain.records.back().last);
  const std::size_t second = plain.records.size() > 1 ? 1 : 0;
  const Record& next = plain.records[second];
  EXPECT_EQ(queue.second_time(), second == 1 ? next.first : next.last);
}

Record random_record(SeededRandom& random, HitQueue::Summed summed, Time after) {
  const std::uint64_t unit[] = {1, 1'000'000, 1'000'000'000};
  Record r;
  r.first = after + Duration(static_cast<std::int64_t>(random.below(3000) * unit[random.below(3)]));
  r.last = r.first;
  if (random.below(8) == 0) {
    r.last += std::chrono::milliseconds(1 + random.below(500));
    r.events = r.weight = 1 + random.below(40);
  }
  if (summed == HitQueue::Summed::weights) r.weight = random.below(random.below(9) == 0 ? ~0U : 9);
  if (summed == HitQueue::Summed::values) {
    r.value = (static_cast<Billionths>(random.below(9000)) - 4000) *
              static_cast<Billionths>(unit[random.below(3)]) *
              static_cast<Billionths>(random.below(50) == 0 ? ~std::uint64_t{0} >> 8U : 1);
    r.below = std::min<Billionths>(r.value, 0) - (r.is_bucket() ? 7 : 0);
  }
  return r;
}

// Saved and read again, it is the same and goes on the same way.
void expect_saves(HitQueue& queue, HitQueue::Summed summed) {
  const std::string bytes = queue.packed();
  const Time front = queue.empty() ? Time{} : queue.front_time();
  HitQueue other(summed);
  ASSERT_TRUE(other.parse(bytes, front, static_cast<std::uint32_t>(queue.size())));
  EXPECT_TRUE(other.packed() == bytes);
  queue = std::move(other);
}

void change(HitQueue& queue, PlainQueue& plain, SeededRandom& random, bool shrinks) {
  const std::uint64_t what = random.below(12);
  if (what < (shrinks ? 10U : 3U)) {
    if (plain.records.empty()) return;
    queue.pop_front();
    plain.records.pop_front();
    return;
  }
  const Time newest = plain.records.empty() ? at(1'000) : plain.records.back().last;
  const Record r = random_record(random, plain.summed, newest);
  if (what == 11 && !plain.records.empty() && !plain.records.back().is_bucket()) {
    Record& back = plain.records.back();
    Record more = r;
    more.last = more.first = newest;
    more.below = std::min<Billionths>(more.value, 0);
    queue.add_to_back(more);
    back.absorb(more);
    back.below = std::min<Billionths>(back.value, 0);
    return;
  }
  queue.push_back(r);
  plain.records.push_back(r);
}

TEST(HitQueueLayout, AgreesWithAPlainQueueInlineInABlockAndBack) {
  SeededRandom random(91);
  std::size_t into_a_block = 0;
  std::size_t back_inline = 0;
  for (const auto summed :
       {HitQueue::Summed::nothing, HitQueue::Summed::weights, HitQueue::Summed::values}) {
    HitQueue queue(summed);
    PlainQueue plain{summed, {}};
    for (int step = 0; step < 6'000; ++step) {
      const bool was_inline = queue.heap_bytes() == 0;
      change(queue, plain, random, (step / 60) % 2 == 1);
      into_a_block += was_inline && queue.heap_bytes() > 0 ? 1U : 0U;
      back_inline += !was_inline && queue.heap_bytes() == 0 ? 1U : 0U;
      expect_same(queue, plain);
      if (random.below(20) == 0) expect_saves(queue, summed);
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(into_a_block, 50U);
  EXPECT_GT(back_inline, 20U);
}

TEST(HitQueueLayout, HourlyRecordsOfOneNeedNoBlock) {
  HitQueue queue(HitQueue::Summed::weights);
  for (int hour = 0; hour < 7; ++hour) {
    Record r;
    r.first = r.last = from_unix_seconds(1'700'000'000 + std::int64_t{3600} * hour);
    queue.push_back(r);
  }
  EXPECT_EQ(queue.heap_bytes(), 0U);
}

// Values by when each was seen last.
using PlainValues = std::map<std::uint64_t, Time>;

std::vector<std::pair<Time, std::uint64_t>> in_order(const PlainValues& plain) {
  std::vector<std::pair<Time, std::uint64_t>> out;
  for (const auto& [value, last] : plain) out.emplace_back(last, value);
  std::ranges::sort(out);
  return out;
}

void expect_same(const DistinctValues& values, const PlainValues& plain) {
  std::vector<std::pair<Time, std::uint64_t>> got;
  for (const auto& seen : values.values()) got.emplace_back(seen.last, seen.value);
  EXPECT_TRUE(std::ranges::is_sorted(got, {}, &std::pair<Time, std::uint64_t>::first));
  std::ranges::sort(got);
  EXPECT_TRUE(got == in_order(plain));
  EXPECT_EQ(values.held(), plain.size());
}

TEST(DistinctLayout, AgreesWithAPlainMapAcrossFewAndMany) {
  SeededRandom random(92);
  DistinctValues values;
  PlainValues plain;
  std::size_t few = 0;
  std::size_t many = 0;
  std::uint64_t now = 1;
  for (int step = 0; step < 12'000; ++step) {
    const std::uint64_t different = (step / 400) % 2 == 0 ? 3 : 5 + random.below(40);
    now += random.below(30);
    const std::uint64_t value = 1 + random.below(different);
    const Time begin = at(now < 100 ? 0 : now - 100);
    values.forget_before(begin);
    std::erase_if(plain, [&](const auto& one) { return one.second < begin; });
    if (random.below(9) == 0) {
      const Time late = begin + Duration(static_cast<std::int64_t>(random.below(50)));
      values.add_late(value, std::min(late, at(now)));
      Time& last = plain.try_emplace(value, std::min(late, at(now))).first->second;
      last = std::max(last, std::min(late, at(now)));
    } else {
      values.add(value, at(now), 4096, Duration(100));
      plain[value] = at(now);
    }
    if (random.below(25) == 0) {
      DistinctValues other;
      other.restore(values.values(), values.halvings(), values.upper_from());
      values = std::move(other);
    }
    (values.heap_bytes() == 0 ? few : many) += 1;
    expect_same(values, plain);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(few, 1'000U);
  EXPECT_GT(many, 1'000U);
}

// A bound below what fits without memory of its own is kept as well.
TEST(DistinctLayout, HalvesBelowThreeValues) {
  DistinctValues values;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const std::uint64_t value = (i * 0x9E3779B97F4A7C15U) | 1U;
    values.add(value, at(i + 1), 2, Duration(1'000));
    EXPECT_LE(values.held(), 2U);
  }
  EXPECT_GT(values.halvings(), 0U);
}

// Numbers under hashes that often fall together, through growth by doubling and by a quarter.
TEST(SlotTableLayout, AgreesWithAPlainMap) {
  SeededRandom random(93);
  SlotTable table;
  std::map<std::uint32_t, std::uint64_t> plain;  // hash by number
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    if (!numbers.empty() && random.below(step < 40'000 ? 4 : 2) == 0) {
      std::swap(numbers[random.below(numbers.size())], numbers.back());
      table.erase(plain.at(numbers.back()), numbers.back());
      plain.erase(numbers.back());
      numbers.pop_back();
    } else {
      // Near the end of the range, so that probing goes over it, or anywhere; many alike.
      const std::uint64_t hash =
          random.below(3) == 0 ? 0xFFFFFF00U + random.below(256) : random.below(~0ULL);
      table.insert(hash, step);
      plain.emplace(step, hash);
      numbers.push_back(step);
    }
    ASSERT_EQ(table.size(), plain.size());
    if (step % 997 > 0) continue;
    for (const auto& [number, hash] : plain) {
      const auto is_it = [&](std::uint32_t id) { return id == number; };
      ASSERT_EQ(table.find(hash, is_it), number) << step;
    }
  }
  EXPECT_EQ(table.find(0x12345678U, [](std::uint32_t) { return false; }), SlotTable::kNone);
  EXPECT_GT(table.memory_bytes(), 8U * 4096);
}

struct alignas(64) Object {
  std::uint64_t number = 0;
};

TEST(PoolLayout, ObjectsStayWhereTheyAreBeyondAHugePage) {
  Pool<Object> pool;
  std::vector<const Object*> where;
  for (std::uint32_t i = 0; i < Pool<Object>::kLarge * 3 + 5; ++i) {
    ASSERT_EQ(pool.take(), i);
    EXPECT_EQ(pool[i].number, 0U);
    pool[i].number = i + 1;
    where.push_back(&pool[i]);
  }
  std::set<const Object*> different(where.begin(), where.end());
  EXPECT_EQ(different.size(), where.size());
  for (std::uint32_t i = 0; i < where.size(); ++i) {
    ASSERT_EQ(&pool[i], where[i]);
    ASSERT_EQ(pool[i].number, i + 1);
  }
  const std::uint32_t beyond = Pool<Object>::kLarge + 7;
  pool.give_back(beyond);
  EXPECT_EQ(pool[beyond].number, 0U);
  EXPECT_EQ(pool.take(), beyond);
}

}  // namespace
}  // namespace proviso::signals

// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/hour_plan.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "base/random.h"

namespace proviso::provider_sim {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t kWeekHours = 168;

SeededRandom random_of(std::uint64_t seed, std::uint64_t stream, std::int64_t hour) {
  SeededRandom mix(seed ^ (stream * 0xD6E8FEB86659FD93ULL));
  return SeededRandom(mix.next() ^ (static_cast<std::uint64_t>(hour) * 0xA0761D6478BD642FULL));
}

/// `value` times (100 - p .. 100 + p) percent.
std::uint64_t vary(std::uint64_t value, std::uint32_t noise_percent, SeededRandom& random) {
  if (noise_percent == 0) return value;
  const std::uint64_t thousandths =
      1000 - 10ULL * noise_percent + random.below(20ULL * noise_percent + 1);
  return static_cast<std::uint64_t>(static_cast<Wide>(value) * thousandths / 1000);
}

/// Cuts `total` in proportion to `weights`; the parts add up to `total`.
void split(std::uint64_t total, std::span<const std::uint64_t> weights, std::uint64_t* parts) {
  Wide sum = 0;
  for (const std::uint64_t weight : weights) sum += weight;
  if (sum == 0) return;
  Wide before = 0;
  for (const std::uint64_t weight : weights) {
    const Wide after = before + weight;
    *parts++ = static_cast<std::uint64_t>(total * after / sum - total * before / sum);
    before = after;
  }
}

bool works_at(const Stream& stream, std::int64_t hour) {
  if (hour < stream.from_hour || hour >= stream.to_hour) return false;
  const Shape& shape = stream.shape;
  return shape.beat_every == 0 || (hour + shape.beat_at) % shape.beat_every < shape.beat_for;
}

// 1970-01-01 was a Thursday: days 2 and 3 of each seven are Saturday and Sunday.
bool is_weekend(std::int64_t local_hour) {
  const std::int64_t day = local_hour / 24 % 7;
  return day == 2 || day == 3;
}

/// Calls in the busiest hour, as far as the stream has grown.
std::uint64_t grown(const Stream& stream, std::int64_t hour) {
  const Shape& shape = stream.shape;
  if (shape.doubling_hours == 0 || hour <= shape.grows_from_hour) return stream.per_hour;
  const auto since = static_cast<std::uint64_t>(hour - shape.grows_from_hour);
  const std::uint64_t doublings = std::min<std::uint64_t>(since / shape.doubling_hours, 40);
  const Wide level = static_cast<Wide>(stream.per_hour) << doublings;
  const Wide between = level * (since % shape.doubling_hours) / shape.doubling_hours;
  return static_cast<std::uint64_t>(std::min<Wide>(level + between, shape.ceiling));
}

std::uint64_t calls(const Stream& stream, std::int64_t hour, std::int64_t utc_hour,
                    SeededRandom& random) {
  if (!works_at(stream, hour)) return 0;
  const Shape& shape = stream.shape;
  const std::int64_t local = utc_hour + shape.zone_hours + kWeekHours;  // never below 0
  std::uint64_t busy = grown(stream, hour) * percent_at(stream.rhythm, local % 24) / 100;
  if (shape.weekend_percent != 100 && is_weekend(local)) busy = busy * shape.weekend_percent / 100;
  for (const Episode& episode : shape.episodes) {
    if (hour >= episode.from_hour && hour < episode.to_hour) busy = busy * episode.percent / 100;
  }
  return vary(busy, stream.noise_percent, random);
}

}  // namespace

std::uint64_t calls_in_hour(const Stream& stream, std::uint64_t stream_index, std::uint64_t seed,
                            std::int64_t hour, std::int64_t utc_hour) {
  SeededRandom random = random_of(seed, stream_index, hour);
  return calls(stream, hour, utc_hour, random);
}

HourPlan plan_hour(const Stream& stream, std::uint64_t stream_index, std::uint64_t seed,
                   std::int64_t hour, std::int64_t utc_hour, std::uint32_t records) {
  CHECK(records > 0 && records <= kSlotsPerHour);
  SeededRandom random = random_of(seed, stream_index, hour);
  HourPlan plan;
  const std::uint64_t total = calls(stream, hour, utc_hour, random);
  std::array<std::uint64_t, kSlotsPerHour> weights{};
  const std::span<std::uint64_t> used(weights.data(), records);
  for (std::uint64_t& weight : used) weight = 900 + random.below(201);
  split(total, used, plan.calls.data());
  for (std::size_t a = 0; a < stream.amounts.size(); ++a) {
    const PerCall& per_call = stream.amounts[a];
    if (per_call.unit.empty()) continue;
    const Wide exact = static_cast<Wide>(total) * static_cast<std::uint64_t>(per_call.thousandths);
    const auto amount =
        vary(static_cast<std::uint64_t>(exact / 1000), stream.noise_percent / 2, random);
    for (std::size_t i = 0; i < records; ++i) {
      weights[i] = plan.calls[i] * (980 + random.below(41));
    }
    split(amount, used, plan.amounts[a].data());
  }
  return plan;
}

}  // namespace proviso::provider_sim

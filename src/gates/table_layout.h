// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/digest.h"
#include "gates/id_key.h"
#include "model/held_effect.h"

// How a packed table lies in memory: for packed_table.cc, which reads it, and table_builder.cc,
// which writes it. Offsets are in bytes from the beginning of the image, sections begin at
// multiples of 64.
namespace proviso::gates::layout {

inline constexpr std::size_t kSlots = 7;

/// Seven keys of a hash table, one cache line. A tag is the low half of a key's `b`, or 1 where
/// that is 0; 0 is an empty slot. `refs` are places in the section that the table leads to.
struct alignas(64) Bucket {
  std::array<std::uint32_t, kSlots> tags{};
  std::uint32_t spill = 0;  ///< 1: look into the next bucket, too (behind the last one the first)
  std::array<std::uint32_t, kSlots> refs{};
  std::uint32_t unused = 0;
};
static_assert(sizeof(Bucket) == 64);

inline std::uint32_t tag_of(const IdKey& key) {
  const auto low = static_cast<std::uint32_t>(key.b);
  return low == 0 ? 1 : low;
}

/// The home of a key among `count` buckets: `a` as a fraction of 2^64, times `count`.
inline std::uint64_t home_of(const IdKey& key, std::uint64_t count) {
  __extension__ using u128 = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<u128>(key.a) * count) >> 64U);
}

struct Buckets {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;  ///< at least 1
};

struct Head {
  KeySeed seed = {};
  Buckets subscriptions = {};  ///< refs: units of 8 bytes into `records`
  Buckets services = {};       ///< refs: numbers of services
  Buckets operations = {};     ///< refs: bytes into `operation_records`
  std::uint64_t records = 0;
  std::uint64_t service_names = 0;  ///< string offsets (into `strings`), by number of service
  std::uint64_t operation_records = 0;
  std::uint64_t orders = 0;
  std::uint64_t order_count = 0;
  std::uint64_t steps = 0;
  std::uint64_t lists = 0;
  std::uint64_t strings = 0;
  std::uint64_t subscription_count = 0;
  std::uint64_t line_count = 0;
  std::uint64_t filter = 0;  ///< words of a PresenceFilter of the subscriptions
  std::uint64_t filter_words = 0;
};

/// Of a subscription. Behind it: its id in whole words, where that is no GUID; one word for each
/// line, by service; and as many places into `lists`, where `has_lists`.
struct Record {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint32_t lines = 0;
  std::uint16_t id_bytes = 0;  ///< 0: a GUID, which `a` and `b` are
  std::uint16_t has_lists = 0;
};
static_assert(sizeof(Record) == 24);

/// The word of a line: order, service, and a bit for each action class (none: all).
inline constexpr unsigned kServiceShift = 32;
inline constexpr unsigned kServiceBits = 18;
inline constexpr unsigned kClassShift = kServiceShift + kServiceBits;
inline constexpr std::uint64_t kServicesMax = 1U << kServiceBits;
inline constexpr std::size_t kCataloguesMax = 65'535;  // OrderRecord::catalogue
inline std::uint64_t line_word(std::uint32_t order, std::uint32_t service, unsigned classes) {
  return order | (std::uint64_t{service} << kServiceShift) |
         (std::uint64_t{classes} << kClassShift);
}
inline std::uint32_t order_in(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
inline std::uint32_t service_in(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> kServiceShift) & (kServicesMax - 1);
}
inline unsigned classes_in(std::uint64_t word) {
  return static_cast<unsigned>(word >> kClassShift) & 0x3fU;
}

/// Schedules of one and two steps, which most are, lie in `steps` themselves; of longer ones
/// `steps[0]` is the place in the section.
struct OrderRecord {
  Digest digest;
  std::uint64_t end = 0;  ///< end_word()
  std::array<std::uint64_t, 2> steps{};
  std::uint32_t term = 0;  ///< place in `strings`
  std::uint16_t catalogue = 0;
  std::uint16_t step_count = 0;
};
static_assert(sizeof(OrderRecord) == 64);

/// What holds from a time on: seconds since 1970 (40 bits, with sign), effect, whether it is in
/// shadow, rate.
inline constexpr unsigned kStepShadowShift = 20;
inline constexpr unsigned kStepKindShift = 21;
inline constexpr unsigned kStepTimeShift = 24;
inline std::uint64_t step_word(std::int64_t from, const model::HeldEffect& held) {
  return (static_cast<std::uint64_t>(from) << kStepTimeShift) |
         (static_cast<std::uint64_t>(held.effect.kind) << kStepKindShift) |
         (static_cast<std::uint64_t>(held.shadow ? 1 : 0) << kStepShadowShift) |
         held.effect.rate_per_second;
}
inline std::int64_t step_from(std::uint64_t word) {
  return static_cast<std::int64_t>(word) >> kStepTimeShift;
}
inline model::HeldEffect step_effect(std::uint64_t word) {
  return {{static_cast<model::EffectKind>((word >> kStepKindShift) & 7U),
           static_cast<std::uint32_t>(word & ((1U << kStepShadowShift) - 1))},
          ((word >> kStepShadowShift) & 1U) != 0};
}

/// A suspension's end or a termination's review: seconds since 1970, then a bit each for whether it
/// is there and whether it is a review.
inline std::uint64_t end_word(std::int64_t seconds, bool review) {
  return (static_cast<std::uint64_t>(seconds) << 2U) | 2U | (review ? 1U : 0U);
}

/// Behind it: the operation's name.
struct OperationRecord {
  std::uint32_t catalogue = 0;
  std::uint32_t service = 0;
  std::uint16_t name_bytes = 0;
  std::uint8_t action_class = 0;
  std::uint8_t unused = 0;
};

/// The key of an operation of one service in one catalogue, from the key of its name.
inline IdKey operation_key(IdKey key, std::uint32_t catalogue, std::uint32_t service) {
  const std::uint64_t place = (static_cast<std::uint64_t>(catalogue) << 32U) | service;
  key.a ^= place * 0x9e3779b97f4a7c15U;
  key.b ^= place * 0xc2b2ae3d27d4eb4fU;
  return key;
}

}  // namespace proviso::gates::layout

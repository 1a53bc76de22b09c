// SPDX-License-Identifier: Apache-2.0
#include "gates/packed_table.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "gates/table_layout.h"

namespace proviso::gates {
namespace {

using layout::Bucket;
using layout::Head;
using layout::OrderRecord;
using model::Effect;
using model::EffectKind;
using model::HeldEffect;
using model::Outcome;

constexpr std::ptrdiff_t kFewLines = 8;
constexpr std::uint32_t kOrdersNear = 4;  // of one subscription, in a batch

// The image was written by TableBuilder in this process; its places are right.
template <class T>
const T* at(const std::byte* image, std::uint64_t offset) noexcept {
  return reinterpret_cast<const T*>(image + offset);
}

const Head& head_of(const std::byte* image) noexcept { return *at<Head>(image, 0); }

// A bit for each slot with this tag, and bit 7 where the bucket spills.
unsigned slots_with(const Bucket& bucket, std::uint32_t tag) noexcept {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
  const auto* tags = reinterpret_cast<const __m128i*>(bucket.tags.data());
  const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(tags), wanted);
  // The eighth is `spill`.
  const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(tags + 1), wanted);
  const auto found = static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(low))) |
                     (static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(high)) & 7) << 4U);
#else
  unsigned found = 0;
  for (unsigned i = 0; i < layout::kSlots; ++i) found |= (bucket.tags[i] == tag ? 1U : 0U) << i;
#endif
  return found | bucket.spill << 7U;
}

// Goes through the refs under the key's tag until `is_it(ref)`; whether it was found.
template <class IsIt>
bool look_up(const std::byte* image, const layout::Buckets& buckets, const IdKey& key,
             const IsIt& is_it) noexcept {
  const auto* table = at<Bucket>(image, buckets.offset);
  std::uint64_t place = layout::home_of(key, buckets.count);
  const std::uint32_t tag = layout::tag_of(key);
  for (std::uint64_t looked = 0; looked < buckets.count; ++looked) {
    const unsigned found = slots_with(table[place], tag);
    for (unsigned slots = found & 0x7fU; slots != 0; slots &= slots - 1) {
      if (is_it(table[place].refs[static_cast<unsigned>(__builtin_ctz(slots))])) return true;
    }
    if ((found & 0x80U) == 0) return false;
    place = place + 1 == buckets.count ? 0 : place + 1;
  }
  return false;
}

std::string_view string_at(const std::byte* image, std::uint32_t place) noexcept {
  const auto* text = at<char>(image, head_of(image).strings + place);
  std::uint16_t size = 0;
  std::memcpy(&size, text, sizeof size);
  return {text + sizeof size, size};
}

const std::uint64_t* words_behind(const layout::Record& record) noexcept {
  return reinterpret_cast<const std::uint64_t*>(&record + 1) + (record.id_bytes + 7U) / 8U;
}

// Nearly every subscription has one or two lines: no step of a search is worth a guess then.
const std::uint64_t* first_of_service(const std::uint64_t* words, const std::uint64_t* end,
                                      std::uint32_t service) noexcept {
  const auto before = [&](std::uint64_t w) { return layout::service_in(w) < service; };
  if (end - words > kFewLines) return std::partition_point(words, end, before);
  while (words != end && before(*words)) ++words;
  return words;
}

std::uint32_t service_number(const std::byte* image, std::string_view service,
                             const IdKey& key) noexcept {
  const Head& head = head_of(image);
  auto number = static_cast<std::uint32_t>(layout::kServicesMax);  // no line has it
  const auto* names = at<std::uint32_t>(image, head.service_names);
  look_up(image, head.services, key, [&](std::uint32_t ref) {
    if (string_at(image, names[ref]) != service) return false;
    number = ref;
    return true;
  });
  return number;
}

// `other` for what the catalogue does not know.
model::ActionClass class_of(const std::byte* image, std::uint32_t catalogue, std::uint32_t service,
                            std::string_view operation, const IdKey& name_key) noexcept {
  const Head& head = head_of(image);
  auto found = model::ActionClass::other;
  const IdKey key = layout::operation_key(name_key, catalogue, service);
  look_up(image, head.operations, key, [&](std::uint32_t ref) {
    const auto* record = at<layout::OperationRecord>(image, head.operation_records + ref);
    const std::string_view name(reinterpret_cast<const char*>(record + 1), record->name_bytes);
    if (record->catalogue != catalogue || record->service != service || name != operation) {
      return false;
    }
    found = static_cast<model::ActionClass>(record->action_class);
    return true;
  });
  return found;
}

const std::uint64_t* steps_of(const std::byte* image, const OrderRecord& order) noexcept {
  if (order.step_count <= order.steps.size()) return order.steps.data();
  return at<std::uint64_t>(image, head_of(image).steps) + order.steps[0];
}

HeldEffect effect_at(const std::byte* image, const OrderRecord& order, std::int64_t seconds,
                     std::int64_t no_stricter_after) noexcept {
  const std::uint64_t* steps = steps_of(image, order);
  HeldEffect held;
  for (std::size_t i = 0; i < order.step_count; ++i) {
    const std::int64_t from = layout::step_from(steps[i]);
    if (from > seconds) break;
    const HeldEffect next = layout::step_effect(steps[i]);
    if (from > no_stricter_after && model::stricter(next.enforced(), held.enforced())) continue;
    held = next;
  }
  return held;
}

HeldEffect effect_at(const std::byte* image, const OrderRecord& order, Instants when) noexcept {
  const HeldEffect one = effect_at(image, order, when.one, when.no_stricter_after);
  if (when.one == when.other) return one;
  const HeldEffect other = effect_at(image, order, when.other, when.no_stricter_after);
  return model::stricter(one, other) ? other : one;
}

bool names(const std::byte* image, const std::uint32_t* list, std::uint32_t count,
           std::string_view value) noexcept {
  if (count == 0) return true;
  if (value.empty()) return false;
  return std::binary_search(list, list + count, value, [&](const auto& a, const auto& b) {
    const auto text = [&](const auto& item) {
      if constexpr (std::is_same_v<std::decay_t<decltype(item)>, std::uint32_t>) {
        return string_at(image, item);
      } else {
        return item;
      }
    };
    return text(a) < text(b);
  });
}

// {regions, resources, the regions' places in `strings`, the resources'}
bool is_listed(const std::byte* image, std::uint64_t place, const Request& request) noexcept {
  const auto* list = at<std::uint32_t>(image, head_of(image).lists) + place;
  const auto* regions = list + 2;
  return names(image, regions, list[0], request.region) &&
         names(image, regions + list[0], list[1], request.resource);
}

void read_lists(const std::byte* image, std::uint64_t place, std::vector<std::string>& regions,
                std::vector<std::string>& resources) {
  regions.clear();
  resources.clear();
  if (place == 0) return;
  const auto* list = at<std::uint32_t>(image, head_of(image).lists) + place;
  const auto* item = list + 2;
  for (std::uint32_t i = 0; i < list[0]; ++i) regions.emplace_back(string_at(image, *item++));
  for (std::uint32_t i = 0; i < list[1]; ++i) resources.emplace_back(string_at(image, *item++));
}

int severity(Outcome outcome) noexcept {
  if (outcome == Outcome::no) return 2;
  return outcome == Outcome::limited ? 1 : 0;
}

// Orders stand each for itself: none that is added can loosen what another one refuses.
void add(Ruling& all, std::uint32_t order, const Effect& effect, Outcome outcome) noexcept {
  if (effect.kind == EffectKind::throttle && outcome == Outcome::limited &&
      (all.rate_per_second == 0 || effect.rate_per_second < all.rate_per_second)) {
    all.rate_per_second = effect.rate_per_second;
  }
  if (severity(outcome) > severity(all.outcome)) all.outcome = outcome;
  if (all.order == kNoOrder || model::stricter(effect, all.effect)) {
    all.effect = effect;
    all.order = order;
  }
}

}  // namespace

void Ruling::add(const Ruling& other, std::uint32_t first) noexcept {
  if (other.order == kNoOrder) return;
  if (other.rate_per_second != 0 &&
      (rate_per_second == 0 || other.rate_per_second < rate_per_second)) {
    rate_per_second = other.rate_per_second;
  }
  if (severity(other.outcome) > severity(outcome)) outcome = other.outcome;
  if (order == kNoOrder || model::stricter(other.effect, effect)) {
    effect = other.effect;
    order = first + other.order;
  }
}

PackedTable::PackedTable(Image image)
    : image_(std::move(image)),
      filter_(std::span(at<std::uint64_t>(image_.data(), head_of(image_.data()).filter),
                        head_of(image_.data()).filter_words)) {}

const KeySeed& PackedTable::seed() const noexcept { return head_of(image_.data()).seed; }

void PackedTable::prefetch_bucket(const IdKey& key) const noexcept {
  const Head& head = head_of(image_.data());
  const auto* table = at<Bucket>(image_.data(), head.subscriptions.offset);
  __builtin_prefetch(table + layout::home_of(key, head.subscriptions.count));
}

void PackedTable::prefetch_record(const IdKey& key) const noexcept {
  const std::byte* image = image_.data();
  const Head& head = head_of(image);
  look_up(image, head.subscriptions, key, [&](std::uint32_t ref) {
    const std::byte* record = image + head.records + std::uint64_t{ref} * 8;
    __builtin_prefetch(record);
    __builtin_prefetch(record + sizeof(layout::Record) + sizeof(std::uint64_t));  // its first lines
    return true;  // hardly ever another's
  });
}

void PackedTable::prefetch_orders(Record place) const noexcept {
  const std::byte* image = image_.data();
  const auto& record = *reinterpret_cast<const layout::Record*>(place);
  const std::uint64_t* words = words_behind(record);
  const auto* orders = at<OrderRecord>(image, head_of(image).orders);
  for (std::uint32_t i = 0; i < std::min(record.lines, kOrdersNear); ++i) {
    __builtin_prefetch(orders + layout::order_in(words[i]));
  }
}

PackedTable::Record PackedTable::find_record(const IdKey& key, std::string_view id) const noexcept {
  const std::byte* image = image_.data();
  const Head& head = head_of(image);
  Record found = nullptr;
  look_up(image, head.subscriptions, key, [&](std::uint32_t ref) {
    const auto* record = at<layout::Record>(image, head.records + std::uint64_t{ref} * 8);
    if (record->a != key.a || record->b != key.b || (record->id_bytes == 0) != key.guid) {
      return false;
    }
    const std::string_view known(reinterpret_cast<const char*>(record + 1), record->id_bytes);
    if (!key.guid && !id.empty() && known != id) return false;
    found = reinterpret_cast<Record>(record);
    return true;
  });
  return found;
}

Judgement PackedTable::judge(Record place, const Request& request, const ServiceKeys& keys,
                             Instants when, GoneBits gone) const noexcept {
  const std::byte* image = image_.data();
  const auto& record = *reinterpret_cast<const layout::Record*>(place);
  const std::uint64_t* words = words_behind(record);
  const std::uint32_t service = service_number(image, request.service, keys.service);
  const std::uint64_t* end = words + record.lines;
  const std::uint64_t* line = first_of_service(words, end, service);
  const auto* orders = at<OrderRecord>(image, head_of(image).orders);
  Judgement all;
  std::uint32_t catalogue = kNoOrder;  // whose class `action` is
  auto action = model::ActionClass::other;
  for (; line != end && layout::service_in(*line) == service; ++line) {
    const std::uint32_t number = layout::order_in(*line);
    if (is_gone(gone, number)) continue;
    const OrderRecord& order = orders[number];
    const HeldEffect held = effect_at(image, order, when);
    if (held.effect.kind == EffectKind::allow) continue;
    if (record.has_lists != 0) {
      const std::uint64_t lists = line[record.lines];
      if (lists != 0 && !is_listed(image, lists, request)) continue;
    }
    // I3: the class is the one of the catalogue that this order pins, not of today's.
    if (catalogue != order.catalogue) {
      catalogue = order.catalogue;
      action = class_of(image, catalogue, service, request.operation, keys.operation);
    }
    const unsigned classes = layout::classes_in(*line);
    if (classes != 0 && (classes & (1U << static_cast<unsigned>(action))) == 0) continue;
    Ruling& ruling = held.shadow ? all.shadow : all;
    add(ruling, number, held.effect, model::outcome(held.effect.kind, action));
  }
  return all;
}

std::size_t PackedTable::order_count() const { return head_of(image_.data()).order_count; }
std::uint64_t PackedTable::subscription_count() const {
  return head_of(image_.data()).subscription_count;
}
std::uint64_t PackedTable::line_count() const { return head_of(image_.data()).line_count; }

const Digest& PackedTable::digest_of(std::uint32_t index) const noexcept {
  return at<OrderRecord>(image_.data(), head_of(image_.data()).orders)[index].digest;
}

void PackedTable::for_each_line(const std::function<void(const Line&)>& visit) const {
  const std::byte* image = image_.data();
  const Head& head = head_of(image);
  const auto* names = at<std::uint32_t>(image, head.service_names);
  const std::byte* place = image + head.records;
  for (std::uint64_t s = 0; s < head.subscription_count; ++s) {
    const auto& record = *reinterpret_cast<const layout::Record*>(place);
    const std::uint64_t* words = words_behind(record);
    Line line;
    line.key = {record.a, record.b, record.id_bytes == 0};
    line.id = {reinterpret_cast<const char*>(&record + 1), record.id_bytes};
    for (std::uint32_t i = 0; i < record.lines; ++i) {
      line.order = layout::order_in(words[i]);
      line.service = string_at(image, names[layout::service_in(words[i])]);
      line.classes = layout::classes_in(words[i]);
      const std::uint64_t lists = record.has_lists == 0 ? 0 : words[record.lines + i];
      read_lists(image, lists, line.regions, line.resources);
      visit(line);
    }
    const std::uint64_t words_of_it = record.lines * (record.has_lists == 0 ? 1ULL : 2ULL);
    place = reinterpret_cast<const std::byte*>(words + words_of_it);
  }
}

std::optional<std::int64_t> PackedTable::over_from(std::uint32_t index) const noexcept {
  const std::byte* image = image_.data();
  const OrderRecord& record = at<OrderRecord>(image, head_of(image).orders)[index];
  if (record.step_count == 0) return std::numeric_limits<std::int64_t>::min();
  const std::uint64_t last = steps_of(image, record)[record.step_count - 1U];
  if (layout::step_effect(last).effect.kind != EffectKind::allow) return std::nullopt;
  return layout::step_from(last);
}

EnforcedOrder PackedTable::order(std::uint32_t index) const {
  const std::byte* image = image_.data();
  const OrderRecord& record = at<OrderRecord>(image, head_of(image).orders)[index];
  const auto time = [](std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); };
  EnforcedOrder out;
  out.digest = record.digest;
  out.term = string_at(image, record.term);
  if ((record.end & 2U) != 0) {
    auto& end = (record.end & 1U) != 0 ? out.review : out.until;
    end = time(static_cast<std::int64_t>(record.end) >> 2U);
  }
  const std::uint64_t* steps = steps_of(image, record);
  for (std::size_t i = 0; i < record.step_count; ++i) {
    const HeldEffect held = layout::step_effect(steps[i]);
    out.schedule.push_back({time(layout::step_from(steps[i])), held.effect, held.shadow});
  }
  out.catalogue = record.catalogue;
  return out;
}

}  // namespace proviso::gates

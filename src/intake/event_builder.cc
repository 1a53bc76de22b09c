// SPDX-License-Identifier: Apache-2.0
#include "intake/event_builder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "model/ids.h"

namespace proviso::intake {
namespace {

constexpr std::uint64_t kCountMax = (std::uint64_t{1} << 53U) - 1;
constexpr std::size_t kUnitBytesMax = 64;
constexpr std::string_view kHex = "0123456789abcdef";

const Time kEarliest = from_unix_seconds(946'684'800);  // 2000-01-01
const Time kLatest = from_unix_seconds(4'102'444'800);  // 2100-01-01

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// The form that nearly every record has, YYYY-MM-DDTHH:MM:SSZ, without the cost of the general
/// one.
std::optional<Time> parse_plain_time(std::string_view text) {
  if (text.size() != 20 || text[10] != 'T' || text[19] != 'Z' || text[4] != '-' || text[7] != '-' ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U, 11U, 12U, 14U, 15U, 17U, 18U}) {
    if (!is_digit(text[i])) return std::nullopt;
  }
  using namespace std::chrono;
  const year_month_day date{year(two_digits(text, 0) * 100 + two_digits(text, 2)),
                            month(static_cast<unsigned>(two_digits(text, 5))),
                            day(static_cast<unsigned>(two_digits(text, 8)))};
  const int h = two_digits(text, 11);
  const int m = two_digits(text, 14);
  const int s = two_digits(text, 17);
  // Outside 1900..2199 nanoseconds might not hold it; the general parser says so.
  if (!date.ok() || h > 23 || m > 59 || s > 59 || text[0] > '2' || text[0] < '1') return {};
  if (date.year() < year(1900) || date.year() > year(2199)) return {};
  return Time(sys_days(date)) + hours(h) + minutes(m) + seconds(s);
}

bool is_in_century(Time time) { return time >= kEarliest && time < kLatest; }

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

SipKey key_of_known(const KeyedHash& secret) {
  const Digest digest = secret("proviso known resource names");
  SipKey key;
  std::memcpy(&key.first, digest.bytes.data(), sizeof key.first);
  std::memcpy(&key.second, digest.bytes.data() + sizeof key.first, sizeof key.second);
  return key;
}

std::string_view view_of(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

std::optional<std::uint64_t> parse_short_whole(std::string_view text) {
  if (text.empty() || text.size() > 15) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = 10 * value + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  // Below 2^53 a whole number is a double as it is.
  if (text.size() == 1 || !text.starts_with('0')) {
    if (const auto whole = parse_short_whole(text)) return static_cast<double>(*whole);
  }
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !is_digit(digits[0]) || text.size() > 400) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return std::nullopt;
  if (!is_digit(digits.back())) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

EventBuilder::EventBuilder(const FieldPolicy& policy, const Plan& plan,
                           const DecodeOptions& options)
    : policy_(policy),
      plan_(plan),
      subscription_(options.subscription),
      keyed_hash_(options.hash_key),
      known_key_(key_of_known(keyed_hash_)),
      known_hashes_(kKnownHashes) {
  for (std::size_t i = 0; i < kEntries && i < plan_.amount_units.size(); ++i) {
    blank_entries_[i].unit = plan_.amount_units[i];
  }
  start();
}

void EventBuilder::start() {
  scratch_used_ = 0;
  kept_count_ = 0;
  start_more();
}

void EventBuilder::start_more() {
  scratch_begin_ = scratch_used_;
  kept_begin_ = kept_count_;
  start_again();
}

void EventBuilder::start_again() {
  text_.fill({});
  text_rank_.fill(kUnset);
  start_ = {};
  end_ = {};
  count_.reset();
  operation_index_ = 0;
  entries_ = blank_entries_;
  required_seen_ = 0;
  scratch_used_ = scratch_begin_;
  kept_count_ = kept_begin_;
}

std::string_view EventBuilder::refuse(std::string_view field, std::string_view what) {
  reason_.assign(field).append(": ").append(what);
  return reason_;
}

std::span<char> EventBuilder::scratch(std::size_t size) {
  CHECK(size <= scratch_.size() - scratch_used_);  // kKeptMax bounds what can be asked for
  const std::span<char> part(scratch_.data() + scratch_used_, size);
  scratch_used_ += size;
  return part;
}

void EventBuilder::make_hash(std::string_view text, std::span<char> out) const {
  const Digest digest = keyed_hash_(text);
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    out[2 * i] = kHex[digest.bytes[i] >> 4U];
    out[2 * i + 1] = kHex[digest.bytes[i] & 15U];
  }
}

std::string_view EventBuilder::hash(std::string_view text) {
  const auto of = siphash128(known_key_, text);
  KnownHash& known = known_hashes_[(of[0] | unsigned{of[1]} << 8U) % kKnownHashes];
  if (known.of != of) {
    make_hash(text, known.digits);
    known.of = of;
  }
  const std::span<char> out = scratch(known.digits.size());
  std::ranges::copy(known.digits, out.begin());
  return view_of(out);
}

std::string_view EventBuilder::lower(std::string_view text) {
  if (std::ranges::none_of(text, is_upper)) return text;
  const std::span<char> out = scratch(text.size());
  std::ranges::transform(text, out.begin(), [](char c) {
    return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return view_of(out);
}

std::string_view EventBuilder::take(const Leaf& leaf, const Scalar& value, std::size_t index) {
  if (value.kind == Scalar::Kind::string && value.text.empty()) return {};
  Scalar given = value;
  if (leaf.hashed) {
    // Bounds the scratch space: an object repeated in an array hashes its members again and again.
    const std::size_t used = scratch_used_ - scratch_begin_;
    if (used + 1024 > kScratchPerRecord) return refuse(leaf.path, "stands too often");
    given = {Scalar::Kind::string, hash(value.text)};
  }
  for (const FieldUse& each : leaf.uses) {
    const std::string_view problem = use(leaf, each, given, index);
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string_view EventBuilder::use(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                                   std::size_t index) {
  switch (use.kind) {
    case FieldUse::Kind::text: return take_text(leaf, use, value);
    case FieldUse::Kind::window_start: return take_time(leaf, start_, use.rank, value);
    case FieldUse::Kind::window_end: return take_time(leaf, end_, use.rank, value);
    case FieldUse::Kind::count: return take_whole(leaf, value, count_.emplace());
    case FieldUse::Kind::operation_index: return take_whole(leaf, value, operation_index_);
    case FieldUse::Kind::quantity: return take_quantity(leaf, use, value, index);
    case FieldUse::Kind::unit: return take_unit(leaf, use, value, index);
    case FieldUse::Kind::require:
      if (value.text != plan_.required[use.index]) {
        return refuse(leaf.path, "is not \"" + plan_.required[use.index] + "\"");
      }
      required_seen_ |= std::uint64_t{1} << use.index;
      return {};
    case FieldUse::Kind::kept: return take_kept(leaf, value);
  }
  return {};
}

std::string_view EventBuilder::take_text(const Leaf& leaf, const FieldUse& use,
                                         const Scalar& value) {
  if (value.kind != Scalar::Kind::string) return refuse(leaf.path, "is not a string");
  if (value.text.size() > model::kIdBytesMax) return refuse(leaf.path, "is over 256 bytes long");
  if (has_control(value.text)) return refuse(leaf.path, "holds a control character");
  if (use.rank >= text_rank_[use.index]) return {};
  text_rank_[use.index] = use.rank;
  text_[use.index] = value.text;
  return {};
}

std::string_view EventBuilder::take_time(const Leaf& leaf, When& when, std::uint8_t rank,
                                         const Scalar& value) {
  Time time{};
  const bool is_number =
      value.kind == Scalar::Kind::number || (policy_.numbers_as_strings && all_digits(value.text));
  if (is_number) {
    if (policy_.numeric_time_ns == 0) return refuse(leaf.path, "is a number, not a time");
    std::int64_t ticks = 0;
    const char* last = value.text.data() + value.text.size();
    const auto [end, error] = std::from_chars(value.text.data(), last, ticks);
    if (error != std::errc() || end != last) return refuse(leaf.path, "is not a whole number");
    if (ticks < 0 || ticks > std::numeric_limits<std::int64_t>::max() / policy_.numeric_time_ns) {
      return refuse(leaf.path, "timestamp in the wrong century");
    }
    time = Time(Duration(ticks * policy_.numeric_time_ns));
  } else if (const auto plain = parse_plain_time(value.text)) {
    time = *plain;
  } else {
    const auto parsed = parse_time(value.text);
    if (!parsed) return refuse(leaf.path, "is not a time (RFC 3339)");
    time = *parsed;
  }
  if (!is_in_century(time)) {
    return refuse(leaf.path, "timestamp in the wrong century");
  }
  if (rank < when.rank) when = {time, rank};
  return {};
}

bool EventBuilder::take_plain_time(const Leaf& leaf, std::string_view text) {
  if (text.size() != last_text_.size()) return false;
  if (std::memcmp(text.data(), last_text_.data(), last_text_.size()) != 0) {
    const auto time = parse_plain_time(text);
    if (!time || !is_in_century(*time)) return false;
    last_time_ = *time;
    std::memcpy(last_text_.data(), text.data(), last_text_.size());
  }
  for (const FieldUse& use : leaf.uses) {
    When& when = use.kind == FieldUse::Kind::window_start ? start_ : end_;
    if (use.rank < when.rank) when = {last_time_, use.rank};
  }
  return true;
}

bool EventBuilder::take_plain_count(std::string_view digits) {
  const auto whole = parse_short_whole(digits);
  if (whole) count_ = whole;
  return whole.has_value();
}

/// Nothing where `value` may be read as a number.
std::string_view EventBuilder::check_number(const Leaf&, const Scalar& value) const {
  if (value.kind == Scalar::Kind::number) return {};
  if (value.kind == Scalar::Kind::boolean) return "is not a number";
  return policy_.numbers_as_strings ? std::string_view() : "is a string, not a number";
}

std::string_view EventBuilder::take_whole(const Leaf& leaf, const Scalar& value,
                                          std::uint64_t& out) {
  const std::string_view problem = check_number(leaf, value);
  if (!problem.empty()) return refuse(leaf.path, problem);
  if (value.text.starts_with('-')) return refuse(leaf.path, "is negative");
  const char* last = value.text.data() + value.text.size();
  const auto [end, error] = std::from_chars(value.text.data(), last, out);
  if (error != std::errc() || end != last) return refuse(leaf.path, "is not a whole number");
  if (out > kCountMax) return refuse(leaf.path, "is over 2^53 - 1");
  return {};
}

std::string_view EventBuilder::take_quantity(const Leaf& leaf, const FieldUse& use,
                                             const Scalar& value, std::size_t index) {
  const std::string_view problem = check_number(leaf, value);
  if (!problem.empty()) return refuse(leaf.path, problem);
  const auto number = parse_number(value.text);
  if (!number) return refuse(leaf.path, "is not a finite number");
  if (*number < 0) return refuse(leaf.path, "is negative");
  const std::size_t at = use.index + index;
  if (index >= model::UsageEvent{}.amounts.size() || at >= kEntries) {
    return refuse(leaf.path, "more than 4 amounts");
  }
  if (use.rank < entries_[at].rank) {
    entries_[at].quantity = *number;
    entries_[at].rank = use.rank;
  }
  return {};
}

std::string_view EventBuilder::take_unit(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                                         std::size_t index) {
  if (value.kind != Scalar::Kind::string) return refuse(leaf.path, "is not a string");
  if (value.text.size() > kUnitBytesMax) return refuse(leaf.path, "is over 64 bytes long");
  if (has_control(value.text)) return refuse(leaf.path, "holds a control character");
  const std::size_t at = use.index + index;
  if (index >= model::UsageEvent{}.amounts.size() || at >= kEntries) {
    return refuse(leaf.path, "more than 4 amounts");
  }
  entries_[at].unit = lower(value.text);
  return {};
}

std::string_view EventBuilder::take_kept(const Leaf& leaf, const Scalar& value) {
  if (kept_count_ - kept_begin_ == kKeptMax) return refuse(leaf.path, "more than 128 kept values");
  const bool number = value.kind == Scalar::Kind::number;
  if (number && !parse_number(value.text)) return refuse(leaf.path, "is not a finite number");
  kept_[kept_count_++] = {leaf.rule_name, value.text, value.kind == Scalar::Kind::string};
  return {};
}

std::string_view EventBuilder::finish_times(model::UsageEvent& event) {
  if (start_.rank == kUnset && end_.rank == kUnset) return "no time (window_end)";
  event.window_end = end_.rank == kUnset ? start_.time : end_.time;
  event.window_start = start_.rank == kUnset ? event.window_end : start_.time;
  if (event.window_end < event.window_start) return "the window ends before it starts";
  return {};
}

std::string_view EventBuilder::finish_amounts(model::UsageEvent& event) {
  event.amounts_count = 0;
  for (const Entry& entry : entries_) {
    if (entry.rank == kUnset) continue;
    if (entry.unit.empty()) return "a quantity has no unit";
    auto* const last = event.amounts.begin() + event.amounts_count;
    auto* const same = std::find_if(event.amounts.begin(), last,
                                    [&](const model::Amount& a) { return a.unit == entry.unit; });
    if (same == event.amounts.end()) return "more than 4 amounts";
    if (same == last) {
      *same = {entry.unit, 0};
      ++event.amounts_count;
    }
    same->value += entry.quantity;
    if (!std::isfinite(same->value)) return "an amount is not finite";
  }
  return {};
}

std::string_view EventBuilder::finish(model::UsageEvent& event) {
  if (required_seen_ + 1 != std::uint64_t{1} << plan_.required.size()) {
    return "a member that tells the format is missing";
  }
  for (std::size_t i = 0; i < kTextTargets; ++i) {
    if (text_rank_[i] == kUnset && !policy_.constants[i].empty()) {
      text_[i] = policy_.constants[i].front();
    }
  }
  const auto text = [&](TextTarget target) { return text_[static_cast<std::size_t>(target)]; };
  std::string_view subscription = text(TextTarget::subscription);
  const auto& sources = policy_.text[static_cast<std::size_t>(TextTarget::subscription)];
  if (sources.empty()) subscription = subscription_;
  if (subscription.empty()) return "no subscription";
  if (text(TextTarget::service).empty()) return "no service";
  event.subscription = is_guid(subscription) ? lower(subscription) : subscription;
  event.id = text(TextTarget::id);
  event.provider = text(TextTarget::provider);
  event.billing_account = text(TextTarget::billing_account);
  event.service = text(TextTarget::service);
  event.service_category = text(TextTarget::service_category);
  event.operation = text(TextTarget::operation);
  event.region = text(TextTarget::region);
  event.resource_type = text(TextTarget::resource_type);
  event.resource_ref = text(TextTarget::resource_ref);
  event.status = text(TextTarget::status);
  std::string_view problem = finish_times(event);
  if (!problem.empty()) return problem;
  problem = finish_amounts(event);
  if (!problem.empty()) return problem;
  event.count = count_.value_or(1);
  if (operation_index_ > 0) {
    // A further operation of a request that the row with index 0 has told, sizes and all.
    event.count = 0;
    event.amounts_count = 0;
  }
  event.kept = {kept_.data() + kept_begin_, kept_count_ - kept_begin_};
  return {};
}

}  // namespace proviso::intake

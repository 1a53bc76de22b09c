// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "intake/decoder.h"
#include "intake/plan.h"
#include "model/usage_event.h"

namespace proviso::intake {

/// One value of the source, as text that lives as long as the record.
struct Scalar {
  enum class Kind : std::uint8_t { string, number, boolean };
  Kind kind = Kind::string;
  std::string_view text;
};

/// Collects the values of one record, checks them, and makes the event. Says what is wrong by field
/// name, never by value (I1). One thread; all memory is in the object.
class EventBuilder {
 public:
  EventBuilder(const FieldPolicy& policy, const Plan& plan, const DecodeOptions& options);

  void start();
  /// Takes a value for `leaf`; `index`: in the innermost array. Returns why not, or nothing.
  std::string_view take(const Leaf& leaf, const Scalar& value, std::size_t index);
  /// Fills `event`, or returns why the record is no event.
  std::string_view finish(model::UsageEvent& event);
  /// Keeps "FIELD: what" until the next start().
  std::string_view refuse(std::string_view field, std::string_view what);

 private:
  static constexpr std::uint8_t kUnset = 255;
  static constexpr std::size_t kEntries = 8;
  static constexpr std::size_t kKeptMax = 128;

  struct When {
    Time time{};
    std::uint8_t rank = kUnset;
  };
  struct Entry {
    std::string_view unit;
    double quantity = 0;
    std::uint8_t rank = kUnset;
  };

  std::string_view use(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                       std::size_t index);
  std::string_view take_text(const Leaf& leaf, const FieldUse& use, const Scalar& value);
  std::string_view take_time(const Leaf& leaf, When& when, std::uint8_t rank, const Scalar& value);
  std::string_view take_whole(const Leaf& leaf, const Scalar& value, std::uint64_t& out);
  std::string_view take_quantity(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                                 std::size_t index);
  std::string_view take_unit(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                             std::size_t index);
  std::string_view take_kept(const Leaf& leaf, const Scalar& value);
  std::string_view check_number(const Leaf& leaf, const Scalar& value) const;
  std::string_view finish_times(model::UsageEvent& event);
  std::string_view finish_amounts(model::UsageEvent& event);
  std::string_view hash(std::string_view text);
  std::string_view lower(std::string_view text);
  std::span<char> scratch(std::size_t size);

  const FieldPolicy& policy_;
  const Plan& plan_;
  std::string subscription_;
  KeyedHash keyed_hash_;
  std::array<std::string_view, kTextTargets> text_;
  std::array<std::uint8_t, kTextTargets> text_rank_;
  When start_;
  When end_;
  std::optional<std::uint64_t> count_;
  std::uint64_t operation_index_ = 0;
  std::array<Entry, kEntries> entries_;
  std::uint64_t required_seen_ = 0;
  std::array<model::KeptField, kKeptMax> kept_;
  std::size_t kept_count_ = 0;
  std::array<char, 32768> scratch_;
  std::size_t scratch_used_ = 0;
  std::string reason_;
};

/// RFC 8259 number, finite. Nothing where the text is none.
std::optional<double> parse_number(std::string_view text);

}  // namespace proviso::intake

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.h"

namespace proviso::model {

/// How much of something was used. Units are lower-case UCUM-like words of the usage format:
/// "bytes", "seconds", "tokens", "requests", "hours", ...
struct Amount {
  std::string_view unit;
  double value = 0;
};

/// A field of the source that the field policy keeps and that a loaded rule reads, by the source's
/// own name (dotted path).
struct KeptField {
  std::string_view name;
  std::string_view text;  ///< strings as they are, everything else as JSON text
  bool is_string = true;
};

/// Who used what, where, when and how much. Never content (I1). A view: every string lives in the
/// buffer of the reader that made it, until that reader goes on to the next record.
struct UsageEvent {
  /// The source's id, empty where the source has none.
  std::string_view id;
  std::string_view provider;
  std::string_view billing_account;
  std::string_view subscription;
  std::string_view service;
  std::string_view service_category;
  std::string_view operation;
  std::string_view region;
  std::string_view resource_type;
  /// Keyed hash in hexadecimal, never the resource's name.
  std::string_view resource_ref;
  std::string_view status;
  /// [start, end); equal for an event that has no length. Event time is `window_end`.
  Time window_start{};
  Time window_end{};
  /// How many operations this record stands for; at least 0.
  std::uint64_t count = 1;
  std::array<Amount, 4> amounts{};
  std::uint8_t amounts_count = 0;
  std::span<const KeptField> kept;

  [[nodiscard]] Time time() const { return window_end; }
  [[nodiscard]] std::span<const Amount> used() const { return {amounts.data(), amounts_count}; }
  /// 0 where this unit is not among the amounts.
  [[nodiscard]] double amount(std::string_view unit) const {
    for (const Amount& a : used()) {
      if (a.unit == unit) return a.value;
    }
    return 0;
  }
};

}  // namespace proviso::model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "bench/detection/trial.h"

namespace proviso::bench {

/// Both ends of a 95 % interval.
struct Interval {
  double low = 0;
  double high = 0;
};
/// Of a share, `hits` of `tries` (Clopper and Pearson: exact, rather too wide).
Interval share_interval(std::uint64_t hits, std::uint64_t tries);
/// Of the mean behind a count (Poisson, exact).
Interval count_interval(std::uint64_t count);

/// How soon the cases of one kind of offender came.
struct Delays {
  std::vector<double> hours;    ///< sorted; of those that have a case
  std::uint64_t offenders = 0;  ///< whose onset lies early enough to be judged
  std::uint64_t too_late_to_judge = 0;
  std::uint64_t early = 0;
  [[nodiscard]] std::uint64_t within(double hours_max) const;
  /// Infinite where so many have no case. `per_cent` in (0, 100].
  [[nodiscard]] double percentile(double per_cent) const;
};
/// Offenders whose onset lies less than `hours_needed` before the end are left out.
Delays delays_of(const std::vector<Offender>& offenders, OffenderKind kind, std::int64_t hours,
                 std::int64_t hours_needed);

/// Wrong cases of 10,000 subscriptions in a month of 30 days. A customer in whose case a rule held
/// in three months counts three times, as if the case had been closed at each month's end.
struct WrongRate {
  std::uint64_t cases = 0;
  std::uint64_t case_months = 0;
  double subscription_months = 0;
  double rate = 0;
  Interval interval;
};
WrongRate wrong_rate(const std::vector<WrongCase>& wrong, double subscription_months);

}  // namespace proviso::bench

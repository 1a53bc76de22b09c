// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/figures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace proviso::bench {
namespace {

constexpr double kTail = 0.025;

/// Where a rising function of x in [low, high] passes `level`.
double solve(double low, double high, double level, const std::function<double(double)>& rising) {
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (rising(middle) < level ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// P(at least `hits` of `tries`) where each hits with probability p.
double at_least(std::uint64_t hits, std::uint64_t tries, double p) {
  if (hits == 0) return 1;
  double sum = 0;
  const auto n = static_cast<double>(tries);
  for (std::uint64_t i = hits; i <= tries; ++i) {
    const auto k = static_cast<double>(i);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) +
                    k * std::log(p) + (n - k) * std::log1p(-p));
  }
  return std::min(sum, 1.0);
}

/// P(at least `count`) of a Poisson variable.
double poisson_at_least(std::uint64_t count, double mean) {
  double below = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto k = static_cast<double>(i);
    below += std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
  }
  return std::max(1 - below, 0.0);
}

}  // namespace

Interval share_interval(std::uint64_t hits, std::uint64_t tries) {
  if (tries == 0) return {0, 1};
  constexpr double kEdge = 1e-12;
  Interval out{0, 1};
  if (hits > 0) {
    out.low = solve(kEdge, 1 - kEdge, kTail, [&](double p) { return at_least(hits, tries, p); });
  }
  if (hits < tries) {
    out.high =
        solve(kEdge, 1 - kEdge, 1 - kTail, [&](double p) { return at_least(hits + 1, tries, p); });
  }
  return out;
}

Interval count_interval(std::uint64_t count) {
  const double most = static_cast<double>(count) * 3 + 30;
  Interval out;
  if (count > 0) {
    out.low = solve(1e-9, most, kTail, [&](double m) { return poisson_at_least(count, m); });
  }
  out.high = solve(1e-9, most, 1 - kTail, [&](double m) { return poisson_at_least(count + 1, m); });
  return out;
}

std::uint64_t Delays::within(double hours_max) const {
  return static_cast<std::uint64_t>(std::upper_bound(hours.begin(), hours.end(), hours_max) -
                                    hours.begin());
}

double Delays::percentile(double per_cent) const {
  const auto rank =
      static_cast<std::uint64_t>(std::ceil(per_cent / 100 * static_cast<double>(offenders)));
  if (rank == 0 || rank > hours.size()) return std::numeric_limits<double>::infinity();
  return hours[rank - 1];
}

Delays delays_of(const std::vector<Offender>& offenders, OffenderKind kind, std::int64_t hours,
                 std::int64_t hours_needed) {
  Delays out;
  for (const Offender& offender : offenders) {
    if (offender.kind != kind) continue;
    if (!offender.onset_hour || *offender.onset_hour + hours_needed > hours) {
      ++out.too_late_to_judge;
      continue;
    }
    ++out.offenders;
    out.early += offender.early ? 1 : 0;
    if (offender.delay_hours) out.hours.push_back(*offender.delay_hours);
  }
  std::sort(out.hours.begin(), out.hours.end());
  return out;
}

WrongRate wrong_rate(const std::vector<WrongCase>& wrong, double subscription_months) {
  WrongRate out;
  out.subscription_months = subscription_months;
  out.cases = wrong.size();
  for (const WrongCase& w : wrong) out.case_months += w.months;
  const double per = 10'000 / subscription_months;
  const Interval counts = count_interval(out.case_months);
  out.rate = static_cast<double>(out.case_months) * per;
  out.interval = {counts.low * per, counts.high * per};
  return out;
}

}  // namespace proviso::bench

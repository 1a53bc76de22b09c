// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "probes/plan.h"

namespace proviso::probes {

/// Everything outside, so that a test can own it.
struct Seams {
  std::function<Result<http::Response>(const http::Call&)> call;
  const Clock& clock;
  /// Milliseconds that only go on.
  std::function<std::int64_t()> steady_ms;
  /// Waits; false: somebody wants to stop.
  std::function<bool(std::chrono::milliseconds)> wait;
};

/// What one target was answered.
struct Finding {
  std::string name;
  Role role = Role::cut;
  std::string method;
  std::string url;
  std::string expected;  ///< in words
  Time at{};
  std::int64_t duration_ms = 0;
  int status = 0;       ///< 0: no answer
  http::Headers kept;   ///< fields that the plan names, as the answer has them
  std::string problem;  ///< what is otherwise than planned; empty: nothing
};

struct Report {
  Digest order;
  Digest plan;
  Time started_at{};
  Time ended_at{};
  std::vector<Finding> findings;
  [[nodiscard]] bool as_planned() const;
};

/// Asks all targets, in the plan's order, one after the other, no more of them in a second than it
/// says. Nothing where it was to stop before all were asked.
std::optional<Report> probe(const Plan& plan, const Seams& seams);

}  // namespace proviso::probes

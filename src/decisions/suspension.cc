// SPDX-License-Identifier: Apache-2.0
#include "decisions/suspension.h"

#include <algorithm>

#include "base/encoding.h"
#include "decisions/order_store.h"

namespace proviso::decisions {
namespace {

constexpr Duration kChainWindow = std::chrono::days{366};

struct Span {
  Time from{};
  Time to{};
};

bool names(const SuspensionTime& suspension, const model::ScopeLine& line) {
  return std::any_of(suspension.scope.begin(), suspension.scope.end(), [&](const auto& other) {
    return other.subscription == line.subscription && other.service == line.service;
  });
}

// How much of [from, to) the spans cover together. They rise by their beginning.
Duration covered(const std::vector<Span>& spans, Time from, Time to) {
  Duration sum{};
  Time end = from;
  for (const Span& span : spans) {
    const Time begin = std::max(span.from, end);
    const Time stop = std::min(span.to, to);
    if (stop <= begin) continue;
    sum += stop - begin;
    end = stop;
  }
  return sum;
}

bool too_long(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.from < b.from; });
  return std::any_of(spans.begin(), spans.end(), [&](const Span& last) {
    return covered(spans, last.to - kChainWindow, last.to) > model::kSuspensionMax;
  });
}

}  // namespace

std::optional<SuspensionTime> suspension_time(const model::Restriction& next) {
  if (!next.until) return std::nullopt;
  return SuspensionTime{next.scope, next.stages.front().from, *next.until};
}

Result<std::vector<SuspensionTime>> past_suspensions(cases::Database& database,
                                                     const std::vector<model::ScopeLine>& scope) {
  std::vector<SuspensionTime> out;
  for (const PastOrder& past : TRY(past_orders_naming(database, scope))) {
    auto time = suspension_time(*past.order.restriction);
    if (!time) continue;
    time->from = std::max(time->from, past.in_force_at);
    if (past.lifted_at) time->to = std::min(time->to, *past.lifted_at);
    out.push_back(std::move(*time));
  }
  return out;
}

Result<void> check_no_chain(const SuspensionTime& next, const std::vector<SuspensionTime>& others) {
  for (const model::ScopeLine& line : next.scope) {
    std::vector<Span> spans = {{next.from, next.to}};
    for (const SuspensionTime& other : others) {
      if (names(other, line)) spans.push_back({other.from, other.to});
    }
    if (!too_long(std::move(spans))) continue;
    return fail(Errc::denied, "until: with the suspensions before it " +
                                  printable(to_string(line)) +
                                  " would be suspended for more than 180 days within a year (I5: "
                                  "what is to last longer is a termination, with --review)");
  }
  return {};
}

}  // namespace proviso::decisions

// SPDX-License-Identifier: Apache-2.0
#include "probes/probe.h"

#include <algorithm>

#include "base/encoding.h"

namespace proviso::probes {
namespace {

// Of an answer that is none of our business: enough for an error page.
constexpr std::size_t kBodyBytesMax = 1U << 20U;

bool same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, small, small);
}

std::optional<std::string> field_of(const http::Response& answer, std::string_view name) {
  if (same_name(name, "content-type") && !answer.content_type.empty()) return answer.content_type;
  for (const auto& [field, value] : answer.headers) {
    if (same_name(field, name)) return value;
  }
  return std::nullopt;
}

std::string judge(const Target& target, const http::Response& answer) {
  if (!target.expects(answer.status)) {
    return "answered " + std::to_string(answer.status) + ", not " + target.expected_in_words();
  }
  for (const auto& [name, value] : target.expected_headers) {
    const auto got = field_of(answer, name);
    if (!got) return "the answer has no " + name;
    if (*got != value) {
      return name + " is '" + printable(*got, kShownBytesMax) + "', not '" +
             printable(value, kShownBytesMax) + "'";
    }
  }
  return "";
}

http::Call call_of(const Target& target, const Plan& plan) {
  http::Call out;
  out.method = target.method;
  out.url = target.parsed_url;
  out.headers = target.headers;
  out.time = plan.timeout;
  out.body_bytes_max = kBodyBytesMax;
  out.ca_file = plan.ca_file;
  return out;
}

Finding ask(const Target& target, const Plan& plan, const Seams& seams) {
  Finding out{.name = target.name,
              .role = target.role,
              .method = std::string(to_string(target.method)),
              .url = target.url,
              .expected = target.expected_in_words(),
              .at = seams.clock.now(),
              .duration_ms = 0,
              .status = 0,
              .kept = {},
              .problem = {}};
  const std::int64_t begin = seams.steady_ms();
  const auto answer = seams.call(call_of(target, plan));
  out.duration_ms = seams.steady_ms() - begin;
  if (!answer) {
    out.problem = "no answer: " + printable(answer.error().message, kShownBytesMax);
    return out;
  }
  out.status = answer->status;
  for (const std::string& name : target.keep) {
    const auto value = field_of(*answer, name);
    if (value) out.kept.emplace_back(name, printable(*value, kShownBytesMax));
  }
  out.problem = judge(target, *answer);
  return out;
}

}  // namespace

bool Report::as_planned() const {
  return std::ranges::all_of(findings, [](const Finding& f) { return f.problem.empty(); });
}

std::optional<Report> probe(const Plan& plan, const Seams& seams) {
  Report out{.order = plan.order,
             .plan = plan.digest,
             .started_at = seams.clock.now(),
             .ended_at = {},
             .findings = {}};
  const std::chrono::milliseconds pause{(1'000 + plan.requests_per_second - 1) /
                                        plan.requests_per_second};
  for (const Target& target : plan.targets) {
    const std::int64_t begin = seams.steady_ms();
    out.findings.push_back(ask(target, plan, seams));
    if (&target == &plan.targets.back()) break;
    const std::chrono::milliseconds left =
        pause - std::chrono::milliseconds{seams.steady_ms() - begin};
    if (!seams.wait(std::max(left, std::chrono::milliseconds{0}))) return std::nullopt;
  }
  out.ended_at = seams.clock.now();
  return out;
}

}  // namespace proviso::probes

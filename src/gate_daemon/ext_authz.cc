// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz.h"

#include <utility>

namespace proviso::gate_daemon {

ExtAuthz::ExtAuthz(const gates::LiveGate& gate, const gates::Clocks& clocks,
                   ExtAuthzSettings settings)
    : gate_(gate), clocks_(clocks), settings_(std::move(settings)) {
  write_plain(plain_);
}

std::string_view ExtAuthz::name() const { return "envoy.service.auth.v3.Authorization"; }

GrpcStatus ExtAuthz::call(std::string_view method, std::string_view message, std::string& answer) {
  if (method != "Check") return {GrpcCode::unimplemented, "no such method here"};
  gates::Request request;
  if (!read_check_request(message, settings_.mapping, request)) {
    ++counts_.malformed;
    return {GrpcCode::invalid_argument, "not a CheckRequest"};
  }
  const gates::Answer judged = gate_.check(request);
  const Told told = told_by(request);
  count(judged, told);
  if (is_plain(judged, told)) {
    answer.append(plain_);
    return {};
  }
  const auto explanation = judged.refused() ? gate_.explain(judged) : gates::Explanation{};
  write_answer(judged, told, explanation, settings_.denial, from_unix_seconds(clocks_.wall()),
               answer);
  return {};
}

void ExtAuthz::count(const gates::Answer& answer, Told told) {
  ++counts_.checks;
  if (answer.refused()) ++counts_.refused;
  if (answer.outcome == model::Outcome::limited) ++counts_.limited;
  if (answer.judged != answer.outcome) ++counts_.spared;
  if (told != Told::enough) ++counts_.not_judged;
}

}  // namespace proviso::gate_daemon

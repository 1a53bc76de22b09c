// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz.h"

#include <utility>

namespace proviso::gate_daemon {

ExtAuthz::ExtAuthz(Checks& checks, ExtAuthzSettings settings)
    : checks_(checks), settings_(std::move(settings)) {
  write_plain(plain_);
}

std::string_view ExtAuthz::name() const { return "envoy.service.auth.v3.Authorization"; }

GrpcStatus ExtAuthz::call(std::string_view method, std::string_view message, std::string& answer) {
  if (method != "Check") return {GrpcCode::unimplemented, "no such method here"};
  gates::Request request;
  if (!read_check_request(message, settings_.mapping, request)) {
    checks_.tally().count_unreadable();
    return {GrpcCode::invalid_argument, "not a CheckRequest"};
  }
  const gates::Answer said = checks_.ask(request);
  const Told told = told_by(request);
  if (told != Told::enough) checks_.tally().count_unnamed();
  if (is_plain(said, told)) {
    answer.append(plain_);
    return {};
  }
  const auto explanation = said.refused() ? checks_.gate().explain(said) : gates::Explanation{};
  write_answer(said, told, explanation, settings_.denial, checks_.age_of(said), answer);
  return {};
}

}  // namespace proviso::gate_daemon

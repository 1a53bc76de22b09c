// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz.h"

#include <tuple>
#include <utility>

namespace proviso::gate_daemon {
namespace {

bool same(const gates::Answer& a, const gates::Answer& b) {
  const auto members = [](const gates::Answer& answer) {
    return std::tie(answer.effect, answer.outcome, answer.judged, answer.basis, answer.mode,
                    answer.rate_per_second, answer.order, answer.order_number, answer.snapshot_size,
                    answer.snapshot_made_at);
  };
  return members(a) == members(b);
}

}  // namespace

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
  answer.append(message_for(said, told));
  return {};
}

const std::string& ExtAuthz::message_for(const gates::Answer& answer, Told told) {
  Said& said = said_[answer.order.bytes[0] % said_.size()];
  const std::int64_t age_seconds = checks_.age_of(answer);
  if (said.age_seconds == age_seconds && said.told == told && same(said.to, answer)) {
    return said.message;
  }
  const auto explanation = answer.refused() ? checks_.gate().explain(answer) : gates::Explanation{};
  said.to = answer;
  said.told = told;
  said.age_seconds = age_seconds;
  said.message.clear();
  write_answer(answer, told, explanation, settings_.denial, age_seconds, said.message);
  return said.message;
}

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#include "rollout_options.h"

#include <algorithm>

namespace proviso::cmd {
namespace {

Result<Time> moment(std::string_view option, std::string_view text, Time now) {
  auto out = parse_moment(text, now);
  if (!out) return fail_in(option, out.error());
  return out;
}

Result<model::RolloutStep> parse_step(std::string_view text, Time now) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos) {
    return fail(Errc::invalid_input,
                "--first-gates: not GATE[,GATE...]=TIME, such as gate-eu-1.example=+1d");
  }
  model::RolloutStep out;
  out.from = TRY(moment("--first-gates", text.substr(equals + 1), now));
  text = text.substr(0, equals);
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    out.gates.emplace_back(text.substr(0, comma));
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  std::ranges::sort(out.gates);
  return out;
}

}  // namespace

Result<std::optional<model::Rollout>> parse_rollout(const std::vector<std::string>& first_gates,
                                                    const std::string& everywhere_from, Time now) {
  if (first_gates.empty() && everywhere_from.empty()) return std::nullopt;
  if (everywhere_from.empty()) {
    return fail(Errc::invalid_input,
                "--first-gates needs --everywhere-from: when all other gates enforce it");
  }
  model::Rollout out;
  out.everywhere_from = TRY(moment("--everywhere-from", everywhere_from, now));
  for (const std::string& text : first_gates) out.first.push_back(TRY(parse_step(text, now)));
  std::ranges::sort(out.first, {}, &model::RolloutStep::from);
  return out;
}

}  // namespace proviso::cmd

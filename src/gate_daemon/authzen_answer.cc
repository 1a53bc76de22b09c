// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/authzen_answer.h"

#include "base/json.h"

namespace proviso::gate_daemon {
namespace {

using gates::Answer;
using gates::Mode;
using model::EffectKind;
using model::Outcome;

Json snapshot_of(const Answer& answer, const Checks& checks) {
  return Json::Object{{"version", answer.snapshot_size}, {"age_seconds", checks.age_of(answer)}};
}

// A PEP that cannot carry one out must refuse: so only what this very operation asks of it.
Json::Array obligations_of(const Answer& answer) {
  Json::Object properties;
  switch (answer.effect.kind) {
    case EffectKind::throttle:
      if (answer.outcome != Outcome::limited) return {};
      properties.emplace("requests_per_second", static_cast<std::int64_t>(answer.rate_per_second));
      return {Json::Object{{"id", "throttle"}, {"type", "custom"}, {"properties", properties}}};
    case EffectKind::read_only:
    case EffectKind::export_only: {
      const std::string id = model::to_string(answer.effect);
      if (answer.outcome == Outcome::limited) {
        properties.emplace("requests_per_second",
                           static_cast<std::int64_t>(answer.rate_per_second));
      }
      return {Json::Object{{"id", id}, {"type", "custom"}, {"properties", properties}}};
    }
    case EffectKind::allow:
    case EffectKind::deny: break;
  }
  return {};
}

std::string_view in_a_word(Outcome outcome) {
  switch (outcome) {
    case Outcome::yes: return "pass";
    case Outcome::limited: return "limited";
    case Outcome::no: return "refused";
  }
  return "refused";
}

Json::Object context_of(const Answer& answer, const Checks& checks) {
  Json::Object out;
  if (answer.basis == gates::Basis::snapshot) {
    out.emplace("snapshot", snapshot_of(answer, checks));
  } else {
    out.emplace("state", "none");
  }
  if (answer.mode != Mode::enforce) {
    out.emplace("mode", gates::to_string(answer.mode));
    out.emplace("judged", in_a_word(answer.judged));
  }
  if (!answer.restricted()) return out;
  const gates::Explanation why = checks.gate().explain(answer);
  const char* const code = answer.refused() ? "403" : "200";
  out.emplace("effect", model::to_string(answer.effect));
  out.emplace("reason_user", Json::Object{{code, why.user}});
  out.emplace("reason_admin", Json::Object{{code, why.service}});
  if (answer.basis == gates::Basis::snapshot) out.emplace("order", answer.order.hex());
  if (!why.term.empty()) out.emplace("term", why.term);
  if (!why.until.empty()) out.emplace("until", why.until);
  if (!why.review.empty()) out.emplace("review", why.review);
  if (answer.mode == Mode::enforce && !answer.refused()) {
    Json::Array obligations = obligations_of(answer);
    if (!obligations.empty()) out.emplace("obligations", std::move(obligations));
  }
  return out;
}

void append_number(std::uint64_t number, std::string& out) { out.append(std::to_string(number)); }

}  // namespace

void append_decision(const Answer& answer, const Checks& checks, std::string& out) {
  // Nearly every answer, without a document in between.
  if (!answer.restricted() && answer.mode == Mode::enforce &&
      answer.basis == gates::Basis::snapshot) {
    out.append(R"({"decision":true,"context":{"snapshot":{"age_seconds":)");
    append_number(static_cast<std::uint64_t>(checks.age_of(answer)), out);
    out.append(R"(,"version":)");
    append_number(answer.snapshot_size, out);
    out.append("}}}");
    return;
  }
  out.append(answer.refused() ? R"({"decision":false,"context":)"
                              : R"({"decision":true,"context":)");
  out.append(canonical_json(context_of(answer, checks))).append("}");
}

void append_item_error(std::string_view what, std::string& out) {
  out.append(R"({"decision":false,"context":{"error":{"status":400,"message":)");
  append_json_string(what, out);
  out.append("}}}");
}

void append_json_string(std::string_view text, std::string& out) {
  out.append(canonical_json(Json(text)));
}

}  // namespace proviso::gate_daemon

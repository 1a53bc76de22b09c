// SPDX-License-Identifier: Apache-2.0
#include "server/signal_document.h"

#include "base/encoding.h"

namespace proviso::server {
namespace {

Json keys_json(const signals::KeyList& keys) {
  Json::Array out;
  for (const signals::EventKey& key : keys.view()) {
    out.emplace_back(hex_encode({reinterpret_cast<const char*>(key.data()), key.size()}));
  }
  return out;
}

}  // namespace

Json signal_document(const signals::Signal& s, const rules::RuleInfo& rule,
                     const SignalOrigin& origin, const Json& facts) {
  Json out = signal_identity(s);
  Json::Object& members = *out.if_object();
  members.emplace("rule_version",
                  Json::Object{{"definition", rule.definition.hex()}, {"modified", rule.modified}});
  members.emplace("rulebook", origin.rulebook.hex());
  members.emplace("field_policy", origin.field_policy.hex());
  members.emplace("catalogue", origin.catalogue.hex());
  members.emplace("facts", facts);
  return out;
}

Json signal_figures(const signals::Signal& s, const rules::Program& program, rules::RuleIndex rule,
                    InputTrail::Listed inputs) {
  Json out = signal_figures(s);
  Json::Object& members = *out.if_object();
  const rules::Correlation* correlation = program.correlation(rule);
  const Duration window = correlation == nullptr ? Duration{} : correlation->timespan;
  members.emplace("window_s", std::chrono::duration_cast<std::chrono::seconds>(window).count());
  members.emplace("events", Json::Object{{"total", s.events.total},
                                         {"first", keys_json(s.events.first)},
                                         {"last", keys_json(s.events.last)}});
  members.emplace("inputs", std::move(inputs.inputs));
  members.emplace("inputs_left_out", inputs.left_out);
  return out;
}

cases::SignalInput signal_input(const signals::Signal& s, const model::Terms& terms, Json document,
                                Json figures) {
  cases::SignalInput input;
  input.id = s.id;
  input.subscription = model::SubscriptionId(s.subscription);
  const model::Term* term = s.terms.empty() ? nullptr : terms.find(s.terms.front());
  input.term_group = term != nullptr ? term->group : "";
  input.document = std::move(document);
  input.figures = std::move(figures);
  return input;
}

}  // namespace proviso::server

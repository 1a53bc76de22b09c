// SPDX-License-Identifier: Apache-2.0
#include "server/signal_json.h"

#include "base/text/format.h"

namespace proviso::server {

std::string number_text(double value) { return format("{:.15g}", value); }

Json group_json(const std::vector<signals::GroupValue>& group) {
  Json::Object out;
  for (const signals::GroupValue& v : group) out.insert_or_assign(v.name, v.text);
  return out;
}

Json signal_identity(const signals::Signal& s) {
  return Json::Object{{"signal", s.id},
                      {"rule", s.rule},
                      {"title", s.title},
                      {"author", s.author},
                      {"level", s.level},
                      {"terms", Json::Array(s.terms.begin(), s.terms.end())},
                      {"group", group_json(s.group)},
                      {"subscription", s.subscription}};
}

Json signal_figures(const signals::Signal& s) {
  return Json::Object{
      {"from", format_time_exact(s.from)},         {"to", format_time_exact(s.to)},
      {"value_first", number_text(s.value_first)}, {"value_last", number_text(s.value_last)},
      {"value_peak", number_text(s.value_peak)},   {"firings", s.firings}};
}

Json signal_json(const signals::Signal& s) {
  Json out = signal_identity(s);
  Json figures = signal_figures(s);
  for (auto& [name, value] : *figures.if_object()) {
    out.if_object()->insert_or_assign(name, std::move(value));
  }
  return out;
}

}  // namespace proviso::server

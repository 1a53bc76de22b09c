// SPDX-License-Identifier: Apache-2.0
#include "decisions/publishable.h"

#include <set>
#include <string>

namespace proviso::decisions {
namespace {

Json sorted(const std::set<std::string>& words) { return Json::Array(words.begin(), words.end()); }

}  // namespace

void describe(const model::Restriction& r, Json& private_part) {
  std::set<std::string> terms;
  std::set<std::string> services;
  std::set<std::string> effects;
  for (const model::TermRef& term : r.terms) {
    terms.insert(term.id.value + "@" + std::to_string(term.version));
  }
  for (const model::ScopeLine& line : r.scope) services.insert(line.service.value);
  for (const model::Stage& stage : r.stages) effects.insert(to_string(stage.effect));
  Json::Object& fields = *private_part.if_object();
  fields.emplace("terms", sorted(terms));
  fields.emplace("origin", r.origin.kind);
  fields.emplace("services", sorted(services));
  fields.emplace("effects", sorted(effects));
}

}  // namespace proviso::decisions

// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "provider_sim/scenarios.h"
#include "provider_sim/simulate.h"

namespace proviso::provider_sim {
namespace {

Json strings(const std::vector<std::string>& items) {
  return Json(Json::Array(items.begin(), items.end()));
}

Json line_of(const model::Customer& c) {
  return Json::Object{{"kind", "customer"},
                      {"id", c.id.value},
                      {"name", c.name},
                      {"customer_kind", c.kind},
                      {"protected_classes", strings(c.protected_classes)}};
}

Json line_of(const model::Unit& u) {
  return Json::Object{
      {"kind", "unit"}, {"id", u.id.value}, {"customer", u.customer.value}, {"name", u.name}};
}

Json line_of(const model::Agreement& a) {
  Json::Array declared;
  for (const model::DeclaredVolume& v : a.declared) {
    declared.emplace_back(
        Json::Object{{"service", v.service.value}, {"unit", v.unit}, {"per_day", v.per_day}});
  }
  return Json::Object{{"kind", "agreement"},
                      {"id", a.id.value},
                      {"customer", a.customer.value},
                      {"terms_version", a.terms_version},
                      {"declared_use", a.declared_use},
                      {"declared", std::move(declared)},
                      {"exceptions", strings(a.exceptions)}};
}

Json line_of(const model::Subscription& s) {
  return Json::Object{{"kind", "subscription"},
                      {"id", s.id.value},
                      {"unit", s.unit.value},
                      {"agreement", s.agreement.value}};
}

Json line_of(const model::Link& l) {
  return Json::Object{{"kind", "link"},
                      {"from", l.from},
                      {"to", l.to},
                      {"link_kind", l.kind},
                      {"weight_percent", l.weight_percent},
                      {"source", l.source}};
}

template <class T>
Result<void> write_all(const std::vector<T>& items, const Sink& sink) {
  for (const T& item : items) TRY_VOID(sink(canonical_json(line_of(item)) + "\n"));
  return {};
}

}  // namespace

Result<void> write_register(const Options& options, const Sink& sink) {
  return write_register_of(TRY(make_world(options)), sink);
}

Result<void> write_register_of(const World& world, const Sink& sink) {
  TRY_VOID(write_all(world.customers, sink));
  TRY_VOID(write_all(world.units, sink));
  TRY_VOID(write_all(world.agreements, sink));
  TRY_VOID(write_all(world.subscriptions, sink));
  return write_all(world.links, sink);
}

}  // namespace proviso::provider_sim

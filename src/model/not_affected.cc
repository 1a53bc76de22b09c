// SPDX-License-Identifier: Apache-2.0
#include "model/not_affected.h"

#include <algorithm>
#include <map>

#include "model/scope.h"

namespace proviso::model {
namespace {

using Service = std::pair<std::string, std::string>;

// As a scope line is written, so that one can be copied into the other.
std::string text_of(const Service& service) {
  return to_string(ScopeLine{SubscriptionId(service.first), ServiceId(service.second), {}, {}, {}});
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

NotAffectedRest rest_of(const NotAffected& all, const std::vector<Service>& unnamed) {
  NotAffectedRest rest;
  rest.agreements = static_cast<std::int64_t>(all.agreements.size()) -
                    static_cast<std::int64_t>(std::min(all.agreements.size(), kNamedMax));
  rest.services = static_cast<std::int64_t>(unnamed.size());
  std::map<std::string, std::int64_t> counts;
  for (const Service& service : unnamed) ++counts[service.second];
  for (const auto& count : counts) {
    if (rest.by_service.size() < kNamedMax) rest.by_service.push_back(count);
  }
  rest.all = sha256(not_affected_text(all));
  return rest;
}

}  // namespace

std::string not_affected_text(const NotAffected& all) {
  std::vector<std::string> services;
  for (const Service& service : all.services) services.push_back(text_of(service));
  services = sorted(std::move(services));
  return canonical_json(
      Json::Object{{"agreements", Json::Array(all.agreements.begin(), all.agreements.end())},
                   {"services", Json::Array(services.begin(), services.end())}});
}

NotAffectedNames name_not_affected(const NotAffected& all, const std::set<std::string>& near) {
  std::vector<Service> services(all.services.begin(), all.services.end());
  std::stable_partition(services.begin(), services.end(),
                        [&](const Service& service) { return near.contains(service.first); });
  const std::size_t named = std::min(services.size(), kNamedMax);
  NotAffectedNames out;
  for (const std::string& name : all.agreements) {
    if (out.agreements.size() < kNamedMax) out.agreements.push_back(name);
  }
  for (std::size_t i = 0; i < named; ++i) out.services.push_back(text_of(services[i]));
  out.services = sorted(std::move(out.services));
  services.erase(services.begin(), services.begin() + static_cast<std::ptrdiff_t>(named));
  if (!services.empty() || all.agreements.size() > kNamedMax) out.rest = rest_of(all, services);
  return out;
}

Json rest_to_json(const NotAffectedRest& rest) {
  Json::Array by_service;
  for (const auto& [service, subscriptions] : rest.by_service) {
    by_service.emplace_back(Json::Object{{"service", service}, {"subscriptions", subscriptions}});
  }
  return Json::Object{{"agreements", rest.agreements},
                      {"services", rest.services},
                      {"by_service", std::move(by_service)},
                      {"all", rest.all.hex()}};
}

Result<NotAffectedRest> rest_from_json(const Json& value) {
  JsonReader reader(value, "not_affected_rest");
  NotAffectedRest rest;
  rest.agreements = reader.integer("agreements");
  rest.services = reader.integer("services");
  std::int64_t sum = 0;
  for (const Json& item : reader.array("by_service")) {
    JsonReader line(item, reader.path("by_service"));
    std::string service = line.string("service");
    const std::int64_t subscriptions = line.integer("subscriptions");
    TRY_VOID(line.finish());
    const bool rises = rest.by_service.empty() || rest.by_service.back().first < service;
    if (!rises || subscriptions < 1 || subscriptions > rest.services - sum) {
      line.fail_at("service", "not sorted, or its count cannot be true");
      return std::unexpected(line.finish().error());
    }
    sum += subscriptions;
    rest.by_service.emplace_back(std::move(service), subscriptions);
  }
  const auto all = Digest::from_hex(reader.string("all"));
  if (!all) reader.fail_at("all", "not a SHA-256 in 64 lower-case hexadecimal digits");
  const bool complete = rest.by_service.size() < kNamedMax;
  if (rest.agreements < 0 || rest.services < 0 || (rest.agreements == 0 && rest.services == 0) ||
      rest.by_service.size() > kNamedMax || (complete && sum != rest.services)) {
    reader.fail_at("services", "the counts cannot be true");
  }
  TRY_VOID(reader.finish());
  rest.all = *all;
  return rest;
}

}  // namespace proviso::model

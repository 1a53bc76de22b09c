// SPDX-License-Identifier: Apache-2.0
#include "rules/log_route.h"

#include <array>
#include <string_view>

namespace proviso::rules {
namespace {

struct Route {
  std::string_view needs;
  std::string_view also;
  std::string_view product;
  std::string_view service;
};

// The first line that fits counts.
constexpr std::array<Route, 8> kRoutes = {{
    {"eventVersion", "eventSource", "aws", "cloudtrail"},
    {"riskEventType", "riskLevel", "azure", "riskdetection"},
    {"conditionalAccessStatus", "userPrincipalName", "azure", "signinlogs"},
    {"activityDisplayName", "loggedByService", "azure", "auditlogs"},
    {"operationName", "resourceId", "azure", "activitylogs"},
    {"protoPayload", "logName", "gcp", "gcp.audit"},
    {"Workload", "RecordType", "m365", "audit"},
    {"subscription", "operation", "proviso", "usage"},
}};

bool has(simdjson::dom::object event, std::string_view name) {
  simdjson::dom::element value;
  return event.at_key(name).get(value) == simdjson::SUCCESS;
}

}  // namespace

LogSource log_source_of(simdjson::dom::object event) {
  for (const Route& route : kRoutes) {
    if (!has(event, route.needs) || !has(event, route.also)) continue;
    return {"", std::string(route.product), std::string(route.service)};
  }
  return {};
}

bool routes_to(const LogSource& event, const LogSource& rule) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(rule.product, event.product) && fits(rule.service, event.service) &&
         fits(rule.category, event.category);
}

}  // namespace proviso::rules

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

}  // namespace

std::span<const LogSource> known_log_sources() {
  static const std::vector<LogSource> kSources = [] {
    std::vector<LogSource> out;
    for (const Route& route : kRoutes) {
      out.push_back({"", std::string(route.product), std::string(route.service)});
    }
    out.emplace_back();
    return out;
  }();
  return kSources;
}

std::vector<std::string> log_source_names() {
  std::vector<std::string> out;
  for (const Route& route : kRoutes) {
    out.emplace_back(route.needs);
    out.emplace_back(route.also);
  }
  return out;
}

std::size_t log_source_of(const JsonEvent& event, FieldId first) {
  for (std::size_t i = 0; i < kRoutes.size(); ++i) {
    const std::size_t needs = index(first) + 2 * i;
    if (event.has(FieldId(needs)) && event.has(FieldId(needs + 1))) return i;
  }
  return kRoutes.size();
}

bool routes_to(const LogSource& event, const LogSource& rule) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(rule.product, event.product) && fits(rule.service, event.service) &&
         fits(rule.category, event.category);
}

}  // namespace proviso::rules

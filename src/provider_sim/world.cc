// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/world.h"

#include "base/check.h"

namespace proviso::provider_sim {
namespace {

using Day = std::array<std::uint8_t, 24>;
constexpr Day kOffice = {5,  4,  4,   4,   6,  15, 40, 75, 95, 100, 100, 98,
                         85, 95, 100, 100, 92, 75, 50, 30, 20, 14,  10,  7};
constexpr Day kEvening = {35, 20, 12, 8,  6,  8,  15, 25, 35,  40, 42, 45,
                          50, 50, 52, 55, 62, 75, 90, 98, 100, 95, 80, 55};
constexpr Day kNight = {100, 100, 95, 60, 25, 10, 5, 2, 2,  2,  2,  2,
                        2,   2,   2,  2,  2,  2,  3, 5, 10, 30, 70, 90};

}  // namespace

std::uint64_t percent_at(Rhythm rhythm, std::int64_t hour_of_day) {
  CHECK(hour_of_day >= 0 && hour_of_day < 24);
  const auto hour = static_cast<std::size_t>(hour_of_day);
  switch (rhythm) {
    case Rhythm::flat: return 100;
    case Rhythm::office: return kOffice[hour];
    case Rhythm::evening: return kEvening[hour];
    case Rhythm::night: return kNight[hour];
  }
  return 100;
}

void World::add(const Tenant& tenant) {
  const model::CustomerId customer("cust-" + tenant.slug);
  customers.push_back({customer, tenant.name, tenant.kind, tenant.protected_classes});
  for (const Tenancy& tenancy : tenant.tenancies) {
    const std::string slug = tenant.slug + "-" + tenancy.slug;
    const model::UnitId unit("unit-" + slug);
    const model::AgreementId agreement("agr-" + slug);
    units.push_back({unit, customer, tenancy.unit_name});
    agreements.push_back(
        {agreement, customer, 1, tenancy.declared_use, tenancy.declared, tenancy.exceptions});
    for (Stream stream : tenancy.streams) {
      CHECK(stream.records_per_hour > 0 && 12 % stream.records_per_hour == 0);
      stream.subscription = static_cast<std::uint32_t>(subscriptions.size());
      streams.push_back(stream);
    }
    subscriptions.push_back({model::SubscriptionId("sub-" + slug), unit, agreement});
  }
}

}  // namespace proviso::provider_sim

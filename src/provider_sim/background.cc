// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "base/random.h"
#include "provider_sim/tenants.h"

namespace proviso::provider_sim {
namespace {

constexpr std::array<std::string_view, 5> kRegions = {"eu-central-1", "eu-west-1", "us-east-1",
                                                      "ap-northeast-1", "sa-east-1"};

Stream stream(std::string_view service, std::string_view operation, std::string_view resource_type,
              std::uint64_t per_hour, std::string_view unit, std::int64_t per_call, Rhythm rhythm) {
  return {.service = service,
          .operation = operation,
          .resource_type = resource_type,
          .per_hour = per_hour,
          .amounts = each(unit, per_call),
          .rhythm = rhythm,
          .noise_percent = 30};
}

/// What one kind of ordinary customer does, at size 100.
struct Trade {
  std::string_view kind;
  std::string_view name;
  std::string_view use;
  std::vector<Stream> streams;
};

std::vector<Trade> trades() {
  using enum Rhythm;
  return {
      {"retail",
       "Web shop",
       "Web shop",
       {stream("storage", "GetObject", "bucket", 900, "bytes", 120'000, evening),
        stream("database", "Query", "database", 1'500, "bytes", 2'000, evening),
        stream("mail", "SendMessage", "mail-domain", 60, "bytes", 40'000, evening)}},
      {"saas",
       "Software service",
       "Software for offices",
       {stream("database", "Query", "database", 2'000, "bytes", 3'000, office),
        stream("inference", "Chat", "model-deployment", 40, "tokens", 1'200, office),
        stream("identity", "SignIn", "directory", 120, "requests", 1, office)}},
      {"media",
       "Local paper",
       "Web site and archive",
       {stream("storage", "PutObject", "bucket", 60, "bytes", 1'800'000, office),
        stream("storage", "GetObject", "bucket", 1'200, "bytes", 300'000, evening)}},
      {"school",
       "School",
       "Lessons and mail",
       {stream("storage", "PutObject", "bucket", 80, "bytes", 700'000, office),
        stream("mail", "SendMessage", "mail-domain", 90, "bytes", 60'000, office)}},
      {"public-body",
       "Town hall",
       "Registers and forms",
       {stream("database", "Query", "database", 700, "bytes", 4'000, office),
        stream("speech", "TranscribeRecording", "speech-model", 6, "seconds", 1'800, office),
        stream("security", "ScanObject", "detector", 150, "bytes", 500'000, office)}},
      {"research",
       "Institute",
       "Calculations",
       {stream("compute", "RunHours", "cpu-instance", 24, "vcpu_seconds", 3'600, flat),
        stream("storage", "PutObject", "bucket", 30, "bytes", 9'000'000, night)}},
      {"games",
       "Game studio",
       "Games",
       {stream("compute", "RunHours", "cpu-instance", 16, "vcpu_seconds", 3'600, evening),
        stream("network", "OutboundRequest", "address", 800, "bytes", 1'500, evening)}},
  };
}

std::string numbered(std::string_view word, std::uint32_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return std::string(word) + digits;
}

Tenancy tenancy(const Trade& trade, std::string slug, SeededRandom& random) {
  Tenancy out{std::move(slug), "Unit", std::string(trade.use), {}, trade.streams, {}};
  const std::string_view region = kRegions[random.below(kRegions.size())];
  const std::uint64_t size = 20 + random.below(281);  // percent of the trade's usual volume
  for (Stream& s : out.streams) {
    s.region = region;
    s.per_hour = s.per_hour * size / 100;
    if (s.service == "inference") {
      out.declared.push_back({model::ServiceId("inference"), "tokens",
                              static_cast<std::int64_t>(s.per_hour) * 24 * 1'200 + 1});
    }
  }
  return out;
}

}  // namespace

void add_background(World& world, std::uint32_t subscriptions, std::uint64_t seed) {
  const std::vector<Trade> all = trades();
  SeededRandom random(seed ^ 0xBAC4620DULL);
  std::uint32_t made = 0;
  for (std::uint32_t number = 1; made < subscriptions; ++number) {
    const Trade& trade = all[random.below(all.size())];
    Tenant tenant{numbered("", number),
                  numbered(std::string(trade.name) + " ", number),
                  std::string(trade.kind),
                  {},
                  {}};
    // One customer in eight has two subscriptions.
    const std::uint32_t wanted = random.below(8) == 0 ? 2 : 1;
    for (std::uint32_t i = 0; i < wanted && made < subscriptions; ++i, ++made) {
      tenant.tenancies.push_back(tenancy(trade, i == 0 ? "a" : "b", random));
    }
    world.add(tenant);
    if (number % 50 == 0) {
      world.links.push_back({"cust-" + numbered("", number - 1), "cust-" + tenant.slug, "reseller",
                             90, "resale contract"});
    }
  }
}

}  // namespace proviso::provider_sim

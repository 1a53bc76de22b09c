// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/scenarios.h"

#include <array>

#include "provider_sim/listening.h"
#include "provider_sim/market.h"
#include "provider_sim/tenants.h"

namespace proviso::provider_sim {
namespace {

constexpr std::string_view kMarket = "market";

// 20,000 an hour is a contact centre; 2.33 weeks later it is kRampOnsetPerHour, 5.64 weeks later
// the million.
Tenant slow_ramp() {
  Listening what;
  what.per_hour = 20'000;
  what.doubling_hours = 7 * 24;
  what.ramp_to = 1'000'000;
  return listening_unit("slow-ramp", what);
}

using Cast = std::vector<Tenant> (*)(const Options&);

struct Scenario {
  ScenarioInfo info;
  /// Who is there besides the ordinary voice users and the background.
  Cast cast;
};

constexpr std::array<Scenario, 16> kScenarios = {{
    {{"quiet", "ordinary customers only; no rule fires"},
     [](const Options&) { return std::vector<Tenant>{}; }},
    {{"million-calls",
      "one unit stores and transcribes 1,000,000 call "
      "recordings an hour, its sister runs cyber "
      "defence"},
     [](const Options&) { return std::vector{public_body()}; }},
    {{"mistaken-cut", "a very large contact centre that looks like million-calls"},
     [](const Options&) { return std::vector{outsourced_contact_centre()}; }},
    {{"departure", "million-calls, and at half time the unit takes its data out"},
     [](const Options& options) {
       std::vector<Tenant> cast = exporters();
       cast.push_back(public_body(options.hours / 2));
       return cast;
     }},
    {{"bulk-voice-recording", "recordings go into storage in bulk, and nothing else happens"},
     [](const Options&) { return std::vector{recording_archive()}; }},
    {{"population-scale-speech", "speech recognition for tens of thousands of lines at once"},
     [](const Options&) { return std::vector{captioning_service()}; }},
    {{"voice-surveillance", "recordings are stored and recognised in bulk by one subscription"},
     [](const Options&) { return std::vector{line_records_office()}; }},
    {{"bulk-face-matching", "faces are matched against a collection around the clock"},
     [](const Options&) { return face_matchers(); }},
    {{"tokens-beyond-declared", "many times the declared tokens"},
     [](const Options&) { return token_users(); }},
    {{"crypto-mining", "accelerators run in ten regions without pause"},
     [](const Options&) { return accelerator_users(); }},
    {{"mass-mail", "mail in bulk, of which much comes back"},
     [](const Options&) { return mailers(); }},
    {{"credential-stuffing", "sign-ins that fail by the hundred thousand"},
     [](const Options&) { return sign_in_callers(); }},
    {{"scraping-egress", "small requests to others in bulk"},
     [](const Options&) { return outbound_callers(); }},
    {{"excluded-region", "use in a region that the terms exclude"},
     [](const Options&) { return region_users(); }},
    {{"slow-ramp",
      "recordings and their recognition double each week, from 20,000 an hour to 1,000,000; see "
      "--hours"},
     [](const Options&) { return std::vector{slow_ramp()}; }},
    {{kMarket,
      "--background subscriptions of customers of many trades, sizes drawn widely, each as it "
      "should; nobody else"},
     [](const Options&) { return std::vector<Tenant>{}; }},
}};

}  // namespace

std::vector<ScenarioInfo> scenarios() {
  std::vector<ScenarioInfo> out;
  for (const Scenario& scenario : kScenarios) out.push_back(scenario.info);
  return out;
}

Result<World> make_world(const Options& options) {
  for (const Scenario& scenario : kScenarios) {
    if (scenario.info.name != options.scenario) continue;
    World world;
    if (options.scenario == kMarket) {
      add_market(world, options.background, options.seed);
      return world;
    }
    for (const Tenant& tenant : scenario.cast(options)) world.add(tenant);
    for (const Tenant& tenant : ordinary_voice_users()) world.add(tenant);
    add_background(world, options.background, options.seed);
    return world;
  }
  std::string names;
  for (const Scenario& scenario : kScenarios) {
    names += (names.empty() ? "" : ", ") + std::string(scenario.info.name);
  }
  return fail(Errc::invalid_input, "no such scenario (there are: " + names + ")");
}

}  // namespace proviso::provider_sim

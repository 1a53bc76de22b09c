// SPDX-License-Identifier: Apache-2.0
// The same random questions to the library, to AuthZEN and to ext_authz, through bytes as clients
// send them, and to a slow model that is written from the design's section 4: all four say the
// same, and the same is counted of orders in shadow. 20,000 of them; 10 million in the soak tier.
// PROVISO_SEED chooses the orders and the questions.
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/json.h"
#include "gate_daemon/authzen.h"
#include "gate_daemon/ext_authz.h"
#include "gate_daemon/grpc_connection.h"
#include "gate_daemon/testing/check_request.h"
#include "gate_daemon/testing/grpc_client.h"
#include "gate_daemon/testing/served_world.h"

namespace proviso::gate_daemon {
namespace {

using gates::Request;
using gates::testing::restriction_of;
using model::ActionClass;
using model::Effect;
using model::EffectKind;
using model::Outcome;
using model::testing::sign_order;
using testing::ServedWorld;

const Time kInForce = testing::at("2026-11-06T00:00:00Z");
constexpr std::string_view kGate = "north.example";
const Time kMade = testing::at("2026-11-08T00:00:00Z");  // the world's snapshots

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::uint64_t checks_wanted() {
  const char* const tier = std::getenv("PROVISO_TIER");
  const bool soak = tier != nullptr && std::string_view(tier) == "soak";
  return number_of("PROVISO_CHECKS", soak ? 10'000'000 : 20'000);
}

/// What each of the four says of a question, in one form.
struct Said {
  std::string effect = "allow";
  char outcome = 'y';  // y, n, or l for limited
  std::uint32_t rate = 0;
  std::string order;
  bool operator==(const Said&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Said& said) {
  return out << said.effect << " " << said.outcome << " " << said.rate << " "
             << said.order.substr(0, 12);
}

// Eight subscriptions (some GUIDs), of which orders name six; three services, of which the
// catalogue knows two.
const std::vector<std::string> kSubscriptions = {"sub-1",
                                                 "SUB-1",
                                                 "0f8fad5b-d9cb-469f-a165-70867728950e",
                                                 "7c9e6679-7425-40de-944b-e07fc1f90ae7",
                                                 "a b/ü",
                                                 "sub-16-bytes-long",
                                                 "sub-2",
                                                 "0f8fad5b-d9cb-469f-a165-70867728950f"};
const std::vector<std::string> kServices = {"object-storage", "speech", "database"};
const std::vector<std::string> kRegions = {"eu", "us", ""};
struct Operation {
  std::string name;
  ActionClass in_storage;
  ActionClass in_speech;
};
const std::vector<Operation> kOperations = {
    {"GetObject", ActionClass::read, ActionClass::other},
    {"PutObject", ActionClass::write, ActionClass::other},
    {"ExportBucket", ActionClass::export_data, ActionClass::other},
    {"Recognize", ActionClass::other, ActionClass::compute},
    {"Unheard", ActionClass::other, ActionClass::other}};

class Differential : public ::testing::Test {
 protected:
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[random.below(items.size())];
  }
  Effect some_effect() {
    const auto kind = static_cast<EffectKind>(1 + random.below(4));
    return {kind,
            kind == EffectKind::throttle ? 1 + static_cast<std::uint32_t>(random.below(3)) : 0};
  }

  model::ScopeLine some_line(const std::string& subscription, const std::string& service) {
    model::ScopeLine line{
        model::SubscriptionId(subscription), model::ServiceId(service), {}, {}, {}};
    if (random.below(3) == 0) line.regions.push_back(one_of(std::vector<std::string>{"eu", "us"}));
    if (random.below(3) == 0) {
      line.classes.push_back(static_cast<ActionClass>(random.below(model::kActionClassCount)));
    }
    return line;
  }

  model::Rollout some_rollout(Time begin, Time end) {
    const auto hours = [&](Time to) {
      return static_cast<std::uint64_t>(
          std::chrono::floor<std::chrono::hours>(std::min(to - begin, model::kRolloutMax)).count());
    };
    const auto after = [&](std::uint64_t most) {
      return begin + std::chrono::hours{static_cast<std::int64_t>(random.below(most))};
    };
    model::Rollout out;
    out.everywhere_from = after(hours(end) - 1) + std::chrono::hours{1};
    if (random.below(2) == 0) {
      out.first.push_back({{std::string(kGate)}, after(hours(out.everywhere_from))});
    }
    return out;
  }

  model::Order some_order(std::size_t number) {
    model::Order order = restriction_of("unused", "speech", '7');
    order.nonce = std::string(28, 'a') + std::to_string(1000 + number);
    model::Restriction& r = *order.restriction;
    r.scope.clear();
    for (const std::string& service : kServices) {
      if (!r.scope.empty() && random.below(2) == 0) continue;
      r.scope.push_back(some_line(kSubscriptions[random.below(6)], service));
    }
    r.stages.clear();
    Time from = kMade - std::chrono::hours{24};
    for (std::uint64_t i = 0; i <= random.below(3); ++i) {
      from += std::chrono::hours{1 + static_cast<std::int64_t>(random.below(40))};
      r.stages.push_back({from, some_effect()});
    }
    r.until = from + std::chrono::hours{24 * static_cast<std::int64_t>(1 + random.below(60))};
    if (random.below(2) == 0) r.rollout = some_rollout(r.stages.front().from, *r.until);
    r.services_not_affected.clear();
    r.closes_export = closes_export(r, model::testing::sample_catalogue());
    return order;
  }

  void SetUp() override {
    for (std::size_t i = 0; i < 60; ++i) {
      orders.push_back(some_order(i));
      world.put_in_force(sign_order(orders.back(), {"ada", "ben", "cleo"}), kInForce);
    }
    served.emplace(world, ServedWorld::Choice{.name = std::string(kGate)});
    ASSERT_EQ(served->problem, "");
    checks.emplace(*served->gate, served->clocks);
    authzen.emplace(*checks, names, AuthzenSettings{});
    ext_authz.emplace(*checks, ExtAuthzSettings{});
    http.emplace(*authzen, HttpLimits{});
  }

  // From when this gate enforces it, word by word.
  static Time begins_here(const model::Restriction& r) {
    if (!r.rollout) return r.stages.front().from;
    for (const model::RolloutStep& step : r.rollout->first) {
      if (std::count(step.gates.begin(), step.gates.end(), kGate) > 0) return step.from;
    }
    return r.rollout->everywhere_from;
  }
  static bool is_stale(Time begins) { return begins - kMade > std::chrono::hours{24}; }

  // Stage by stage, in the order's own words; none begins before the gate's time. I10: a gate that
  // got no newer snapshot begins no stricter stage a day after it was made.
  static Effect effect_now(const model::Restriction& r, Time now) {
    Effect effect;
    if (now >= *r.until) return effect;
    for (const model::Stage& stage : r.stages) {
      const Time begins = std::max(stage.from, begins_here(r));
      if (now < begins) break;
      if (!is_stale(begins) || !model::stricter(stage.effect, effect)) effect = stage.effect;
    }
    return effect;
  }

  // What it would do, while it is in shadow here: until the gate's time, and from then on as it was
  // where the gate may not begin.
  static Effect shadow_now(const model::Restriction& r, Time now) {
    const Time begins = begins_here(r);
    Effect effect;
    if (now >= *r.until || (now >= begins && !is_stale(begins))) return effect;
    for (const model::Stage& stage : r.stages) {
      if (stage.from <= now && stage.from < begins) effect = stage.effect;
    }
    return effect;
  }

  static bool names_it(const model::ScopeLine& line, const Request& asked, ActionClass c) {
    const auto in = [](const auto& list, const auto& value) {
      return list.empty() || std::count(list.begin(), list.end(), value) > 0;
    };
    return line.subscription.value == model::normalise_id(asked.subscription) &&
           line.service.value == asked.service && in(line.regions, asked.region) &&
           in(line.classes, c);
  }

  static ActionClass class_of(const Request& asked) {
    for (const Operation& operation : kOperations) {
      if (operation.name != asked.operation) continue;
      if (asked.service == "object-storage") return operation.in_storage;
      if (asked.service == "speech") return operation.in_speech;
    }
    return ActionClass::other;
  }

  // read write compute admin export other
  static char allowed(const Effect& effect, ActionClass c) {
    const std::string_view row = effect.kind == EffectKind::throttle      ? "llllyl"
                                 : effect.kind == EffectKind::read_only   ? "ynnnyn"
                                 : effect.kind == EffectKind::export_only ? "nnnnyn"
                                                                          : "nnnnnn";
    return row[static_cast<std::size_t>(c)];
  }

  using EffectAt = Effect (*)(const model::Restriction&, Time);
  [[nodiscard]] Said by_the_model(const Request& asked, Time now, EffectAt effect_at) const {
    Said said;
    Effect strictest;
    const ActionClass c = class_of(asked);
    for (const model::Order& order : orders) {
      const Effect effect = effect_at(*order.restriction, now);
      if (effect.kind == EffectKind::allow) continue;
      for (const model::ScopeLine& line : order.restriction->scope) {
        if (!names_it(line, asked, c)) continue;
        const char outcome = allowed(effect, c);
        if (outcome == 'n' || (outcome == 'l' && said.outcome == 'y')) said.outcome = outcome;
        if (outcome == 'l' && (said.rate == 0 || effect.rate_per_second < said.rate)) {
          said.rate = effect.rate_per_second;
        }
        if (!said.order.empty() && !model::stricter(effect, strictest)) continue;
        strictest = effect;
        said.order = model::order_digest(order).hex();
      }
    }
    said.effect = to_string(strictest);
    if (said.outcome != 'l') said.rate = 0;
    return said;
  }

  [[nodiscard]] Said by_the_library(const Request& asked) const {
    const gates::Answer answer = served->gate->check(asked);
    Said said;
    said.effect = to_string(answer.effect);
    said.outcome = answer.outcome == Outcome::yes ? 'y' : answer.outcome == Outcome::no ? 'n' : 'l';
    if (said.outcome == 'l') said.rate = answer.rate_per_second;
    if (answer.restricted()) said.order = answer.order.hex();
    return said;
  }

  // What was put down as in shadow by all who asked since the last time; all must be the same.
  std::vector<Said> in_shadow() {
    std::vector<Said> out;
    gates::Refusal refusal;
    while (served->refusals.pop(refusal)) {
      const gates::Answer& answer = refusal.answer;
      if (answer.mode != gates::Mode::shadow) continue;
      Said said{.effect = to_string(answer.effect),
                .outcome = answer.judged == Outcome::no ? 'n' : 'l',
                .order = answer.order.hex()};
      if (said.outcome == 'l') said.rate = answer.rate_per_second;
      out.push_back(said);
    }
    return out;
  }

  Said by_authzen(const Request& asked) {
    const auto entity = [](std::string_view type, std::string_view id) {
      return Json::Object{{"type", type}, {"id", id}};
    };
    Json::Object context;
    if (!asked.region.empty()) context.emplace("region", asked.region);
    const std::string body =
        canonical_json(Json::Object{{"subject", entity("subscription", asked.subscription)},
                                    {"resource", entity("service", asked.service)},
                                    {"action", Json::Object{{"name", asked.operation}}},
                                    {"context", context}});
    std::string out;
    http->take(
        "POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body,
        out);
    const auto json = parse_json(testing::body_of(out));
    if (!json || json->find("context") == nullptr) return {.effect = out, .order = {}};
    const Json& told = *json->find("context");
    Said said;
    if (const Json* effect = told.find("effect")) said.effect = *effect->if_string();
    if (const Json* order = told.find("order")) said.order = *order->if_string();
    if (!*json->find("decision")->if_bool()) said.outcome = 'n';
    const Json* obligations = told.find("obligations");
    if (obligations == nullptr) return said;
    const Json* rate =
        obligations->if_array()->front().find("properties")->find("requests_per_second");
    if (rate == nullptr) return said;
    said.outcome = 'l';
    said.rate = static_cast<std::uint32_t>(*rate->if_int());
    return said;
  }

  // The text behind `key` up to `end`; empty where it is not there.
  static std::string after(const std::string& text, std::string_view key, char end) {
    const std::size_t at = text.find(key);
    if (at == std::string::npos) return "";
    return text.substr(at + key.size(), text.find(end, at + key.size()) - at - key.size());
  }

  Said by_ext_authz(const Request& asked) {
    if (calls++ % 1000 == 0) {
      grpc = std::make_unique<GrpcConnection>(*ext_authz, ext_authz->settings().limits);
      envoy = std::make_unique<testing::GrpcClient>();
    }
    testing::CheckRequest request{
        .headers = {{"x-proviso-subscription", std::string(asked.subscription)}},
        .extensions = {{"proviso.service", std::string(asked.service)},
                       {"proviso.operation", std::string(asked.operation)}}};
    if (!asked.region.empty()) request.extensions.emplace_back("proviso.region", asked.region);
    const std::int32_t id =
        envoy->call("/envoy.service.auth.v3.Authorization/Check", request.bytes());
    std::string out;
    grpc->take(envoy->send(), out);
    envoy->receive(out);
    std::string_view message;
    if (unframe(envoy->answer(id).body, message).code != GrpcCode::ok)
      return {.effect = "no answer", .order = {}};
    const std::string text = testing::dump(message, testing::kCheckResponse);
    Said said;
    const std::string effect = after(text, R"(1"x-proviso-effect" 2")", '"');
    if (!effect.empty()) said.effect = effect;
    said.order = after(text, R"(1"x-proviso-order" 2")", '"');
    if (!text.starts_with("1{1:0}")) said.outcome = 'n';
    if (after(text, R"(1"outcome" 2{3")", '"') != "limited") return said;
    said.outcome = 'l';
    said.rate = static_cast<std::uint32_t>(std::stoul(after(text, R"(1"rate" 2{2=)", '}')));
    return said;
  }

  SeededRandom random{number_of("PROVISO_SEED", 1)};
  gates::testing::World world;
  std::vector<model::Order> orders;
  std::optional<ServedWorld> served;
  std::optional<Checks> checks;
  Latest<Names> names;
  std::optional<Authzen> authzen;
  std::optional<ExtAuthz> ext_authz;
  std::optional<HttpConnection> http;
  std::unique_ptr<GrpcConnection> grpc;
  std::unique_ptr<testing::GrpcClient> envoy;
  std::uint64_t calls = 0;
};

std::string in_upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
  return text;
}

TEST_F(Differential, FourWaysToAskSayTheSame) {
  const std::uint64_t wanted = checks_wanted();
  const std::int64_t span = std::int64_t{75} * 86400;  // until the last order is over
  std::array<std::uint64_t, 3> outcomes{};
  std::uint64_t in_shadows = 0;
  std::int64_t passed = 0;
  for (std::uint64_t i = 0; i < wanted; ++i) {
    const auto now = static_cast<std::int64_t>(i * static_cast<std::uint64_t>(span) / wanted);
    if (now != passed) served->clocks.pass(now - passed);
    passed = now;
    std::string subscription = one_of(kSubscriptions);
    if (subscription.size() == 36 && random.below(2) == 0)
      subscription = in_upper_case(subscription);
    const Request asked{subscription, one_of(kServices), one_of(kOperations).name, one_of(kRegions),
                        ""};
    const Time at = from_unix_seconds(served->clocks.wall());
    const Said expected = by_the_model(asked, at, effect_now);
    ASSERT_EQ(by_the_library(asked), expected) << "question " << i;
    ASSERT_EQ(by_authzen(asked), expected) << "question " << i;
    ASSERT_EQ(by_ext_authz(asked), expected) << "question " << i;
    const Said shadow = by_the_model(asked, at, shadow_now);
    const std::vector<Said> counted(shadow.outcome == 'y' ? 0 : 3, shadow);
    ASSERT_EQ(in_shadow(), counted) << "question " << i;
    in_shadows += counted.size() / 3;
    ++outcomes[expected.outcome == 'y' ? 0 : expected.outcome == 'n' ? 1 : 2];
  }
  // It is no test of "allow": each outcome is asked for often.
  for (const std::uint64_t count : outcomes) EXPECT_GT(count, wanted / 100);
  EXPECT_GT(in_shadows, wanted / 100);
}

}  // namespace
}  // namespace proviso::gate_daemon

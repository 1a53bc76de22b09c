// SPDX-License-Identifier: Apache-2.0
#include "bench/gate_peers/set.h"

#include <cstdio>
#include <fstream>

#include "base/check.h"
#include "base/random.h"

namespace proviso::bench {
namespace {

std::string guid(SeededRandom& random) {
  char text[40];
  const std::uint64_t a = random.next();
  const std::uint64_t b = random.next();
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", static_cast<unsigned>(a >> 32U),
                static_cast<unsigned>(a >> 16U) & 0xffffU, static_cast<unsigned>(a) & 0xffffU,
                static_cast<unsigned>(b >> 48U),
                static_cast<unsigned long long>(b & 0xffffffffffffU));
  return text;
}

model::SignedOrder sign(std::span<const std::string> subscriptions) {
  model::Order order = gates::testing::restriction_of("unused", kServices[0], '7');
  order.nonce = sha256(subscriptions.front()).hex().substr(0, 32);
  model::Restriction& restriction = *order.restriction;
  restriction.scope.clear();
  for (const std::string& subscription : subscriptions) {
    for (const char* service : kServices) {
      restriction.scope.push_back(
          {model::SubscriptionId(subscription), model::ServiceId(service), {}, {}, {}});
    }
  }
  restriction.stages = {
      {gates::testing::at("2026-11-07T00:00:00Z"), {model::EffectKind::export_only, 0}}};
  restriction.services_not_affected.clear();
  return model::testing::sign_order(order, {"ada", "ben"});
}

}  // namespace

Set make_set(std::size_t subscriptions) {
  SeededRandom random(1);
  Set out;
  for (std::size_t i = 0; i < subscriptions; ++i) out.restricted.push_back(guid(random));
  for (std::size_t i = 0; i < 1'000; ++i) out.later.push_back(guid(random));
  for (std::size_t i = 0; i < kQuestions; ++i) {
    const bool refused = random.below(10) == 0;
    out.questions.push_back(
        {refused ? out.restricted[random.below(out.restricted.size())] : guid(random),
         random.below(kServices.size()), refused});
  }
  return out;
}

std::string pair_of(std::string_view subscription, std::size_t service) {
  return std::string(subscription) + '/' + kServices.at(service);
}

gates::testing::World make_world(const Set& set) {
  gates::testing::World world;
  const std::span all(set.restricted);
  for (std::size_t i = 0; i < all.size(); i += kSubscriptionsAnOrder) {
    const std::size_t count = std::min(kSubscriptionsAnOrder, all.size() - i);
    world.put_in_force(sign(all.subspan(i, count)), "2026-11-06T00:00:00Z");
  }
  return world;
}

model::SignedOrder order_of(const std::string& subscription) {
  return sign(std::span(&subscription, 1));
}

model::GateDelta delta_with(const std::string& subscription, const model::GateState& from,
                            gates::testing::World& world) {
  const model::SignedOrder order = order_of(subscription);
  const auto index = world.put_in_force(order, "2026-11-06T00:00:00Z");
  model::GateDelta out;
  out.from = from;
  out.ledger = world.trust().ledger;
  out.made_at = from.made_at;
  out.checkpoint = world.checkpoint();
  out.consistency = world.consistency(from.size);
  out.added = {{order, world.prove(index)}};
  auto sum = model::OrderSum::from(from.orders);
  sum.add(sha256(order.canonical));
  out.orders = sum.value();
  return out;
}

void write_set(const Set& set, const std::string& dir) {
  std::ofstream pairs(dir + "/pairs");
  for (const std::string& subscription : set.restricted) {
    for (const char* service : kServices) pairs << subscription << ' ' << service << '\n';
  }
  std::ofstream questions(dir + "/questions");
  for (const Question& question : set.questions) {
    questions << question.subscription << ' ' << kServices.at(question.service) << ' '
              << (question.refused ? 1 : 0) << '\n';
  }
  CHECK(pairs.flush() && questions.flush());
}

}  // namespace proviso::bench

// SPDX-License-Identifier: Apache-2.0
// By deltas a gate comes to where the whole snapshot would have brought it, also when what came
// since is put into one table with the rest.
#include <gtest/gtest.h>

#include "gates/continuation.h"
#include "gates/testing/fed_gate.h"

namespace proviso::gates {
namespace {

using model::GateDelta;
using model::testing::sign_order;
using testing::at;
using testing::Feed;
using testing::kInForce;
using testing::restriction_of;

// What every request of a small world is answered, with the order that is told.
std::string answers(const Gate& gate) {
  std::string out;
  for (int sub = 0; sub < 12; ++sub) {
    for (const char* service : {"object-storage", "speech"}) {
      for (const char* time : {"2026-11-09T00:00:00Z", "2026-11-12T00:00:00Z",
                               "2026-11-22T00:00:00Z", "2027-02-02T00:00:00Z"}) {
        const std::string id = "sub-" + std::to_string(sub);
        const Verdict v = gate.check({id, service, "PutObject", "", ""}, at(time));
        out += model::to_string(v.effect) + (v.refused() ? "!" : "") +
               (v.restricted() ? gate.order(v.order).digest.hex().substr(0, 6) : "") + " ";
      }
    }
  }
  return out;
}

// Random lives of a provider: by deltas, folded now and then, a gate comes to where the snapshot
// brings one that starts.
TEST(Folding, ByDeltasOrBySnapshotTheSame) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SeededRandom random(seed);
    Feed feed;
    std::vector<int> standing;
    auto gate = Gate::load(feed.whole(), feed.world.trust());
    ASSERT_TRUE(gate) << gate.error().message;
    for (int step = 0, next = 0; step < 25; ++step) {
      for (std::uint64_t i = random.below(4); i > 0; --i) {
        if (!standing.empty() && random.below(3) == 0) {
          const auto which = static_cast<std::ptrdiff_t>(random.below(standing.size()));
          feed.lift(standing[static_cast<std::size_t>(which)]);
          standing.erase(standing.begin() + which);
        } else {
          standing.push_back(next++ % 1000);
          feed.restrict_use(standing.back());
        }
      }
      feed.made += std::chrono::hours(1);
      const GateDelta delta = feed.delta();
      auto after = Gate::continued(*gate, delta, feed.world.trust());
      ASSERT_TRUE(after) << seed << " " << step << after.error().message;
      if (random.below(5) == 0) {
        // What was folded before the delta, and the delta on top of it.
        auto base = fold(*gate);
        ASSERT_TRUE(base) << base.error().message;
        after = rebased(*after, *gate, *std::move(base));
        ASSERT_TRUE(after) << after.error().message;
      }
      gate = std::move(after);
      const auto by_snapshot = Gate::load(model::write_snapshot(feed.last), feed.world.trust());
      ASSERT_TRUE(by_snapshot) << by_snapshot.error().message;
      ASSERT_EQ(answers(*gate), answers(*by_snapshot)) << seed << " " << step;
      ASSERT_EQ(gate->state(), by_snapshot->state());
      ASSERT_EQ(gate->table().enforced_count(), by_snapshot->order_count());
    }
  }
}

// A base with regions, resources and classes is the same after it was folded.
TEST(Folding, FoldingChangesNoAnswer) {
  Feed feed;
  model::Order order = restriction_of("0f8fad5b-d9cb-469f-a165-70867728950e", "speech", '7');
  order.restriction->scope.push_back({model::SubscriptionId("sub-5"),
                                      model::ServiceId("object-storage"),
                                      {"eu", "us"},
                                      {model::ActionClass::write},
                                      {sha256("one").hex()}});
  feed.world.put_in_force(sign_order(order, {"ada", "ben"}), kInForce);
  feed.restrict_use(1);
  const auto gate = Gate::load(feed.whole(), feed.world.trust());
  ASSERT_TRUE(gate) << gate.error().message;
  const auto again = folded(*gate);
  ASSERT_TRUE(again) << again.error().message;
  const auto when = at("2026-11-12T00:00:00Z");
  for (const char* id : {"0F8FAD5B-d9cb-469f-a165-70867728950e", "sub-5", "sub-1", "sub-7"}) {
    for (const char* region : {"", "eu", "us", "asia"}) {
      for (const std::string& resource : {std::string(), sha256("one").hex()}) {
        for (const char* operation : {"PutObject", "GetObject", "Recognize"}) {
          for (const char* service : {"object-storage", "speech"}) {
            const Request request{id, service, operation, region, resource};
            const Verdict one = gate->check(request, when);
            const Verdict two = again->check(request, when);
            EXPECT_EQ(one.effect, two.effect);
            EXPECT_EQ(one.outcome, two.outcome);
            EXPECT_EQ(one.order, two.order);
          }
        }
      }
    }
  }
  EXPECT_TRUE(
      again->check({"sub-5", "object-storage", "PutObject", "eu", sha256("one").hex()}, when)
          .refused());
  EXPECT_EQ(again->table().bytes(), gate->table().bytes());
}

// tick() folds what has become many, while the gate answers and takes more.
TEST(Folding, ManyAreFoldedByTheTick) {
  testing::FedGate host;
  host.settings.state_dir = "";
  host.start();
  for (int i = 10; i < 610; ++i) host.feed.restrict_use(i);
  host.feed.lift(1);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  const auto before = host.gate->status();
  host.gate->tick();
  EXPECT_EQ(host.gate->status().orders, before.orders);
  EXPECT_NE(host.gate->status().table_bytes, before.table_bytes) << "one table again";
  EXPECT_TRUE(host.refuses(2) && host.refuses(10) && host.refuses(609));
  EXPECT_FALSE(host.refuses(1) || host.refuses(610));
  host.feed.lift(609);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  EXPECT_FALSE(host.refuses(609));
}

}  // namespace
}  // namespace proviso::gates

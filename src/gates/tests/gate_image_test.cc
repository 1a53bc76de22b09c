// SPDX-License-Identifier: Apache-2.0
// A gate that is written down and read again: the same answers, or none.
#include "gates/gate_image.h"

#include <gtest/gtest.h>

#include "gates/continuation.h"
#include "gates/kept_snapshots.h"
#include "gates/testing/fed_gate.h"

namespace proviso::gates {
namespace {

using model::testing::sign_order;
using proviso::testing::Fault;
using proviso::testing::Unsynced;
using testing::at;
using testing::FedGate;
using testing::Feed;
using testing::kDir;
using testing::kInForce;
using testing::restriction_of;

const char* const kGuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
const ImageOf kOf{.snapshot = std::string(64, 'a'), .deltas = 0, .last_delta = ""};

// Regions, classes, resources, a GUID, a throttle, a change of governance.
Feed varied_feed() {
  Feed feed;
  model::Order order = restriction_of(kGuid, "speech", '7');
  order.restriction->scope.push_back({model::SubscriptionId("sub-5"),
                                      model::ServiceId("object-storage"),
                                      {"eu", "us"},
                                      {model::ActionClass::write},
                                      {sha256("one").hex()}});
  order.restriction->stages = {{at("2026-11-10T00:00:00Z"), {model::EffectKind::throttle, 7}},
                               {at("2026-11-12T00:00:00Z"), {model::EffectKind::read_only, 0}},
                               {at("2026-11-20T00:00:00Z"), {model::EffectKind::deny, 0}},
                               {at("2026-11-25T00:00:00Z"), {model::EffectKind::export_only, 0}}};
  order.restriction->closes_export = false;
  feed.world.put_in_force(sign_order(restriction_of("sub-8", "speech", '6'), {"ada", "ben"}),
                          kInForce);
  feed.world.put_in_force(sign_order(model::testing::sample_change(
                                         model::OrderKind::roster,
                                         model::roster_to_json(model::testing::sample_roster())),
                                     {"ada", "ben"}),
                          "2026-11-06T00:00:01Z");
  order.restriction->stages.erase(order.restriction->stages.begin() + 2);
  feed.world.put_in_force(sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:02Z");
  feed.restrict_use(1);
  return feed;
}

std::string answers(const Gate& gate) {
  std::string out;
  for (const char* id : {"0F8FAD5B-d9cb-469f-a165-70867728950e", "sub-5", "sub-1", "sub-8", "no"}) {
    for (const char* service : {"object-storage", "speech", "other"}) {
      for (const char* region : {"", "eu", "asia"}) {
        for (const std::string& resource : {std::string(), sha256("one").hex()}) {
          for (const char* time : {"2026-11-09T00:00:00Z", "2026-11-11T00:00:00Z",
                                   "2026-11-22T00:00:00Z", "2027-02-02T00:00:00Z"}) {
            const Verdict v = gate.check({id, service, "PutObject", region, resource}, at(time));
            out += model::to_string(v.effect) + std::to_string(static_cast<int>(v.outcome)) +
                   std::to_string(v.order) + " ";
          }
        }
      }
    }
  }
  for (std::uint32_t i = 0; i < gate.order_count(); ++i) {
    const EnforcedOrder order = gate.order(i);
    out += order.digest.hex() + order.term + (order.until ? format_time(*order.until) : "-") +
           (order.review ? format_time(*order.review) : "-");
  }
  return out;
}

Result<Gate> varied_gate(Feed& feed) { return Gate::load(feed.whole(), feed.world.trust()); }

TEST(GateImage, IsTheSameGate) {
  Feed feed = varied_feed();
  const auto gate = varied_gate(feed);
  ASSERT_TRUE(gate) << gate.error().message;
  const auto image =
      read_image(write_image(*gate, kOf, feed.world.trust()), feed.world.trust(), {});
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->of, kOf);
  EXPECT_EQ(answers(image->gate), answers(*gate));
  EXPECT_EQ(image->gate.state(), gate->state());
  EXPECT_EQ(image->gate.table().bytes(), gate->table().bytes());
  // It takes the same deltas.
  feed.restrict_use(3);
  const auto delta = feed.delta();
  const auto one = Gate::continued(*gate, delta, feed.world.trust());
  const auto other = Gate::continued(image->gate, delta, feed.world.trust());
  ASSERT_TRUE(one && other);
  EXPECT_EQ(answers(*one), answers(*other));
}

TEST(GateImage, HoldsStagesBackLikeTheSnapshotI10) {
  Feed feed = varied_feed();
  const GateOptions options{.stage_freshness = kStageFreshness};
  const auto gate = Gate::load(feed.whole(), feed.world.trust(), options);
  ASSERT_TRUE(gate) << gate.error().message;
  const auto image =
      read_image(write_image(*gate, kOf, feed.world.trust()), feed.world.trust(), options);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(answers(image->gate), answers(*gate));
}

TEST(GateImage, OfAnotherTrustFileIsRefused) {
  Feed feed = varied_feed();
  const auto gate = varied_gate(feed);
  ASSERT_TRUE(gate) << gate.error().message;
  const std::string bytes = write_image(*gate, kOf, feed.world.trust());
  model::TrustRoot other = feed.world.trust();
  other.witnesses = "none\n";
  EXPECT_EQ(read_image(bytes, other, {}).error().code, Errc::conflict);
}

TEST(GateImage, EachByteFlippedIsRefused) {
  Feed feed = varied_feed();
  const auto gate = varied_gate(feed);
  ASSERT_TRUE(gate) << gate.error().message;
  const std::string bytes = write_image(*gate, kOf, feed.world.trust());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const auto read = read_image(damaged, feed.world.trust(), {});
    ASSERT_FALSE(read) << i;
    EXPECT_EQ(read.error().code, Errc::corrupt) << i;
  }
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(read_image(std::string_view(bytes).substr(0, size), feed.world.trust(), {}));
  }
}

// Under a digest that fits: never beyond its end, and whoever decided is as the trust file has it.
TEST(GateImage, IsReadRobustly) {
  Feed feed = varied_feed();
  const auto gate = varied_gate(feed);
  ASSERT_TRUE(gate) << gate.error().message;
  const std::string bytes = write_image(*gate, kOf, feed.world.trust());
  const std::string body = bytes.substr(0, bytes.size() - 32);
  for (std::size_t i = 0; i < body.size(); ++i) {
    for (const int change : {1, 0x80, 0xff}) {
      std::string other = body;
      other[i] = static_cast<char>(other[i] ^ change);
      const std::string text = other + std::string(sha256(other).view());
      const std::vector<char> exact(text.begin(), text.end());
      const auto read = read_image({exact.data(), exact.size()}, feed.world.trust(), {});
      if (read) static_cast<void>(answers(read->gate));
    }
  }
  for (std::size_t size = body.find('\n'); size < body.size(); ++size) {
    const std::string other = body.substr(0, size);
    EXPECT_FALSE(read_image(other + std::string(sha256(other).view()), feed.world.trust(), {}))
        << size;
  }
}

bool has_image(FedGate& host) { return host.fs.files().contains(kDir + "/quorum.image"); }

// Puts an image of another gate there, as only the folder's owner can: what a start enforces then
// tells whether it used it.
void plant_image(FedGate& host) {
  Feed empty;
  const auto other = Gate::load(empty.whole(), empty.world.trust());
  ASSERT_TRUE(other);
  const std::string& kept = host.fs.files().at(kDir + "/quorum.snapshot");
  host.fs.files()[kDir + "/quorum.image"] =
      write_image(*other, {.snapshot = snapshot_digest(kept), .deltas = 0, .last_delta = ""},
                  host.feed.world.trust());
  host.gate.reset();
}

TEST(WarmStart, WhatWasVerifiedIsNotVerifiedAgain) {
  FedGate host;
  host.start();
  EXPECT_FALSE(has_image(host));
  host.gate->tick();
  ASSERT_TRUE(has_image(host));
  host.open();
  EXPECT_TRUE(host.refuses(1) && host.refuses(2));
  EXPECT_FALSE(host.refuses(3));
  EXPECT_EQ(host.gate->state(), testing::state_of(host.feed.last));
  host.feed.restrict_use(3);
  EXPECT_EQ(host.said(host.feed.delta()), "accepted") << "it is gone on with as any other";
  host.open();
  EXPECT_TRUE(host.refuses(3));
  plant_image(host);
  host.open();
  EXPECT_FALSE(host.refuses(1)) << "this one was used";
}

TEST(WarmStart, AnImageThatOthersMayWriteIsNotUsed) {
  for (const char* file : {"/quorum.image", ""}) {
    FedGate host;
    host.start();
    plant_image(host);
    host.fs.share(kDir + file);
    host.open();
    EXPECT_TRUE(host.refuses(1)) << file;
    EXPECT_EQ(host.gate->status().last_refusal, "");
  }
}

TEST(WarmStart, AnImageOfAnotherSnapshotIsNotUsed) {
  FedGate host;
  host.start();
  host.gate->tick();
  const std::string old = host.fs.files().at(kDir + "/quorum.image");
  host.feed.lift(1);
  ASSERT_TRUE(host.gate->offer(host.feed.whole()));
  host.gate->tick();
  EXPECT_NE(host.fs.files().at(kDir + "/quorum.image"), old);
  host.fs.files()[kDir + "/quorum.image"] = old;
  host.open();
  EXPECT_FALSE(host.refuses(1));
  EXPECT_TRUE(host.refuses(2));
}

TEST(WarmStart, ADamagedSnapshotOrImageIsVerified) {
  for (const char* file : {"/quorum.image", "/quorum.snapshot"}) {
    FedGate host;
    host.start();
    host.gate->tick();
    host.gate.reset();
    std::string& kept = host.fs.files().at(kDir + file);
    kept[kept.size() / 2] ^= 1;
    host.open();
    const bool snapshot_is_whole = std::string(file) == "/quorum.image";
    EXPECT_EQ(host.refuses(1), snapshot_is_whole);
    EXPECT_EQ(host.gate->status().last_refusal.empty(), snapshot_is_whole);
  }
}

// An image of snapshot and deltas; those after it are taken on top.
TEST(WarmStart, AnImageGrowsWithTheDeltas) {
  FedGate host;
  host.start();
  host.gate->tick();
  const std::string first = host.fs.files().at(kDir + "/quorum.image");
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  host.feed.restrict_use(3);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  host.gate->tick();
  const std::string image = host.fs.files().at(kDir + "/quorum.image");
  EXPECT_NE(image, first);
  host.feed.restrict_use(4);
  host.feed.lift(3);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  const model::GateState state = host.gate->state();
  host.open();
  EXPECT_EQ(host.gate->state(), state) << host.gate->status().last_refusal;
  for (int i = 1; i < 6; ++i) EXPECT_EQ(host.refuses(i), i != 3 && i != 5) << i;
  // Without the deltas that it is of, it is of nothing.
  host.gate.reset();
  host.fs.files().erase(kDir + "/deltas");
  host.open();
  EXPECT_FALSE(host.refuses(4));
  EXPECT_EQ(host.gate->state().size, 3U) << "the snapshot alone";
}

// Each write fails in turn, with the machine going down: a start enforces what was enforced.
TEST(WarmStart, WhateverIsLeftOfAnImageI7) {
  for (const Unsynced unsynced : {Unsynced::dropped, Unsynced::torn, Unsynced::kept}) {
    for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
      for (std::uint64_t n = 1; n < 30; ++n) {
        FedGate host;
        host.start();
        host.gate->tick();
        host.fs.sync_everything();
        host.feed.restrict_use(3);
        ASSERT_EQ(host.said(host.feed.delta()), "accepted");
        host.feed.lift(1);
        host.fs.fail_at(n, fault);
        const bool taken = host.gate->offer(host.feed.whole()).has_value();
        host.gate->tick();
        const bool failed = host.fs.failed();
        host.fs.crash(unsynced);
        host.open();
        EXPECT_EQ(host.gate->status().last_refusal, "") << n;
        EXPECT_TRUE(host.refuses(2) && host.refuses(3)) << n;
        EXPECT_TRUE(!taken || !host.refuses(1)) << n;
        if (!failed) {
          ASSERT_TRUE(taken);
          ASSERT_GT(n, 2U);
          break;
        }
      }
    }
  }
}

}  // namespace
}  // namespace proviso::gates

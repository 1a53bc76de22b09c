// SPDX-License-Identifier: Apache-2.0
// A table, by one and in batches and with keys, against a slow twin that keeps a map.
#include "gates/packed_table.h"

#include <array>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "gates/layered_table.h"
#include "gates/table_builder.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

constexpr std::size_t kServices = 12;
constexpr std::size_t kSubscriptions = 400;
constexpr Instants kNow{1'797'076'800, 1'797'076'800};
constexpr std::uint32_t kOrders = 70;

std::string subscription(std::size_t number) {  // each other one is a GUID
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(),
                number % 2 == 0 ? "0f8fad5b-d9cb-469f-a165-%012zx" : "sub-%zu", number);
  return text.data();
}
std::string service(std::size_t number) { return "service-" + std::to_string(number); }

// Which orders name what, by the orders' numbers in their table.
using Twin = std::map<std::pair<std::string, std::string>, std::set<std::uint32_t>>;

PackedTable random_table(SeededRandom& random, std::uint64_t salt, std::size_t first_subscription,
                         Twin& twin) {
  TableBuilder builder(KeySeed::of_process());
  for (std::uint32_t i = 0; i < kOrders; ++i) {
    builder.add_order(
        {.digest = sha256(std::to_string(salt + i)),
         .term = "T",
         .until = {},
         .review = {},
         .schedule = {{testing::at("2026-11-10T00:00:00Z"), {model::EffectKind::deny, 0}}},
         .catalogue = 0});
  }
  for (std::size_t i = 0; i < kSubscriptions; ++i) {
    const std::string id = subscription(first_subscription + i);
    const std::size_t lines = random.below(4) == 0 ? 1 + random.below(20) : 1 + random.below(2);
    for (std::size_t line = 0; line < lines; ++line) {
      const std::string name = service(random.below(kServices));
      const auto order = static_cast<std::uint32_t>(random.below(kOrders));
      EXPECT_TRUE(
          builder.add_line({model::SubscriptionId(id), model::ServiceId(name), {}, {}, {}}, order));
      twin[{id, name}].insert(order);
    }
  }
  const std::vector<model::Catalogue> catalogues = {model::testing::sample_catalogue()};
  return builder.finish(catalogues).value();
}

class Layers {
 public:
  explicit Layers(std::uint64_t seed) : random_(seed) {
    auto base = std::make_shared<const BaseTable>(random_table(random_, 0, 0, base_twin_));
    auto added = std::make_shared<const PackedTable>(
        random_table(random_, 1000, kSubscriptions / 2, added_twin_));
    Gone gone(kOrders / 64 + 1);
    for (std::uint32_t i = 0; i < kOrders; i += 3) gone[i / 64] |= 1ULL << (i % 64);
    table = LayeredTable(std::move(base), std::move(added), std::move(gone),
                         std::numeric_limits<std::int64_t>::max());
  }

  [[nodiscard]] std::uint32_t expected(const Request& request) const {
    const std::pair<std::string, std::string> asked(request.subscription, request.service);
    if (const auto in_base = base_twin_.find(asked); in_base != base_twin_.end()) {
      for (const std::uint32_t order : in_base->second) {
        if (order % 3 != 0) return order;
      }
    }
    const auto added = added_twin_.find(asked);
    return added == added_twin_.end() ? kNoOrder : kOrders + *added->second.begin();
  }

  LayeredTable table;

 private:
  SeededRandom random_;
  Twin base_twin_;
  Twin added_twin_;
};

struct Asked {
  std::vector<std::string> texts;
  std::vector<Request> requests;
  std::vector<IdKey> keys;
};

Asked ask(SeededRandom& random, std::size_t count) {
  Asked out;
  for (std::size_t i = 0; i < count; ++i) {
    // Some that no table has, and a service that no order names.
    out.texts.push_back(subscription(random.below(kSubscriptions * 2)));
    out.texts.push_back(service(random.below(kServices + 1)));
  }
  for (std::size_t i = 0; i < count; ++i) {
    out.requests.push_back({out.texts[2 * i], out.texts[2 * i + 1], "PutObject", "", ""});
    out.keys.push_back(key_of(KeySeed::of_process(), out.texts[2 * i]));
  }
  return out;
}

TEST(PackedTable, OneBatchAndKeysAgreeWithTheTwin) {
  const Layers layers(1);
  SeededRandom random(2);
  std::size_t restricted = 0;
  for (int round = 0; round < 3000; ++round) {
    const Asked asked = ask(random, 1 + random.below(LayeredTable::kBatch));
    std::array<LayeredTable::Hit, LayeredTable::kBatch> hits;
    const std::size_t found = layers.table.find_batch(asked.keys, asked.requests, hits);
    std::size_t hit = 0;
    for (std::size_t i = 0; i < asked.requests.size(); ++i) {
      const Request& request = asked.requests[i];
      const std::uint32_t expected = layers.expected(request);
      const bool in_batch = hit < found && hits.at(hit).number == i;
      const auto one = layers.table.find(asked.keys[i], request.subscription);
      ASSERT_EQ(static_cast<bool>(one), in_batch) << request.subscription;
      if (!in_batch) {
        ASSERT_EQ(expected, kNoOrder) << request.subscription;
        continue;
      }
      const ServiceKeys keys = ServiceKeys::of(layers.table.seed(), request);
      ASSERT_EQ(layers.table.judge(one, request, kNow).order, expected);
      ASSERT_EQ(layers.table.judge(one, request, keys, kNow).order, expected);
      ASSERT_EQ(layers.table.judge(hits.at(hit).found, request, keys, kNow).order, expected);
      ++hit;
      restricted += expected != kNoOrder ? 1U : 0U;
    }
    ASSERT_EQ(hit, found);
  }
  EXPECT_GT(restricted, 1000U);
}

TEST(PackedTable, KeysOfAnotherServiceNameNothing) {
  const Layers layers(1);
  SeededRandom random(3);
  std::size_t tried = 0;
  for (const Asked asked = ask(random, 2000); const Request& request : asked.requests) {
    if (layers.expected(request) == kNoOrder) continue;
    const auto found = layers.table.find(key_of(layers.table.seed(), request.subscription), "");
    ServiceKeys keys = ServiceKeys::of(layers.table.seed(), request);
    keys.service = key_of(layers.table.seed(), "another-service");
    ASSERT_EQ(layers.table.judge(found, request, keys, kNow).order, kNoOrder);
    ++tried;
  }
  EXPECT_GT(tried, 100U);
}

}  // namespace
}  // namespace proviso::gates

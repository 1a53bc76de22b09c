// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>

#include "intake/identity.h"
#include "intake/tests/helpers.h"

namespace proviso::intake {
namespace {

using namespace testing;

std::string record(int n, std::string_view unit = "bytes") {
  return R"({"specversion":"1.0","type":"com.proviso.usage.v1","id":")" + std::to_string(n) +
         R"(","time":"2026-11-23T13:00:00Z","data":{"subscription":"sub-a","service":"storage",)" +
         R"("resource":"r","count":1,"amounts":[{"unit":")" + std::string(unit) +
         R"(","quantity":)" + std::to_string(n) + "}]}}\n";
}

/// All of a text by batches of `events_max`; each batch is looked at when it is whole, so that an
/// event that did not live long enough shows.
Output drain_batches(const std::string& text, std::size_t events_max, std::size_t& batches) {
  Output out;
  auto reader = UsageReader::open(*ByteSource::from_memory("in", text), shipped_policies(),
                                  options_with({"data.region", "data.count"}));
  if (!reader) return out;
  UsageBatch batch;
  Reject reject;
  for (;; ++batches) {
    const auto outcome = reader->next_batch(batch, events_max, reject);
    if (!outcome) out.error = outcome.error().message;
    if (!outcome) return out;
    EXPECT_LE(batch.events().size(), events_max);
    for (const auto& event : batch.events()) out.events.push_back(text_of(event));
    if (*outcome == Outcome::reject) out.rejects.push_back(reject);
    if (*outcome == Outcome::end) return out;
  }
}

TEST(UsageBatch, SameAsOneByOne) {
  std::mt19937 random(1);
  for (const std::size_t events_max : {1U, 2U, 7U, 64U}) {
    std::string text;
    for (int n = 0; n < 3000; ++n) {
      switch (random() % 12) {
        case 0: text += "not JSON\n"; break;
        case 1: text += "\n  \n"; break;
        case 2: text += record(n, "BYTES"); break;        // needs memory of its own
        case 3: text += record(n, "b\\u0079tes"); break;  // the long way
        case 4: text += record(n, "\xC3\xA4"); break;     // likewise
        case 5: text += record(n, ""); break;             // refused
        default: text += record(n); break;
      }
    }
    text.pop_back();  // the last line has no line feed
    const Output one = read_text(text, options_with({"data.region", "data.count"}));
    std::size_t batches = 0;
    const Output many = drain_batches(text, events_max, batches);
    EXPECT_EQ(one.events, many.events);
    ASSERT_EQ(one.rejects.size(), many.rejects.size());
    for (std::size_t i = 0; i < one.rejects.size(); ++i) {
      EXPECT_EQ(one.rejects[i].line, many.rejects[i].line);
      EXPECT_EQ(one.rejects[i].offset, many.rejects[i].offset);
      EXPECT_EQ(one.rejects[i].reason, many.rejects[i].reason);
    }
    const bool is_single = events_max == 1;
    EXPECT_TRUE(!is_single || batches == one.events.size() + one.rejects.size()) << batches;
  }
}

TEST(UsageBatch, RecordsOfOneLayoutComeTogether) {
  std::string text;
  for (int n = 0; n < 1000; ++n) text += record(n);
  std::size_t batches = 0;
  EXPECT_EQ(drain_batches(text, 64, batches).events.size(), 1000U);
  EXPECT_LE(batches, 1000 / 64 + 2);
}

TEST(Identity, DependsOnSecretFormatSubscriptionAndId) {
  model::UsageEvent event;
  event.subscription = "ab";
  event.id = "c";
  Identity identity("0123456789abcdef");
  const EventKey key = identity("f", event);
  EXPECT_EQ(identity("f", event), key);
  EXPECT_EQ(Identity("0123456789abcdef")("f", event), key);
  EXPECT_NE(Identity("0123456789abcdeF")("f", event), key);
  EXPECT_NE(identity("g", event), key);
  event.subscription = "a";
  event.id = "bc";
  EXPECT_NE(identity("f", event), key);
  EXPECT_NE(key, EventKey{});
}

TEST(Identity, OfAnEventWithoutAnIdDependsOnEachField) {
  Identity identity("0123456789abcdef");
  model::UsageEvent event;
  event.subscription = "s";
  std::vector<EventKey> keys = {identity("f", event)};
  std::string_view* const texts[] = {
      &event.provider,  &event.billing_account, &event.service,       &event.service_category,
      &event.operation, &event.region,          &event.resource_type, &event.resource_ref,
      &event.status,    &event.subscription};
  for (std::string_view* const text : texts) {
    const std::string_view before = std::exchange(*text, "x");
    keys.push_back(identity("f", event));
    *text = before;
  }
  event.count = 2;
  keys.push_back(identity("f", event));
  event.window_end += Duration(1);
  keys.push_back(identity("f", event));
  event.amounts[0] = {"bytes", 1};
  event.amounts_count = 1;
  keys.push_back(identity("f", event));
  std::ranges::sort(keys);
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

}  // namespace
}  // namespace proviso::intake

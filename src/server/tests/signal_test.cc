// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "server/input_trail.h"
#include "server/pseudonym.h"
#include "server/shadow.h"

namespace proviso::server {
namespace {

InputKey key(const std::string& name) {
  return {.name = name, .head = "head-of-" + name, .head_bytes = 10, .is_stream = false};
}

InputState state(std::uint64_t records, std::int64_t newest_s) {
  InputState out;
  out.records = records;
  out.newest_s = newest_s;
  return out;
}

std::string listed(const InputTrail::Listed& list) {
  std::string out;
  for (const Json& one : list.inputs) {
    out += *one.find("head")->if_string() + ":" + std::to_string(*one.find("last")->if_int()) + " ";
  }
  return out;
}

void read(InputTrail& trail, const std::string& name, const InputState& how) {
  const InputTrail::Reading reading(trail, key(name), how);
}

TEST(InputTrail, AMarkIsWhereReadingWasThen) {
  InputTrail trail;
  InputState a = state(100, 50);
  read(trail, "a", a);
  InputState b = state(0, 0);
  InputTrail::Mark early;
  InputTrail::Mark late;
  {
    const InputTrail::Reading reading(trail, key("b"), b);
    b.records = 7;
    early = trail.mark();
    b.records = 20;
    late = trail.mark();
    b.newest_s = 60;
  }
  const Time from = from_unix_seconds(40);
  EXPECT_EQ(listed(trail.describe(early, from)), "head-of-a:100 head-of-b:7 ");
  EXPECT_EQ(listed(trail.describe(late, from)), "head-of-a:100 head-of-b:20 ");
  EXPECT_EQ(trail.mark().records, 20U);
}

TEST(InputTrail, InputsThatAreTooOldAreLeftOut) {
  InputTrail trail;
  trail.load({{key("old"), state(5, 39)}, {key("in"), state(6, 40)}});
  read(trail, "now", state(1, 90));
  EXPECT_EQ(listed(trail.describe(trail.mark(), from_unix_seconds(40))),
            "head-of-in:6 head-of-now:1 ");
}

TEST(InputTrail, AnInputThatGrewStandsOnce) {
  InputTrail trail;
  trail.load({{key("a"), state(5, 90)}, {key("b"), state(6, 90)}});
  read(trail, "a", state(8, 91));
  EXPECT_EQ(listed(trail.describe(trail.mark(), from_unix_seconds(1))), "head-of-b:6 head-of-a:8 ");
}

TEST(InputTrail, TheListIsBoundedAndSaysSo) {
  InputTrail trail;
  for (int i = 0; i < 130; ++i) read(trail, std::to_string(i), state(1, 9));
  const auto list = trail.describe(trail.mark(), from_unix_seconds(1));
  EXPECT_EQ(list.inputs.size(), InputTrail::kInputsMax);
  EXPECT_EQ(list.left_out, 30U);
  EXPECT_EQ(*list.inputs.back().find("head")->if_string(), "head-of-129");
}

TEST(Pseudonyms, StandForOneCustomerAndHideTheField) {
  const Pseudonyms names(std::string(32, 'k'));
  EXPECT_EQ(names.of("sub-a"), names.of("sub-a"));
  EXPECT_NE(names.of("sub-a"), names.of("sub-b"));
  EXPECT_NE(names.of("sub-a"), Pseudonyms(std::string(32, 'l')).of("sub-a"));
  EXPECT_NE(Pseudonyms("").of("sub-a"), Pseudonyms("").of("sub-a"));
  const auto text = [](std::string name, std::string value) {
    return signals::GroupValue{std::move(name), rules::ValueKind::string, std::move(value)};
  };
  EXPECT_EQ(names.group_text({text("region", "eu"), text("account", "1234")}),
            "region=eu account=" + names.of("1234"));
  EXPECT_EQ(names.group_text({}), "all");
}

SignalSpan span(const std::string& subscription, int from, int to) {
  return {"id", subscription, from_unix_seconds(from), from_unix_seconds(to)};
}

TEST(Shadow, SignalsOfOneSubscriptionThatOverlapAreOneFind) {
  const auto d = compare_spans({span("a", 10, 20), span("a", 40, 50), span("b", 10, 20)},
                               {span("a", 20, 30), span("b", 21, 30), span("c", 10, 20)});
  EXPECT_EQ(d.both, 1U);
  EXPECT_EQ(d.only_old.size(), 2U);
  EXPECT_EQ(d.only_new.size(), 2U);
}

}  // namespace
}  // namespace proviso::server

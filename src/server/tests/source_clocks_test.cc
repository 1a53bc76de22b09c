// SPDX-License-Identifier: Apache-2.0
#include "server/source_clocks.h"

#include <gtest/gtest.h>

namespace proviso::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Time at(Duration since) { return from_unix_seconds(1'700'000'000) + since; }

Config config() {
  Config out;
  out.lateness_minutes_of = {{"a", 10}, {"b", 240}};
  return out;
}

TEST(SourceClocks, EachSourceHasItsBoundBehindItsOwnNewest) {
  const Config c = config();
  SourceClocks clocks(c);
  EXPECT_EQ(clocks.behind(Time{}), minutes(60)) << "nothing came yet";
  clocks.newest("a") = at(hours(5));
  EXPECT_EQ(clocks.behind(at(hours(5))), minutes(10));
  clocks.newest("other") = at(hours(5));
  EXPECT_EQ(clocks.behind(at(hours(5))), minutes(60));
  clocks.newest("b") = at(hours(2));
  EXPECT_EQ(clocks.behind(at(hours(5))), hours(3) + minutes(240));
}

TEST(SourceClocks, WholeSecondsAreRoundedUp) {
  const Config c = config();
  SourceClocks clocks(c);
  clocks.newest("a") = at(std::chrono::milliseconds(300));
  EXPECT_EQ(clocks.behind(at(std::chrono::milliseconds(400))), minutes(10) + seconds(1));
}

TEST(SourceClocks, ASourceSevenDaysBehindHoldsNothingBack) {
  const Config c = config();
  SourceClocks clocks(c);
  clocks.newest("a") = at(hours(24 * 8));
  clocks.newest("b") = at(hours(1));
  EXPECT_EQ(clocks.behind(at(hours(24 * 8))), hours(24 * 7));
  EXPECT_TRUE(clocks.is_alone("a"));
  EXPECT_FALSE(clocks.is_alone("b"));
  clocks.newest("b") = at(hours(25));
  EXPECT_FALSE(clocks.is_alone("a"));
}

TEST(SourceClocks, SourcesMustHaveAFieldPolicy) {
  const auto checked = check_sources(config(), intake::FieldPolicies{});
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("\"a\""), std::string::npos);
  EXPECT_TRUE(check_sources(Config{}, intake::FieldPolicies{}));
}

}  // namespace
}  // namespace proviso::server

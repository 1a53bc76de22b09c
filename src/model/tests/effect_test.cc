// SPDX-License-Identifier: Apache-2.0
#include "model/effect.h"

#include <gtest/gtest.h>

namespace proviso::model {
namespace {

// The table of the design's section 4, written down a second time.
TEST(Effect, AllowsWhatTheTableSays) {
  const std::array<std::pair<EffectKind, std::string_view>, 5> table = {
      {{EffectKind::allow, "yyyyyy"},
       {EffectKind::throttle, "llllyl"},
       {EffectKind::read_only, "ynnnyn"},
       {EffectKind::export_only, "nnnnyn"},
       {EffectKind::deny, "nnnnnn"}}};
  for (const auto& [effect, row] : table) {
    for (std::size_t c = 0; c < kActionClassCount; ++c) {
      const Outcome expected = row[c] == 'y'   ? Outcome::yes
                               : row[c] == 'n' ? Outcome::no
                                               : Outcome::limited;
      EXPECT_EQ(outcome(effect, static_cast<ActionClass>(c)), expected)
          << to_string(Effect{effect, 1}) << " column " << c;
    }
  }
}

TEST(Effect, PrintsWhatItParsed) {
  for (const std::string text :
       {"allow", "throttle=1/s", "throttle=1000000/s", "read-only", "export-only", "deny"}) {
    const auto effect = parse_effect(text);
    ASSERT_TRUE(effect) << text;
    EXPECT_EQ(to_string(*effect), text);
  }
  for (std::size_t c = 0; c < kActionClassCount; ++c) {
    const auto action_class = static_cast<ActionClass>(c);
    EXPECT_EQ(parse_action_class(to_string(action_class)), action_class);
  }
}

TEST(Effect, RefusesOtherTexts) {
  for (const std::string text :
       {"", "Deny", "read_only", "throttle", "throttle=", "throttle=/s", "throttle=0/s",
        "throttle=01/s", "throttle=-1/s", "throttle=5", "throttle=5/m", "throttle=1000001/s",
        "throttle=5/s ", "throttle=99999999999/s"}) {
    EXPECT_FALSE(parse_effect(text)) << text;
  }
  EXPECT_FALSE(parse_action_class("all"));
}

TEST(Effect, OrdersByStrictness) {
  const std::array<Effect, 6> rising = {{{EffectKind::allow, 0},
                                         {EffectKind::throttle, 10},
                                         {EffectKind::throttle, 5},
                                         {EffectKind::read_only, 0},
                                         {EffectKind::export_only, 0},
                                         {EffectKind::deny, 0}}};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      EXPECT_EQ(stricter(rising[i], rising[j]), i > j) << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace proviso::model

// SPDX-License-Identifier: Apache-2.0
#include "rules/usage_view.h"

#include <gtest/gtest.h>

#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

bool matches_usage(const std::string& selection, const model::UsageEvent& event,
                   std::span<const Attribute> attributes = {}) {
  const Loaded loaded = load_text(rule_with(selection));
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  UsageView view(loaded.program);
  view.reset(event, model::ActionClass::export_data, attributes);
  Matcher matcher(loaded.program);
  return !matcher.match(view).empty();
}

TEST(UsageView, NamesFieldsAmountsAndWhatIsDerived) {
  model::UsageEvent e;
  e.service = "Speech";
  e.count = 4;
  e.amounts[0] = {"bytes", 1000};
  e.amounts_count = 1;
  EXPECT_TRUE(matches_usage("{service: speech, count: 4, action_class: export}", e));
  EXPECT_TRUE(matches_usage("{amount.bytes|gte: 1000, amount_per_count.bytes: 250}", e));
  EXPECT_TRUE(matches_usage("{amount.seconds: null, region: null}", e));
  EXPECT_FALSE(matches_usage("{amount.seconds|lt: 5}", e));
  e.count = 0;
  EXPECT_TRUE(matches_usage("{amount_per_count.bytes|exists: false}", e));
}

TEST(UsageView, AttributesAndKeptFields) {
  model::UsageEvent e;
  const std::vector<model::KeptField> kept = {
      {"errorCode", "AccessDenied", true}, {"n", "17", false}, {"o", "null", false}};
  e.kept = kept;
  const std::vector<Attribute> facts = {{"customer.kind", "hospital", 0, false},
                                        {"declared_ratio.bytes", "", 12.5, true}};
  EXPECT_TRUE(matches_usage("{customer.kind: hospital, declared_ratio.bytes|gt: 12}", e, facts));
  EXPECT_TRUE(matches_usage("{errorCode|contains: denied, n|gte: 17, o: null, o|exists: true}", e));
  EXPECT_FALSE(matches_usage("{customer.kind: hospital}", e));
}

TEST(UsageView, SeesEachEventAnew) {
  const Loaded loaded = load_text(rule_with("{service: a}"));
  UsageView view(loaded.program);
  Matcher matcher(loaded.program);
  model::UsageEvent e;
  for (const char* service : {"a", "b", "a"}) {
    e.service = service;
    view.reset(e, model::ActionClass::read, {});
    EXPECT_EQ(!matcher.match(view).empty(), std::string_view(service) == "a");
  }
}

}  // namespace
}  // namespace proviso::rules

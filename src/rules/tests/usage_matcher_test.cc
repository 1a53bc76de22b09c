// SPDX-License-Identifier: Apache-2.0
#include "rules/usage_matcher.h"

#include <random>

#include <gtest/gtest.h>

#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

/// One of each kind of test and connective, over what a kind tells and what it leaves open.
constexpr std::string_view kSelections[] = {
    "{service: a}",
    "{service: [a, b], count|gte: 2}",
    "{service|startswith: a, region|re: '^r[0-9]$'}",
    "{action_class: export, customer.under_review: 'true'}",
    "{amount.bytes|gt: 10}",
    "{subscription|endswith: '1', status: ok}",
    "{region: null}",
    "{region|exists: true, kept.field: x}",
    "{service|fieldref: operation}",
    "{service|fieldref: subscription}",
    "[{service: a, operation: b}, {amount_per_count.bytes|lt: 5}, {provider: p}]",
};

std::string rulebook() {
  std::string text;
  for (const std::string_view selection : kSelections) {
    for (const char* condition : {"sel", "not sel", "sel and not other", "other or sel"}) {
      text += "title: t" + std::to_string(text.size()) + "\nlogsource: {product: p}\ndetection:\n" +
              "  sel: " + std::string(selection) + "\n  other: {operation: [b, c]}\n" +
              "  condition: " + condition + "\n---\n";
    }
  }
  text.resize(text.size() - 4);
  return text;
}

std::string_view pick(std::mt19937& random, std::initializer_list<std::string_view> of) {
  return *(of.begin() + random() % of.size());
}

model::UsageEvent random_event(std::mt19937& random) {
  model::UsageEvent e;
  e.subscription = pick(random, {"s1", "s2", "a"});
  e.service = pick(random, {"a", "b", "ab", "c"});
  e.operation = pick(random, {"", "b", "c", "a"});
  e.region = pick(random, {"", "r1", "rx"});
  e.provider = pick(random, {"", "p"});
  e.status = pick(random, {"", "ok"});
  e.count = random() % 4;
  e.amounts[0] = {"bytes", static_cast<double>(random() % 20)};
  e.amounts_count = random() % 2;
  return e;
}

TEST(UsageMatcher, SameAsMatcherAndThePlainDefinition) {
  const Loaded loaded = load_text(rulebook());
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  UsageView view(loaded.program);
  UsageMatcher kinds(loaded.program);
  Matcher matcher(loaded.program);
  const std::vector<model::KeptField> kept = {{"kept.field", "x", true}};
  const std::vector<Attribute> facts = {{"customer.under_review", "true", 0, false}};
  std::mt19937 random(3);
  std::size_t matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    model::UsageEvent e = random_event(random);
    if (random() % 2 == 0) e.kept = kept;
    const auto c = static_cast<model::ActionClass>(random() % 5);
    view.reset(e, c, {});
    const auto kind = kinds.kind_of(e, c, view);
    const std::span<const Attribute> given =
        random() % 2 == 0 ? std::span<const Attribute>(facts) : std::span<const Attribute>();
    view.reset(e, c, given);
    std::vector<RuleIndex> plain;
    for (std::size_t i = 0; i < loaded.program->rules().size(); ++i) {
      const RuleIndex rule{static_cast<std::uint32_t>(i)};
      if (evaluate(*loaded.program->expression(rule), view)) plain.push_back(rule);
    }
    const auto by_kind = kinds.match(kind, view);
    ASSERT_EQ(std::vector<RuleIndex>(by_kind.begin(), by_kind.end()), plain);
    const auto by_index = matcher.match(view);
    ASSERT_EQ(std::vector<RuleIndex>(by_index.begin(), by_index.end()), plain);
    ASSERT_TRUE(kinds.may_match(kind) || plain.empty());
    matched += plain.size();
  }
  EXPECT_GT(matched, 20'000U);
}

TEST(UsageMatcher, KindsThatMatchNothingAreKnown) {
  const Loaded loaded = load_text(rule_with("{service: a, count|gte: 2}"));
  UsageView view(loaded.program);
  UsageMatcher kinds(loaded.program);
  model::UsageEvent e;
  e.service = "b";
  view.reset(e, model::ActionClass::read, {});
  EXPECT_FALSE(kinds.may_match(kinds.kind_of(e, model::ActionClass::read, view)));
  e.service = "A";
  view.reset(e, model::ActionClass::read, {});
  EXPECT_TRUE(kinds.may_match(kinds.kind_of(e, model::ActionClass::read, view)));
}

TEST(UsageMatcher, FurtherKindsAreMatchedToo) {
  const Loaded loaded = load_text(rule_with("{operation: last, count|gte: 2}"));
  UsageView view(loaded.program);
  UsageMatcher kinds(loaded.program);
  model::UsageEvent e;
  e.count = 2;
  std::string operation;
  for (std::size_t i = 0; i <= UsageMatcher::kKindsMax; ++i) {
    operation = std::to_string(i);
    e.operation = operation;
    view.reset(e, model::ActionClass::read, {});
    EXPECT_TRUE(kinds.match(kinds.kind_of(e, model::ActionClass::read, view), view).empty());
  }
  e.operation = "last";
  view.reset(e, model::ActionClass::read, {});
  EXPECT_EQ(kinds.match(kinds.kind_of(e, model::ActionClass::read, view), view).size(), 1U);
}

}  // namespace
}  // namespace proviso::rules

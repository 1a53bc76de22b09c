// SPDX-License-Identifier: Apache-2.0
// The explanations of rules agree with the matcher and the engine on the labelled events of
// ../shared/data/sigma. Seen and skipped where the data is not there.
#include <set>

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/file_system.h"
#include "rules/explain.h"
#include "rules/json_matcher.h"
#include "rules/load.h"
#include "signals/engine.h"

namespace proviso::signals {
namespace {

using rules::RuleIndex;

const std::string kData = PROVISO_SOURCE_DIR "/../shared/data/sigma";
constexpr std::size_t kEvents = 1'000;

// Calls `use` with each line of a packed log.
void for_each_line(const std::string& path, const auto& use) {
  const auto packed = real_file_system().read(path, 64U << 20U);
  ASSERT_TRUE(packed);
  std::string text(256U << 20U, '\0');
  const std::size_t size =
      ZSTD_decompress(text.data(), text.size(), packed->data(), packed->size());
  ASSERT_FALSE(ZSTD_isError(size));
  text.resize(size + rules::JsonTokens::kPadding);
  text.resize(size);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) use(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

TEST(ExplainReference, TreesSayWhatTheMatcherSays) {
  if (!real_file_system().exists(kData)) GTEST_SKIP() << "SKIPPED: no " << kData;
  const auto loaded = rules::load_rules({kData + "/all/cloud"});
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  rules::JsonMatcher matcher(loaded.program, rules::Routing::off);
  std::size_t events = 0;
  std::size_t held = 0;
  for_each_line(kData + "/cloud_5k.ndjson.zst", [&](std::string_view line) {
    if (events == kEvents) return;
    ++events;
    const auto matched = matcher.match(line).value();
    const std::set<RuleIndex> by_matcher(matched.begin(), matched.end());
    for (std::size_t i = 0; i < loaded.program->rules().size(); ++i) {
      const RuleIndex rule{static_cast<std::uint32_t>(i)};
      const bool holds = rules::explain(*loaded.program->expression(rule), matcher.event()).holds;
      ASSERT_EQ(holds, by_matcher.contains(rule)) << loaded.program->rule(rule).title;
      held += holds ? 1 : 0;
    }
  });
  EXPECT_EQ(events, kEvents);
  EXPECT_GT(held, 100U);
}

struct Figures {
  std::vector<Firing> own;
  std::vector<Firing> twins;
};

Figures figures_of(const std::shared_ptr<const rules::Program>& program, std::size_t first) {
  Figures out;
  Engine engine(program, {.lateness = Duration::max(), .plain_firings = false});
  rules::JsonMatcher matcher(program, rules::Routing::off);
  std::vector<Firing> all;
  std::uint64_t number = 0;
  for_each_line(kData + "/corr_20k.ndjson.zst", [&](std::string_view line) {
    ++number;
    const auto matched = matcher.match(line).value();
    const auto time = matcher.event().time();
    if (matched.empty() || !time) return;
    EventPoint point;
    point.time = *time;
    point.line = number;
    engine.feed(point, matched, matcher.event(), all);
  });
  engine.flush(all);
  for (Firing& f : all) {
    (rules::index(f.rule) < first ? out.own : out.twins).push_back(std::move(f));
  }
  return out;
}

TEST(ExplainReference, TwinsChangeNothingAndTheirFiguresDecide) {
  if (!real_file_system().exists(kData)) GTEST_SKIP() << "SKIPPED: no " << kData;
  const auto loaded = rules::load_rules({kData + "/corr.yml"});
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  const rules::Twins twins = rules::with_twins(*loaded.program);
  const Figures plain = figures_of(loaded.program, twins.first);
  const Figures both = figures_of(twins.program, twins.first);
  ASSERT_GT(plain.own.size(), 100U);
  EXPECT_EQ(plain.own, both.own);
  EXPECT_TRUE(plain.twins.empty());
  // What the thresholds say of a twin's figure is whether the correlation fired.
  std::multiset<std::tuple<RuleIndex, std::uint64_t, double>> fired;
  std::multiset<std::tuple<RuleIndex, std::uint64_t, double>> figures;
  for (const Firing& f : both.own) {
    if (!loaded.program->correlation(f.rule)->thresholds.empty()) {
      fired.emplace(f.rule, f.line, f.value);
    }
  }
  for (const Firing& f : both.twins) {
    const RuleIndex shown = *twins.shown_by(f.rule);
    const auto far = rules::distance(*loaded.program->correlation(shown), f.value);
    if (far && *far == 0) figures.emplace(shown, f.line, f.value);
  }
  EXPECT_FALSE(fired.empty());
  EXPECT_EQ(fired, figures);
}

}  // namespace
}  // namespace proviso::signals

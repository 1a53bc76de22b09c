// SPDX-License-Identifier: Apache-2.0
// The labelled events of ../shared/data/sigma: every answer must be the same. Seen and skipped
// where the data is not there.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <simdjson.h>
#include <zstd.h>

#include "base/file_system.h"
#include "rules/json_matcher.h"
#include "rules/load.h"
#include "signals/engine.h"

namespace proviso::signals {
namespace {

const std::string kData = PROVISO_SOURCE_DIR "/../shared/data/sigma";

bool is_missing() { return !real_file_system().exists(kData); }

std::string unpack(const std::string& path) {
  const auto packed = real_file_system().read(path, 64U << 20U);
  EXPECT_TRUE(packed);
  std::string out(256U << 20U, '\0');
  const std::size_t size = ZSTD_decompress(out.data(), out.size(), packed->data(), packed->size());
  EXPECT_FALSE(ZSTD_isError(size));
  out.resize(size + rules::JsonTokens::kPadding);
  out.resize(size);
  return out;
}

struct Fired {
  std::uint64_t line = 0;
  double ts = 0;
  double from = 0;
  std::string group;
  double value = 0;
};

struct Answers {
  std::map<std::string, std::vector<std::uint64_t>> lines;
  std::map<std::string, std::vector<Fired>> fired;
};

double seconds(Time t) { return std::chrono::duration<double>(t.time_since_epoch()).count(); }

std::string group_text(const std::vector<GroupValue>& group) {
  std::string out;
  for (const GroupValue& v : group) out += v.name + "=" + v.text + ";";
  return out;
}

Answers answer(const std::string& rules_path, const std::string& log) {
  Answers out;
  const auto loaded = rules::load_rules({rules_path});
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  if (!loaded.program) return out;
  Engine engine(loaded.program, {.lateness = Duration::max(), .plain_firings = false});
  rules::JsonMatcher matcher(loaded.program, rules::Routing::off);
  std::vector<Firing> firings;
  std::uint64_t line = 0;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    const auto matched = matcher.match({log.data() + at, end - at}).value();
    at = end + 1;
    ++line;
    for (const auto rule : matched) out.lines[loaded.program->rule(rule).label()].push_back(line);
    const auto time = matcher.event().time();
    if (!time) continue;
    engine.feed({.time = *time, .line = line, .weight = 1, .subscription = {}, .event_key = {}},
                matched, matcher.event(), firings);
  }
  engine.flush(firings);
  for (const Firing& f : firings) {
    out.fired[loaded.program->rule(f.rule).label()].push_back(
        {f.line, seconds(f.to), seconds(f.from), group_text(f.group), f.value});
  }
  return out;
}

Answers expected_answers(const std::string& path) {
  Answers out;
  const auto text = real_file_system().read(path, 64U << 20U);
  EXPECT_TRUE(text);
  simdjson::dom::parser parser;
  simdjson::padded_string padded(*text);
  for (const simdjson::dom::element rule : parser.parse_many(padded)) {
    const std::string id(rule["rule"].get_string().value());
    simdjson::dom::array lines;
    if (!rule["lines"].get(lines)) {
      for (const auto line : lines) out.lines[id].push_back(line.get_uint64().value());
      continue;
    }
    const simdjson::dom::array fired = rule["fired"].get_array().value();
    for (const simdjson::dom::element f : fired) {
      Fired one{f["line"].get_uint64().value(), f["ts"].get_double().value(),
                f["from"].get_double().value(), "", f["value"].get_double().value()};
      const simdjson::dom::object group = f["group"].get_object().value();
      for (const auto member : group) {
        one.group +=
            std::string(member.key) + "=" + std::string(member.value.get_string().value()) + ";";
      }
      out.fired[id].push_back(one);
    }
  }
  return out;
}

void compare(const Answers& got, const Answers& expected) {
  EXPECT_EQ(got.lines, expected.lines);
  ASSERT_EQ(got.fired.size(), expected.fired.size());
  for (const auto& [rule, fired] : expected.fired) {
    ASSERT_TRUE(got.fired.contains(rule)) << rule;
    const auto& mine = got.fired.at(rule);
    ASSERT_EQ(mine.size(), fired.size()) << rule;
    for (std::size_t i = 0; i < fired.size(); ++i) {
      EXPECT_EQ(mine[i].line, fired[i].line) << rule;
      EXPECT_EQ(mine[i].ts, fired[i].ts) << rule;
      EXPECT_EQ(mine[i].from, fired[i].from) << rule;
      EXPECT_EQ(mine[i].group, fired[i].group) << rule;
      EXPECT_NEAR(mine[i].value, fired[i].value, 1e-9) << rule;
    }
  }
}

TEST(SigmaReference, CloudRules) {
  if (is_missing()) GTEST_SKIP() << "SKIPPED: " << kData << " is not there";
  compare(answer(kData + "/all/cloud", unpack(kData + "/cloud_5k.ndjson.zst")),
          expected_answers(kData + "/cloud_5k.expected.ndjson"));
}

TEST(SigmaReference, Correlations) {
  if (is_missing()) GTEST_SKIP() << "SKIPPED: " << kData << " is not there";
  compare(answer(kData + "/corr.yml", unpack(kData + "/corr_20k.ndjson.zst")),
          expected_answers(kData + "/corr_20k.expected.ndjson"));
}

TEST(SigmaReference, AllRulesOfSigmaHqLoad) {
  if (is_missing()) GTEST_SKIP() << "SKIPPED: " << kData << " is not there";
  const auto loaded = rules::load_rules({kData + "/all"});
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  EXPECT_EQ(loaded.rules, 3141U);
}

}  // namespace
}  // namespace proviso::signals

// SPDX-License-Identifier: Apache-2.0
// What a rule engine must get right: the ten points of reference/sigma.md section 4 (Point1 to
// Point10), and where other engines are wrong today (its section 3: PeersWrong). Rule text and log
// lines in, answers out, through the same path as proviso-match.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"
#include "rules/json_matcher.h"
#include "rules/load.h"
#include "rules/pipeline.h"
#include "signals/engine.h"

namespace proviso::signals {
namespace {

using Lines = std::vector<std::string>;

// "NAME@LINE" of matches and firings, sorted; firings with "=VALUE" and their group.
Lines answers(const std::shared_ptr<const rules::Program>& program, const Lines& log,
              const std::vector<std::size_t>& order) {
  Lines out;
  Engine engine(program, {.lateness = Duration::max(), .plain_firings = false});
  rules::JsonMatcher matcher(program, rules::Routing::off);
  std::vector<Firing> firings;
  for (const std::size_t i : order) {
    const std::string padded = log[i] + std::string(rules::JsonTokens::kPadding, '\0');
    const auto matched = matcher.match(std::string_view(padded).substr(0, log[i].size()));
    EXPECT_TRUE(matched) << log[i];
    if (!matched) continue;
    for (const auto rule : *matched) {
      out.push_back(program->rule(rule).title + "@" + std::to_string(i + 1));
    }
    const auto time = matcher.event().time();
    if (!time) continue;
    engine.feed({.time = *time, .line = i + 1, .weight = 1, .subscription = {}, .event_key = {}},
                *matched, matcher.event(), firings);
  }
  engine.flush(firings);
  for (const Firing& f : firings) {
    std::string one = program->rule(f.rule).title + "@" + std::to_string(f.line);
    for (const GroupValue& g : f.group) one += " " + g.name + "=" + g.text;
    out.push_back(one);
  }
  std::ranges::sort(out);
  return out;
}

std::shared_ptr<const rules::Program> compile(const std::string& text) {
  const auto loaded = rules::compile_rules({{"rules.yml", text}});
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  return loaded.program;
}

Lines run(const std::string& text, const Lines& log) {
  const auto program = compile(text);
  if (!program) return {};
  std::vector<std::size_t> order(log.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  return answers(program, log, order);
}

// A rule "TITLE" that is also named so.
std::string rule(const std::string& title, const std::string& selection,
                 const std::string& condition = "sel", const std::string& more = "") {
  return "title: " + title + "\nname: " + title + "\nlogsource: {product: p}\n" + more +
         "detection: {sel: " + selection + ", condition: " + condition + "}\n---\n";
}
std::string correlation(const std::string& title, const std::string& body) {
  return "title: " + title + "\nname: " + title + "\ncorrelation: {" + body + "}\n---\n";
}
bool hits(const std::string& selection, const std::string& event,
          const std::string& condition = "sel") {
  return !run(rule("r", selection, condition), {event}).empty();
}
// A line at a second of an hour, with members.
std::string at(double second, const std::string& members) {
  const auto whole = static_cast<int>(second);
  const int millis = static_cast<int>((second - whole) * 1000 + 0.5);
  char text[64];
  std::snprintf(text, sizeof text, "2026-01-01T00:%02d:%02d.%03dZ", whole / 60, whole % 60, millis);
  return R"({"time":")" + std::string(text) + "\"," + members + "}";
}
// The answers of correlation `title` only.
Lines fired(const std::string& title, const Lines& all) {
  Lines out;
  for (const std::string& one : all) {
    if (one.starts_with(title + "@")) out.push_back(one.substr(title.size() + 1));
  }
  return out;
}

const std::string kA = rule("a", "{k: a}");
const std::string kB = rule("b", "{k: b}");

TEST(SigmaPoints, Point1ValueSemantics) {
  EXPECT_TRUE(hits(R"({f: 'a\*b'})", R"({"f":"A*B"})"));
  EXPECT_FALSE(hits(R"({f: 'a\*b'})", R"({"f":"axb"})"));
  EXPECT_TRUE(hits("{f|startswith: 'a?c'}", R"({"f":"abcd"})"));
  EXPECT_TRUE(hits("{f: STRASSE}", R"({"f":"strasse"})"));
  EXPECT_TRUE(hits("{f: 'ÀÉ'}", R"({"f":"àé"})"));
  EXPECT_TRUE(hits("{f: null}", R"({"g":1})"));
  EXPECT_FALSE(hits("{f: ''}", R"({"g":1})"));
  EXPECT_TRUE(hits("{f: a}", R"({"g":1})", "not sel"));
  EXPECT_TRUE(hits("{f: 5}", R"({"f":"5"})"));
  EXPECT_TRUE(hits("{f: 'true'}", R"({"f":true})"));
}

TEST(SigmaPoints, Point2CloudShapes) {
  const std::string event =
      R"({"a":{"b":[{"c":"x"},{"c":"y"}],"d":{"e":1}},"f.g":2,"s":["p","q"]})";
  EXPECT_TRUE(hits("{a.b.c: y}", event));
  EXPECT_TRUE(hits("{f.g: 2}", event));
  EXPECT_TRUE(hits("{s: q}", event));
  EXPECT_TRUE(hits("{a.d: '{\"e\":1}'}", event));
  EXPECT_TRUE(hits("{a|contains: '\"c\":\"x\"'}", event));
}

TEST(SigmaPoints, Point3ModifiersAndRefusalsWithTheirPlace) {
  EXPECT_TRUE(hits("{f|windash|contains: ' -x'}", R"({"f":"cmd /x"})"));
  const auto loaded = rules::compile_rules({{"x.yml", rule("r", "{f|nope: a}")}});
  ASSERT_FALSE(loaded.program);
  EXPECT_TRUE(loaded.diagnostics.all().front().to_string().starts_with("x.yml:4:19: "))
      << loaded.diagnostics.to_string();
}

TEST(SigmaPoints, Point4AllEightTypes) {
  const Lines log = {at(1, R"("k":"a","g":"u","v":1)"), at(2, R"("k":"b","g":"u","v":9)"),
                     at(3, R"("k":"a","g":"u","v":5)"), at(4, R"("k":"a","g":"w","v":5)")};
  const auto one = [&](const std::string& type, const std::string& condition) {
    return fired("c", run(kA + kB +
                              correlation("c", "type: " + type +
                                                   ", rules: [a, b], group-by: "
                                                   "[g], timespan: 10s" +
                                                   condition),
                          log));
  };
  const Lines third = {"3 g=u"};
  EXPECT_EQ(one("event_count", ", condition: {gte: 3}"), third);
  EXPECT_EQ(one("value_count", ", condition: {field: v, gte: 3}"), third);
  EXPECT_EQ(one("value_sum", ", condition: {field: v, gte: 15}"), third);
  EXPECT_EQ(one("value_avg", ", condition: {field: v, eq: 5, neq: 6}"),
            Lines({"2 g=u", "3 g=u", "4 g=w"}));
  EXPECT_EQ(one("value_median", ", condition: {field: v, gt: 4, lt: 6}"),
            Lines({"2 g=u", "3 g=u", "4 g=w"}));
  EXPECT_EQ(one("value_percentile", ", condition: {field: v, percentile: 100, gte: 9}"),
            Lines({"2 g=u", "3 g=u"}));
  EXPECT_EQ(one("temporal", ""), Lines({"2 g=u", "3 g=u"}));
  EXPECT_EQ(one("temporal_ordered", ""), Lines({"2 g=u", "3 g=u"}));
}

TEST(SigmaPoints, Point4RangesAreTwoOperators) {
  const Lines log = {at(1, R"("k":"a")"), at(2, R"("k":"a")"), at(3, R"("k":"a")")};
  const auto count = [&](const std::string& condition) {
    return fired("c", run(kA + correlation("c",
                                           "type: event_count, rules: [a], timespan: 10s, "
                                           "condition: " +
                                               condition),
                          log));
  };
  EXPECT_EQ(count("{gt: 1, lte: 2}"), Lines({"2"}));
  EXPECT_EQ(count("{gte: 1, lt: 3}"), Lines({"1", "2"}));
}

TEST(SigmaPoints, Point4ExtendedConditions) {
  const Lines log = {at(1, R"("k":"a")"), at(2, R"("k":"b")"), at(30, R"("k":"a")")};
  const auto when = [&](const std::string& condition) {
    return fired("c", run(kA + kB +
                              correlation("c",
                                          "type: temporal, rules: [a, b], timespan: 5s, "
                                          "condition: " +
                                              condition),
                          log));
  };
  EXPECT_EQ(when("a and b"), Lines({"2"}));
  EXPECT_EQ(when("a AND b"), Lines({"2"}));
  EXPECT_EQ(when("a or b"), Lines({"1", "2", "3"}));
  EXPECT_EQ(when("a AND NOT b"), Lines({"1", "3"}));
  EXPECT_EQ(when("not (a or not b)"), Lines());
}

TEST(SigmaPoints, Point4Aliases) {
  const std::string c = correlation(
      "c",
      "type: temporal, rules: [a, b], group-by: [who], timespan: 10s, aliases: {who: {a: user, "
      "b: account}}");
  EXPECT_EQ(fired("c", run(kA + kB + c,
                           {at(1, R"("k":"a","user":"x")"), at(2, R"("k":"b","account":"y")"),
                            at(3, R"("k":"b","account":"x")")})),
            Lines({"3 who=x"}));
}

TEST(SigmaPoints, Point4NestingReadsTheOuterGroupFromTheEvent) {
  const std::string inner = correlation(
      "many",
      "type: event_count, rules: [a], group-by: [host], timespan: 10s, condition: {gte: 2}");
  const std::string outer = correlation(
      "outer",
      "type: event_count, rules: [many], group-by: [user], timespan: 60s, condition: {gte: "
      "2}");
  const Lines log = {
      at(1, R"("k":"a","host":"h1","user":"u")"), at(2, R"("k":"a","host":"h1","user":"u")"),
      at(3, R"("k":"a","host":"h2","user":"w")"), at(4, R"("k":"a","host":"h2","user":"u")")};
  const Lines all = run(kA + inner + outer, log);
  EXPECT_EQ(fired("many", all), Lines({"2 host=h1", "4 host=h2"}));
  EXPECT_EQ(fired("outer", all), Lines({"4 user=u"}));
}

TEST(SigmaPoints, Point4Generate) {
  const auto silent = [](const std::string& generate) {
    const auto program =
        compile(kA + correlation("c",
                                 "type: event_count, rules: [a], timespan: 1s, condition: {gte: "
                                 "1}" +
                                     generate));
    return !program->rule(rules::RuleIndex(0)).signals_alone;
  };
  EXPECT_TRUE(silent(""));
  EXPECT_TRUE(silent(", generate: false"));
  EXPECT_FALSE(silent(", generate: true"));
}

TEST(SigmaPoints, Point4CorrelationsHaveTags) {
  const auto program = compile(
      kA +
      "title: c\ntags: [attack.impact]\ncorrelation: {type: event_count, rules: [a], timespan: "
      "1s, condition: {gte: 1}}\n");
  EXPECT_EQ(program->rule(rules::RuleIndex(1)).tags, Lines({"attack.impact"}));
}

TEST(SigmaPoints, Point5SubSecondSlidingAndUnaligned) {
  const std::string c =
      correlation("c", "type: event_count, rules: [a], timespan: 1s, condition: {gte: 2}");
  // 0.6 s apart over a second's border counts; 1.001 s apart does not.
  EXPECT_EQ(fired("c", run(kA + c, {at(0.7, R"("k":"a")"), at(1.3, R"("k":"a")")})), Lines({"2"}));
  EXPECT_EQ(fired("c", run(kA + c, {at(0.7, R"("k":"a")"), at(1.701, R"("k":"a")")})), Lines());
  EXPECT_EQ(fired("c", run(kA + c, {at(0.7, R"("k":"a")"), at(1.7, R"("k":"a")")})), Lines({"2"}));
}

TEST(SigmaPoints, Point5AnyOrderOfArrivalGivesTheSameAnswer) {
  const auto program = compile(
      kA + kB +
      correlation("c",
                  "type: temporal_ordered, rules: [a, b], group-by: [g], timespan: "
                  "20s") +
      correlation("v",
                  "type: value_count, rules: [a], timespan: 20s, condition: {field: g, gte: 3}"));
  ASSERT_TRUE(program);
  SeededRandom random(7);
  Lines log;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < 200; ++i) {
    log.push_back(at(static_cast<double>(random.below(300)),
                     std::string(R"("k":")") + (random.below(2) == 0 ? "a" : "b") + R"(","g":")" +
                         std::to_string(random.below(4)) + "\""));
    order.push_back(i);
  }
  const Lines expected = answers(program, log, order);
  ASSERT_FALSE(fired("c", expected).empty());
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    EXPECT_EQ(answers(program, log, order), expected);
  }
}

TEST(SigmaPoints, Point6WindowsGoOnAfterALoadedState) {
  const auto program = compile(
      kA + correlation("c", "type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}"));
  const Lines log = {at(1, R"("k":"a")"), at(2, R"("k":"a")")};
  Engine first(program, {.plain_firings = false});
  Engine second(program, {.plain_firings = false});
  rules::JsonMatcher matcher(program, rules::Routing::off);
  std::vector<Firing> firings;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const std::string padded = log[i] + std::string(rules::JsonTokens::kPadding, '\0');
    const auto matched = matcher.match(std::string_view(padded).substr(0, log[i].size())).value();
    Engine& engine = i == 0 ? first : second;
    engine.feed({.time = *matcher.event().time(),
                 .line = i + 1,
                 .weight = 1,
                 .subscription = {},
                 .event_key = {}},
                matched, matcher.event(), firings);
    if (i > 0) continue;
    ASSERT_TRUE(second.load(first.save()));
  }
  second.flush(firings);
  ASSERT_EQ(firings.size(), 1U);
  EXPECT_EQ(firings.front().line, 2U);
}

TEST(SigmaPoints, Point7ManyRulesAtOnceAnswerAsEachAlone) {
  std::string all;
  Lines each;
  const Lines log = {R"({"f":"n7","g":"x42y"})", R"({"f":"n8"})", R"({"g":"nothing"})"};
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    const std::string text =
        rule("r" + n, i % 2 == 0 ? "{g|contains: x" + n + "}" : "{f: n" + n + "}");
    all += text;
    const Lines one = run(text, log);
    each.insert(each.end(), one.begin(), one.end());
  }
  std::ranges::sort(each);
  EXPECT_EQ(run(all, log), each);
  EXPECT_EQ(each, Lines({"r42@1", "r4@1", "r7@1"}));
}

TEST(SigmaPoints, Point8FiltersAndPipelines) {
  const std::string filter =
      "title: f\nlogsource: {product: p}\nfilter: {rules: any, known: {g: ok}, condition: not "
      "known}\n";
  EXPECT_EQ(run(kA + filter, {R"({"k":"a","g":"ok"})", R"({"k":"a"})"}), Lines({"a@2"}));
  rules::Diagnostics diagnostics;
  const auto pipelines = rules::Pipelines::read(
      {{"p.yml", "transformations: [{type: field_name_mapping, mapping: {k: [x, y]}}]"}},
      diagnostics);
  ASSERT_TRUE(pipelines) << diagnostics.to_string();
  const auto loaded = rules::compile_rules({{"r.yml", kA}}, nullptr, {}, &*pipelines);
  ASSERT_TRUE(loaded.program);
  EXPECT_EQ(answers(loaded.program, {R"({"y":"a"})", R"({"k":"a"})"}, {0, 1}), Lines({"a@1"}));
}

TEST(SigmaPoints, Point9AMatchCarriesItsRuleAndAuthor) {
  const auto program = compile(rule("r", "{f: a}", "sel", "author: Someone\n"));
  EXPECT_EQ(program->rule(rules::RuleIndex(0)).author, "Someone");
  EXPECT_EQ(program->rule(rules::RuleIndex(0)).at.line, 1U);
}

TEST(SigmaPoints, Point10NothingIsSkipped) {
  // SigmaHQ's rules and the labelled events: sigma_reference_test.cc.
  const auto loaded = rules::compile_rules({{"r.yml", kA + rule("bad", "{f|nope: 1}")}});
  EXPECT_FALSE(loaded.program);
  EXPECT_EQ(loaded.diagnostics.count(), 1U);
}

TEST(PeersWrong, WindashTakesTheSlash) {
  EXPECT_TRUE(hits("{f|windash|contains: '/q'}", R"({"f":"run -q"})"));
}
TEST(PeersWrong, InnerWildcardsBehindEndswith) {
  EXPECT_TRUE(hits("{f|endswith: 'a*c'}", R"({"f":"xabbc"})"));
  EXPECT_FALSE(hits("{f|endswith: 'a*c'}", R"({"f":"xabbcd"})"));
}
TEST(PeersWrong, ExistsIsTrueForJsonNull) {
  EXPECT_TRUE(hits("{f|exists: true}", R"({"f":null})"));
}
TEST(PeersWrong, NeqAndNotOfAMissingField) {
  EXPECT_TRUE(hits("{f|neq: a}", R"({"g":1})"));
  EXPECT_TRUE(hits("{f: a}", R"({"g":1})", "not sel"));
}
TEST(PeersWrong, ObjectsAreMatchedAsText) {
  EXPECT_TRUE(hits("{f|contains: Suspended}", R"({"f":{"status":"Suspended"}})"));
}
TEST(PeersWrong, TemporalNeedsAllRules) {
  const std::string c = correlation("c", "type: temporal, rules: [a, b], timespan: 10s");
  EXPECT_EQ(fired("c", run(kA + kB + c, {at(1, R"("k":"a")"), at(2, R"("k":"a")")})), Lines());
}
TEST(PeersWrong, PercentilesMindTheThreshold) {
  const std::string c = correlation(
      "c",
      "type: value_percentile, rules: [a], timespan: 10s, condition: {field: v, percentile: 50, "
      "gt: 10}");
  EXPECT_EQ(fired("c", run(kA + c, {at(1, R"("k":"a","v":9)"), at(2, R"("k":"a","v":13)")})),
            Lines({"2"}));
}
TEST(PeersWrong, RulesAreFoundByNameAlsoWithAnIdOrWithoutOne) {
  const std::string id = "5b0c2c2e-4b1d-4c55-9a39-0d4a4b7a1c01";
  const std::string with_id = rule("a", "{k: a}", "sel", "id: " + id + "\n");
  const auto c = [](const std::string& ref) {
    return correlation("c", "type: event_count, rules: [" + ref +
                                "], timespan: 1s, condition: {gte: "
                                "1}");
  };
  const Lines log = {at(1, R"("k":"a")")};
  EXPECT_EQ(fired("c", run(with_id + c("a"), log)), Lines({"1"}));
  EXPECT_EQ(fired("c", run(with_id + c(id), log)), Lines({"1"}));
  EXPECT_EQ(fired("c", run(kA + c("a"), log)), Lines({"1"}));
}
TEST(PeersWrong, CorrelationsHaveAWindow) {
  const std::string c =
      correlation("c", "type: event_count, rules: [a], timespan: 5s, condition: {gte: 2}");
  EXPECT_EQ(fired("c", run(kA + c, {at(1, R"("k":"a")"), at(7, R"("k":"a")")})), Lines());
}
TEST(PeersWrong, CaseIsIgnored) { EXPECT_TRUE(hits("{f: ABC}", R"({"f":"abc"})")); }
TEST(PeersWrong, NullMissingAndEmptyAreApart) {
  EXPECT_TRUE(hits("{f: null}", R"({"f":null})"));
  EXPECT_TRUE(hits("{f: null}", R"({"g":1})"));
  EXPECT_FALSE(hits("{f: null}", R"({"f":""})"));
  EXPECT_TRUE(hits("{f: ''}", R"({"f":""})"));
  EXPECT_FALSE(hits("{f: ''}", R"({"f":null})"));
  EXPECT_FALSE(hits("{f|exists: true}", R"({"g":1})"));
}

}  // namespace
}  // namespace proviso::signals

// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/simulate.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/json.h"

namespace proviso::provider_sim {
namespace {

Options options_of(std::string scenario, std::int64_t hours = 3, std::uint32_t background = 20) {
  Options options;
  options.scenario = std::move(scenario);
  options.seed = 7;
  options.hours = hours;
  options.background = background;
  return options;
}

std::string log_of(const Options& options, Format format = Format::usage) {
  std::string out;
  const auto summary = simulate(options, format, [&](std::string_view line) -> Result<void> {
    out.append(line);
    return {};
  });
  EXPECT_TRUE(summary) << summary.error().message;
  return out;
}

std::vector<Json> records_of(const Options& options, Format format = Format::usage) {
  std::vector<Json> out;
  const auto summary = simulate(options, format, [&](std::string_view line) -> Result<void> {
    out.push_back(TRY(parse_json(line)));
    return {};
  });
  EXPECT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary ? summary->records : 0, out.size());
  return out;
}

const Json& data(const Json& record) { return *record.find("data"); }
const std::string& text(const Json& object, std::string_view name) {
  return *object.find(name)->if_string();
}
std::int64_t number(const Json& object, std::string_view name) {
  return *object.find(name)->if_int();
}
std::int64_t amount(const Json& record, std::string_view unit) {
  const Json* amounts = data(record).find("amounts");
  for (const Json& a : amounts != nullptr ? *amounts->if_array() : Json::Array{}) {
    if (text(a, "unit") == unit) return number(a, "quantity");
  }
  return 0;
}

// The bytes themselves are the contract: a change of any of these needs a
// reason and a changelog line.
const std::map<std::string, std::string>& pinned() {
  static const std::map<std::string, std::string> digests = {
      {"bulk-face-matching", "06b6144dcb86560ad4c3204d25cd35ee6b3c338cf4fa55c16e83a96776e79b2b"},
      {"bulk-voice-recording", "a5133ed9f8e7bab7251975c0069e7b6111526352b553e0081e92d6b66dffe5ef"},
      {"credential-stuffing", "fa289aa97508e8626ba5084da19fa5b2d755def539e19f36fe9fa3f689209013"},
      {"crypto-mining", "8898f6baf7e343de5d245183ab5d3dbcba5ce09cd359dfbc11459068aff7b28c"},
      {"departure", "d8b148d58bec9561bc02045166a3f07601bdbe51023b2c927791afcafa707359"},
      {"excluded-region", "86786687527c309e3164c4ea137f7e643a9205c91b6a464cab1d5af67d679d52"},
      {"market", "23c2dbe640c352a904b0f1c9dd908e584c2bcd8227fad44bd08d42e060ec710e"},
      {"mass-mail", "0ec9dce9ef25d33a98833ffd287a222899774a6b66a0a551f1cc05f72462ede9"},
      {"million-calls", "67127b76ca38cf8148e90908c8f862534e0fd6dda57aef91118b7f13969cf2ca"},
      {"mistaken-cut", "0c12a96981864377150c4165d1db03f17177477143c2396d5cc01dfb62be2b98"},
      {"population-scale-speech",
       "964d753a6ab9f1150557fdf8b6bdbae4aa7b5046e5850c78b57bfd6a96956ae6"},
      {"quiet", "3dd090859d4525f539f10b5411c87ea4ae37208b7c5dae2d3d6c88a2ae97bffb"},
      {"quiet as cloudtrail", "95932235d814b3e4c557abcb95f44fed13965350f6b7fe85a2cbc88bfc7fbfb0"},
      {"scraping-egress", "764fde2891fc11195e46ee139cad5d93a4da372e55d52244858aa598b642a6ac"},
      {"slow-ramp", "b894ad00a85d068d1e49be9d573c99634fd269c9a85955c3a1cfea218af36170"},
      {"tokens-beyond-declared",
       "f739ebd93666316e709db3a97c3f3b5e0e1b1ac500f31fe307c76cb0a22b1ab4"},
      {"voice-surveillance", "babb3f64e2226ffa47de0ed8a5b00979a8fd6e9e038ccd67bf5e0f1a1d86160b"},
  };
  return digests;
}

TEST(Simulate, SameSeedSameBytes) {
  for (const ScenarioInfo& scenario : scenarios()) {
    const Options options = options_of(std::string(scenario.name));
    std::string all = log_of(options);
    ASSERT_TRUE(write_register(options, [&](std::string_view line) -> Result<void> {
      all.append(line);
      return {};
    }));
    const auto it = pinned().find(options.scenario);
    EXPECT_EQ(sha256(all).hex(), it == pinned().end() ? "" : it->second) << options.scenario;
  }
}

TEST(Simulate, CloudtrailSameSeedSameBytes) {
  EXPECT_EQ(sha256(log_of(options_of("quiet", 1), Format::cloudtrail)).hex(),
            pinned().at("quiet as cloudtrail"));
}

TEST(Simulate, AnotherSeedGivesOtherBytes) {
  Options options = options_of("quiet", 1);
  const std::string one = log_of(options);
  options.seed = 8;
  EXPECT_NE(one, log_of(options));
}

TEST(Simulate, MoreHoursOnlyAppend) {
  const std::string two = log_of(options_of("million-calls", 2));
  const std::string three = log_of(options_of("million-calls", 3));
  ASSERT_GT(three.size(), two.size());
  EXPECT_EQ(three.substr(0, two.size()), two);
}

TEST(Simulate, MillionCallsHasTheVolumesThatAreTold) {
  struct Hour {
    std::int64_t stored = 0, bytes = 0, recognised = 0, seconds = 0, defence = 0;
  };
  std::map<std::string, Hour> hours;
  std::set<std::string> regions;
  for (const Json& record : records_of(options_of("million-calls", 3, 300))) {
    const Json& d = data(record);
    const Time end = *parse_time(text(*d.find("window"), "end"));
    Hour& hour = hours[format_time(end - std::chrono::seconds{1}).substr(0, 13)];
    if (text(d, "subscription") == "sub-public-body-records") {
      regions.insert(text(d, "region"));
      if (text(d, "operation") == "PutObject") hour.stored += number(d, "count");
      if (text(d, "operation") == "PutObject") hour.bytes += amount(record, "bytes");
      if (text(d, "service") == "speech") hour.recognised += number(d, "count");
      if (text(d, "service") == "speech") hour.seconds += amount(record, "seconds");
    }
    if (text(d, "subscription") == "sub-public-body-cyber-defence") {
      EXPECT_EQ(text(d, "service"), "security");
      hour.defence += number(d, "count");
    }
  }
  EXPECT_EQ(hours.size(), 3U);
  EXPECT_EQ(regions.size(), 1U);
  for (const auto& [at, hour] : hours) {
    EXPECT_EQ(hour.stored, 1'000'000) << at;
    EXPECT_EQ(hour.bytes, 2'900'000'000'000) << at;
    EXPECT_EQ(hour.recognised, 1'000'000) << at;
    EXPECT_EQ(hour.seconds, 362'500'000) << at;
    EXPECT_GT(hour.defence, 300'000) << at;
  }
}

TEST(Simulate, DepartureStopsAndExportsAtHalfTime) {
  std::int64_t stored_after = 0, exported_before = 0, exported_after = 0;
  for (const Json& record : records_of(options_of("departure", 4))) {
    const Json& d = data(record);
    if (text(d, "subscription") != "sub-public-body-records") continue;
    const bool after = text(*d.find("window"), "end") > "2026-03-01T02:00:00Z";
    if (text(d, "operation") == "BulkCopy") (after ? exported_after : exported_before) += 1;
    if (text(d, "operation") == "PutObject" && after) ++stored_after;
  }
  EXPECT_EQ(stored_after, 0);
  EXPECT_EQ(exported_before, 0);
  EXPECT_EQ(exported_after, 24);
}

TEST(Simulate, SortedByEndOfWindowAndEachIdOnce) {
  std::string last;
  std::set<std::string> ids;
  std::set<std::string> neighbours;
  std::string before;
  for (const Json& record : records_of(options_of("mistaken-cut"))) {
    const std::string& end = text(*data(record).find("window"), "end");
    EXPECT_LE(last, end);
    EXPECT_EQ(text(record, "time"), end);
    EXPECT_LT(text(*data(record).find("window"), "start"), end);
    EXPECT_TRUE(ids.insert(text(record, "id")).second);
    last = end;
    if (text(data(record), "subscription") != before) neighbours.insert(before);
    before = text(data(record), "subscription");
  }
  EXPECT_GT(neighbours.size(), 20U);
}

// I1: every member name is one of these, so there is no place for content.
void collect_names(const Json& value, std::set<std::string>& names) {
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) {
      names.insert(name);
      collect_names(member, names);
    }
  }
  if (const auto* array = value.if_array()) {
    for (const Json& member : *array) collect_names(member, names);
  }
}

TEST(Simulate, MetadataOnly) {
  const std::set<std::string> usage = {
      "amounts", "count",        "data",          "end",     "id",     "operation",   "quantity",
      "region",  "resource",     "resource_type", "service", "source", "specversion", "start",
      "status",  "subscription", "time",          "type",    "unit",   "window"};
  const std::set<std::string> cloudtrail = {
      "accountId",       "awsRegion",   "errorCode",          "eventCategory", "eventID",
      "eventName",       "eventSource", "eventTime",          "eventType",     "eventVersion",
      "managementEvent", "readOnly",    "recipientAccountId", "type",          "userIdentity"};
  std::set<std::string> seen;
  for (const ScenarioInfo& scenario : scenarios()) {
    for (const Json& record : records_of(options_of(std::string(scenario.name), 2, 10))) {
      collect_names(record, seen);
    }
  }
  EXPECT_EQ(seen, usage);
  seen.clear();
  for (const Json& record : records_of(options_of("quiet", 1, 10), Format::cloudtrail)) {
    collect_names(record, seen);
  }
  seen.insert("errorCode");  // only where calls are refused
  EXPECT_EQ(seen, cloudtrail);
}

TEST(Simulate, ExactNumberOfRecordsForBenchmarks) {
  Options options = options_of("quiet", 1, 2'000);
  options.records = 12'345;
  std::set<std::string> subscriptions;
  const std::vector<Json> records = records_of(options);
  EXPECT_EQ(records.size(), 12'345U);
  for (const Json& record : records) subscriptions.insert(text(data(record), "subscription"));
  EXPECT_GT(subscriptions.size(), 1'900U);  // the smallest ones sleep at night
}

TEST(Simulate, CloudtrailIsSortedAndCountsEachCall) {
  std::string last;
  std::map<std::string, int> sources;
  for (const Json& record : records_of(options_of("quiet", 1), Format::cloudtrail)) {
    EXPECT_LE(last, text(record, "eventTime"));
    last = text(record, "eventTime");
    ++sources[text(record, "eventSource")];
  }
  EXPECT_GT(sources["s3.amazonaws.com"], 1'000);
  EXPECT_GT(sources["transcribe.amazonaws.com"], 1'000);
}

void expect_refused(const Options& options, Format format, Errc code, std::string_view part) {
  bool wrote = false;
  const auto summary = simulate(options, format, [&](std::string_view) -> Result<void> {
    wrote = true;
    return {};
  });
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, code);
  EXPECT_NE(summary.error().message.find(part), std::string::npos) << summary.error().message;
  EXPECT_FALSE(wrote);
}

TEST(Simulate, RefusesWhatItCannotDo) {
  expect_refused(options_of("no-such"), Format::usage, Errc::invalid_input, "million-calls");
  expect_refused(options_of("quiet", 0), Format::usage, Errc::invalid_input, "hours");
  Options options = options_of("quiet");
  options.start += std::chrono::minutes{1};
  expect_refused(options, Format::usage, Errc::invalid_input, "full hour");
  options = options_of("quiet", 1, kSubscriptionsMax + 1);
  expect_refused(options, Format::usage, Errc::invalid_input, "subscriptions");
  EXPECT_FALSE(parse_format("csv"));
}

TEST(Simulate, AFailingSinkEndsIt) {
  int lines = 0;
  const auto summary =
      simulate(options_of("quiet"), Format::usage, [&](std::string_view) -> Result<void> {
        if (++lines == 3) return fail(Errc::exhausted, "full");
        return {};
      });
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, Errc::exhausted);
  EXPECT_EQ(lines, 3);
}

}  // namespace
}  // namespace proviso::provider_sim

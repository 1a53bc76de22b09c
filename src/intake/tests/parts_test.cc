// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "intake/csv_row.h"
#include "intake/identity.h"
#include "intake/reject_log.h"
#include "intake/seen_ids.h"
#include "intake/tests/helpers.h"

namespace proviso::intake {
namespace {

using namespace testing;
namespace fs = std::filesystem;

/// RFC 4180, one byte at a time, as plainly as it can be written: the slow twin of csv_row. Nothing
/// where a quote stands wrong or does not close.
std::optional<std::vector<std::vector<std::string>>> slow_csv(std::string_view text) {
  std::vector<std::vector<std::string>> rows{{""}};
  enum { start, plain, quoted, closed } state = start;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = rows.back().back();
    if (state == quoted) {
      if (c == '"')
        state = closed;
      else
        field += c;
      continue;
    }
    if (c == '"' && state == closed) {
      field += '"';
      state = quoted;
      continue;
    }
    const bool line_end = c == '\n' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n');
    const bool last_return = c == '\r' && i + 1 == text.size();
    if (c == ',') {
      rows.back().emplace_back();
      state = start;
    } else if (line_end) {
      if (c == '\r') ++i;
      rows.push_back({""});
      state = start;
    } else if (last_return) {
      continue;
    } else if (state == closed || c == '"') {
      if (c == '"' && state == start)
        state = quoted;
      else
        return std::nullopt;
    } else {
      field += c;
      state = plain;
    }
  }
  if (state == quoted) return std::nullopt;
  if (text.ends_with('\n') || text.empty()) rows.pop_back();
  return rows;
}

std::optional<std::vector<std::vector<std::string>>> our_csv(std::string text) {
  std::vector<std::vector<std::string>> rows;
  std::span<char> rest(text.data(), text.size());
  while (!rest.empty()) {
    const CsvExtent extent = scan_csv_record({rest.data(), rest.size()}, true);
    if (extent.state != CsvScan::complete) return std::nullopt;
    std::span<char> row = rest.first(extent.length);
    if (row.back() == '\n') row = row.first(row.size() - 1);
    if (!row.empty() && row.back() == '\r') row = row.first(row.size() - 1);
    std::vector<CsvField> fields;
    if (!split_csv_record(row, fields)) return std::nullopt;
    rows.emplace_back();
    for (const CsvField& field : fields) rows.back().emplace_back(field.text);
    rest = rest.subspan(extent.length);
  }
  return rows;
}

TEST(Csv, AgreesWithItsSlowTwin) {
  SeededRandom random(7);
  constexpr std::string_view kAlphabet = "\"\"\",,\n\nab";
  int sound = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(12); i > 0; --i) {
      text += kAlphabet[random.below(kAlphabet.size())];
    }
    const auto expected = slow_csv(text);
    EXPECT_EQ(our_csv(text), expected) << text;
    sound += expected ? 1 : 0;
  }
  EXPECT_GT(sound, 20'000);
}

EventKey key_of(int n) {
  model::UsageEvent event;
  const std::string id = std::to_string(n);
  event.id = id;
  event.subscription = "s";
  return Identity("0123456789abcdef")("f", event);
}

const Time kNoon = from_unix_seconds(1'790'000'000);

TEST(SeenIds, KnowsAnIdForSevenDays) {
  SeenIds seen;
  for (int n = 0; n < 10'000; ++n) EXPECT_TRUE(seen.insert(key_of(n), kNoon));
  for (int n = 0; n < 10'000; ++n) EXPECT_FALSE(seen.insert(key_of(n), kNoon));
  EXPECT_EQ(seen.size(), 10'000U);
  EXPECT_TRUE(seen.insert(key_of(-1), kNoon + std::chrono::days(7)));
  EXPECT_FALSE(seen.insert(key_of(5), kNoon));
  EXPECT_TRUE(seen.insert(key_of(-2), kNoon + std::chrono::days(8)));
  EXPECT_EQ(seen.size(), 2U);
}

TEST(SeenIds, EqualEventsOfAFileCountOnceEachAcrossADelivery) {
  SeenIds seen;
  const EventKey same = key_of(1);
  seen.begin_file("a");
  EXPECT_TRUE(seen.insert_equal(same, kNoon));
  EXPECT_TRUE(seen.insert_equal(same, kNoon));
  seen.begin_file("b");
  EXPECT_FALSE(seen.insert_equal(same, kNoon));
  EXPECT_FALSE(seen.insert_equal(same, kNoon));
  EXPECT_TRUE(seen.insert_equal(same, kNoon));
}

TEST(SeenIds, AFileGoesOnAfterAnotherWasReadInBetween) {
  SeenIds seen;
  seen.begin_file("a");
  EXPECT_TRUE(seen.insert_equal(key_of(2), kNoon));
  seen.begin_file("b");
  EXPECT_FALSE(seen.insert_equal(key_of(2), kNoon));
  SeenIds again;  // as after a restart
  ASSERT_TRUE(again.load_delta(seen.take_delta()));
  for (SeenIds* ids : {&seen, &again}) {
    ids->begin_file("a");
    EXPECT_TRUE(ids->insert_equal(key_of(2), kNoon));  // the second of this file
    ids->begin_file_anew("a");
    EXPECT_FALSE(ids->insert_equal(key_of(2), kNoon));  // delivered again: the first, known
  }
}

TEST(SeenIds, DeltasRebuildTheSetInTheMiddleOfAFile) {
  SeenIds first;
  first.begin_file("a");
  first.insert(key_of(1), kNoon);
  first.insert_equal(key_of(2), kNoon);
  const std::string one = first.take_delta();
  first.insert_equal(key_of(2), kNoon);
  const std::string two = first.take_delta();
  EXPECT_EQ(first.take_delta(), "");
  SeenIds second;
  ASSERT_TRUE(second.load_delta(one));
  ASSERT_TRUE(second.load_delta(two));
  EXPECT_EQ(second.size(), first.size());
  second.begin_file("a");
  EXPECT_FALSE(second.insert(key_of(1), kNoon));
  EXPECT_TRUE(second.insert_equal(key_of(2), kNoon));  // the third of this file
  EXPECT_FALSE(second.load_delta("PVSEEN02I123"));
  EXPECT_FALSE(second.load_delta("nonsense"));
}

class TemporaryFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "proviso_intake_XXXXXX").native();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    if (!HasFailure()) fs::remove_all(folder_);
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path folder_;
};

TEST_F(TemporaryFolder, RejectsAreWrittenAndStopALargeShare) {
  auto log = RejectLog::open(real_file_system(), folder_ / "rejects.jsonl");
  ASSERT_TRUE(log);
  for (int i = 0; i < 95; ++i) log->count_event();
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(log->add("a.log", {.line = i + 1, .column = 1, .offset = i, .reason = "bad"}));
  }
  const auto stopped = log->add("a.log", {.line = 9, .column = 1, .offset = 9, .reason = "bad"});
  ASSERT_FALSE(stopped);
  EXPECT_TRUE(stopped.error().message.starts_with("too many records were refused: 6 of 101"));
  EXPECT_TRUE(read("rejects.jsonl")
                  .starts_with("{\"column\":1,\"file\":\"a.log\",\"line\":1,\"offset\":0,"
                               "\"reason\":\"bad\"}\n"));
  RejectLog all = RejectLog::counting();
  ASSERT_TRUE(all.add("b", {.line = 1, .column = 1, .offset = 0, .reason = "bad"}));
  EXPECT_FALSE(all.finish());
}

TEST_F(TemporaryFolder, FoldersAreExpandedInOrder) {
  write("b/2.log", "");
  write("a.log", "");
  write("b/1.log", "");
  write(".hidden/x.log", "");
  const auto found = expand_inputs({folder_, "-"});
  ASSERT_TRUE(found);
  const std::vector<std::string> expected = {folder_ / "a.log", folder_ / "b/1.log",
                                             folder_ / "b/2.log", "-"};
  EXPECT_EQ(*found, expected);
}

TEST(Resume, AReaderGoesOnWhereAnotherStopped) {
  std::string text = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n";
  for (int i = 0; i < 50'000; ++i) text += "2023-11-16 18:17:03," + std::to_string(i) + ",1\r\n";
  DecodeOptions options = options_with();
  options.subscription = "s";
  const auto open = [&](const UsagePosition& from) {
    return UsageReader::open(*ByteSource::from_memory("in", text), shipped_policies(), options,
                             from);
  };
  auto first = open({});
  ASSERT_TRUE(first);
  model::UsageEvent event;
  Reject reject;
  for (int i = 0; i < 31'234; ++i) ASSERT_EQ(*first->next(event, reject), Outcome::event);
  auto second = open(first->position());
  ASSERT_TRUE(second);
  ASSERT_EQ(*second->next(event, reject), Outcome::event);
  EXPECT_EQ(event.amount("input_tokens"), 31'234);
  EXPECT_EQ(second->record_position().line, 31'236U);
}

void expect_refused(const std::string& keep, const std::string& hash, const std::string& words) {
  const auto made = parse_field_policy(
      "p",
      R"({"format":"f","version":1,"syntax":"json","detect":[["t"]],"map":{"window_end":["t"]},)"
      R"("keep":["t")" +
          keep + R"(],"hash":[)" + hash + R"(],"drop":["d"]})");
  ASSERT_FALSE(made) << keep << hash;
  EXPECT_NE(made.error().message.find(words), std::string::npos) << made.error().message;
}

TEST(FieldPolicy, TheNeverListCannotBeOverridden) {
  for (const char* field :
       {"requestParameters.bucketName", "gen_ai.prompt", "gen_ai.input.messages", "ObjectKey",
        "Uri", "caller", "CallerIpAddress", "userIdentity.userName", "claims.name", "user.email",
        "sourceIPAddress", "UserAgentHeader", "api.request.body", "properties.requestbody",
        "message_context.prompt_text", "http_request.url.text", "userIdentity.accessKeyId",
        "RequestMd5", "src_endpoint.ip"}) {
    expect_refused(std::string(",\"") + field + "\"", "", "can never be kept");
  }
  expect_refused("", "\"ObjectKey\"", "can never be hashed");
  expect_refused(",\"userIdentity.principalId\"", "", "can never be kept");
}

TEST(FieldPolicy, ContradictionsAreRefused) {
  expect_refused(",\"d.x\"", "", "but drop names d");
  expect_refused("", "\"t\"", "kept and hashed");
  expect_refused(",\"x.*\"", "", "without *");
}

TEST(FieldPolicy, KeepsSaysWhatRulesMayRead) {
  EXPECT_TRUE(shipped_policies().keeps("aws-cloudtrail", "resources.type"));
  EXPECT_TRUE(shipped_policies().keeps("aws-cloudtrail", "userIdentity.principalId"));
  EXPECT_FALSE(shipped_policies().keeps("aws-cloudtrail", "requestParameters.bucketName"));
  EXPECT_FALSE(shipped_policies().keeps("no-such-format", "time"));
}

}  // namespace
}  // namespace proviso::intake

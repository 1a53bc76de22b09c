// SPDX-License-Identifier: Apache-2.0
// The "bad input" of the main job, as far as it reaches intake: each is a clear error or reject
// with its place, and the records around it are taken.
#include <fstream>
#include <sstream>

#include <zlib.h>
#include <zstd.h>

#include "intake/tests/helpers.h"

namespace proviso::intake {
namespace {

using namespace testing;

std::string usage(const std::string& id, const std::string& more = "",
                  const std::string& time = "2026-11-23T12:00:00Z") {
  return R"({"specversion":"1.0","type":"com.proviso.usage.v1","id":")" + id +
         R"(","source":"/x","time":")" + time +
         R"(","data":{"subscription":"sub-1","service":"storage","operation":"PutBlob")" + more +
         "}}\n";
}

std::string gzip(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1024, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// One bad record between two good ones.
void expect_reject(const std::string& bad, const std::string& reason) {
  const Output out = read_text(usage("a") + bad + "\n" + usage("b"));
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.events.size(), 2U) << reason;
  ASSERT_EQ(out.rejects.size(), 1U) << reason;
  EXPECT_EQ(out.rejects[0].reason, reason);
  EXPECT_EQ(out.rejects[0].line, 2U);
  EXPECT_EQ(out.rejects[0].column, 1U);
  EXPECT_EQ(out.rejects[0].offset, usage("a").size());
}

std::string trimmed(std::string text) {
  text.pop_back();
  return text;
}

TEST(BadInput, RecordsAreRefusedWithTheirReason) {
  expect_reject("{\"id\":", "is not valid JSON");
  expect_reject("[1]", "is not a JSON object");
  expect_reject(trimmed(usage("c", ",\"x\":\"\xFF\"")), "is not valid UTF-8");
  expect_reject(trimmed(usage("c", ",\"count\":\"3\"")), "data.count: is a string, not a number");
  expect_reject(trimmed(usage("c", ",\"count\":-3")), "data.count: is negative");
  expect_reject(trimmed(usage("c", ",\"count\":1.5")), "data.count: is not a whole number");
  expect_reject(trimmed(usage("c", "", "1999-12-31T23:59:59Z")),
                "time: timestamp in the wrong century");
  expect_reject(trimmed(usage("c", "", "2100-01-01T00:00:00Z")),
                "time: timestamp in the wrong century");
  expect_reject(trimmed(usage("c", "", "yesterday")), "time: is not a time (RFC 3339)");
  expect_reject(trimmed(usage("c", ",\"service\":\"other\"")), "service: stands twice");
  expect_reject(trimmed(usage("c", ",\"s\\u0065rvice\":\"other\"")), "service: stands twice");
  expect_reject(trimmed(usage("c")) + trimmed(usage("d")), "goes on after the JSON object");
  const std::string amounts = ",\"amounts\":[{\"unit\":\"bytes\",\"quantity\":";
  expect_reject(trimmed(usage("c", amounts + "-1}]")), "data.amounts[].quantity: is negative");
  expect_reject(trimmed(usage("c", amounts + "1e999}]")),
                "data.amounts[].quantity: is not a finite number");
  expect_reject(trimmed(usage("c", amounts + "\"5\"}]")),
                "data.amounts[].quantity: is a string, not a number");
  expect_reject(trimmed(usage("c", ",\"amounts\":[{\"quantity\":5}]")), "a quantity has no unit");
  expect_reject(
      trimmed(usage("c", ",\"x\":" + std::string(10'000, '[') + std::string(10'000, ']'))),
      "is nested deeper than 64");
  expect_reject(trimmed(usage("c", ",\"region\":\"" + std::string(300, 'r') + "\"")),
                "data.region: is over 256 bytes long");
  expect_reject(trimmed(usage("c", R"(,"window":{"start":"2026-11-23T12:00:01Z"})")),
                "the window ends before it starts");
}

TEST(BadInput, EmptyInputIsAClearError) {
  EXPECT_EQ(read_text("").error, "in: is empty (there is nothing to read)");
}

TEST(BadInput, UnknownTextIsAClearError) {
  EXPECT_EQ(read_text("hello\nworld\n").error,
            "in:1:1: no known format begins like this (name it: --format F)");
}

TEST(BadInput, ALineOf200MegabytesIsOneReject) {
  const Output out = read_text(usage("a") + std::string(200'000'000, 'x') + "\n" + usage("b"));
  EXPECT_EQ(out.events.size(), 2U);
  ASSERT_EQ(out.rejects.size(), 1U);
  EXPECT_EQ(out.rejects[0].reason, "the line is longer than 16 MiB");
  EXPECT_EQ(out.rejects[0].line, 2U);
}

TEST(BadInput, CutOffCompressionGivesWhatWasReadableThenAnError) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += usage(std::to_string(i));
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    EXPECT_EQ(read_text(packed).events.size(), 20'000U);
    const Output cut = read_text(packed.substr(0, packed.size() / 2));
    EXPECT_GT(cut.events.size(), 100U);
    EXPECT_LT(cut.events.size(), 20'000U);
    EXPECT_NE(cut.error.find("is cut off"), std::string::npos) << cut.error;
    EXPECT_TRUE(cut.error.starts_with("in: byte ")) << cut.error;
    EXPECT_TRUE(cut.rejects.empty());
  }
}

TEST(BadInput, ATraceWithoutTenantNeedsASubscription) {
  const std::string trace =
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n";
  EXPECT_NE(read_text(trace).error.find("names no subscription"), std::string::npos);
  DecodeOptions options = options_with();
  options.subscription = "sub-7";
  const Output out = read_text(trace, options);
  ASSERT_EQ(out.events.size(), 1U);
  EXPECT_NE(out.events[0].find("|tokens=4818"), std::string::npos) << out.events[0];
}

TEST(BadInput, AStrayQuoteCostsItsOwnCsvLineOnly) {
  DecodeOptions options = options_with();
  options.subscription = "s";
  const std::string head = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
  const std::string good = "2023-11-16 18:17:03,1,1\n";
  const Output out =
      read_text(head + good + "\"2023,1,1\n" + good + "20\"23,1,1\n" + good, options);
  EXPECT_EQ(out.events.size(), 3U);
  EXPECT_EQ(out.rejects.size(), 2U);
}

TEST(Formats, RecordsDocumentsGiveEachRecordWithItsPlace) {
  const std::string record =
      R"({"eventSource":"s3.amazonaws.com","eventName":"GetObject",)"
      R"("eventTime":"2026-01-02T03:04:05Z",)"
      R"("recipientAccountId":"123456789012","awsRegion":"eu-west-1","eventID":"e"})";
  const Output out = read_text("{\n  \"Records\": [\n    " + record + ",\n {}, " + record + "]}\n");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.events.size(), 2U);
  ASSERT_EQ(out.rejects.size(), 1U);
  EXPECT_EQ(out.rejects[0].line, 4U);
  EXPECT_EQ(out.rejects[0].column, 2U);
  EXPECT_EQ(out.rejects[0].reason, "no subscription");
  const Output cut = read_text("{\"Records\":[" + record + "," + record.substr(0, 40));
  EXPECT_EQ(cut.events.size(), 1U);
  EXPECT_NE(cut.error.find("cut off"), std::string::npos);
}

TEST(Formats, OtlpListsAndFlatAttributesSayTheSame) {
  const std::string list =
      R"({"startTimeUnixNano":"1790000000000000000","endTimeUnixNano":"1790000001000000000",)"
      R"("resource":{"attributes":[{"key":"cloud.account.id","value":{"stringValue":"acc"}}]},)"
      R"("attributes":[{"value":{"stringValue":"openai"},"key":"gen_ai.provider.name"},)"
      R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":"7"}},)"
      R"({"key":"gen_ai.usage.output_tokens","value":{"intValue":5}}]})";
  const std::string flat =
      R"({"startTimeUnixNano":1790000000000000000,"endTimeUnixNano":"1790000001000000000",)"
      R"("attributes":{"cloud.account.id":"acc","gen_ai.provider.name":"openai",)"
      R"("gen_ai.usage.input_tokens":7,"gen_ai.usage.output_tokens":5}})";
  const Output out = read_text(list + "\n" + flat + "\n");
  ASSERT_EQ(out.events.size(), 2U) << out.all();
  EXPECT_EQ(out.events[0], out.events[1]);
  EXPECT_NE(out.events[0].find("|tokens=12.0"), std::string::npos);
}

TEST(Formats, FurtherOperationsOfOneBlobRequestCountNothing) {
  const auto row = [](const char* index) {
    return std::string(R"({"TimeGenerated":"2026-01-02T03:04:05Z","OperationName":"CopyBlob",)") +
           R"("ServiceType":"blob","_SubscriptionId":"0A0B0C0D-0000-1111-2222-ABCDEFABCDEF",)" +
           R"("RequestBodySize":100,"OperationCount":)" + index + "}\n";
  };
  const Output out = read_text(row("0") + row("1"));
  ASSERT_EQ(out.events.size(), 2U) << out.all();
  EXPECT_NE(out.events[0].find("|1|bytes=100"), std::string::npos);
  EXPECT_NE(out.events[0].find("0a0b0c0d-0000-1111-2222-abcdefabcdef"), std::string::npos);
  EXPECT_TRUE(out.events[1].ends_with("|0"));
}

TEST(Documents, TheExampleOfTheUsageRecordIsTaken) {
  std::ifstream file(PROVISO_SOURCE_DIR "/docs/formats/usage-record.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  const std::size_t start = page.find("```json\n") + 8;
  std::string example = page.substr(start, page.find("```", start) - start);
  std::erase(example, '\n');
  const Output out = read_text(example);
  ASSERT_EQ(out.events.size(), 1U) << out.all();
  EXPECT_NE(out.events[0].find("|1000000|bytes=2900000000000"), std::string::npos) << out.events[0];
}

}  // namespace
}  // namespace proviso::intake

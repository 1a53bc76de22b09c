// SPDX-License-Identifier: Apache-2.0
#include "intake/layout.h"

#include <random>

#include "intake/decoder.h"
#include "intake/tests/helpers.h"

namespace proviso::intake {
namespace {

using namespace testing;

constexpr std::string_view kRecord =
    R"({"specversion":"1.0","type":"com.proviso.usage.v1","id":"0192f3c1-77","source":"/m/3",)"
    R"("time":"2026-11-23T13:00:00Z","data":{"subscription":"sub-a","service":"storage",)"
    R"("operation":"PutBlob","region":"westeurope","resource":"calls","count":1000,)"
    R"("amounts":[{"unit":"bytes","quantity":2900},{"unit":"Seconds","quantity":1.5}],)"
    R"("window":{"start":"2026-11-23T12:00:00Z","end":"2026-11-23T13:00:00Z"}}})";

/// simdjson and Layouts read beyond the record.
struct Padded {
  explicit Padded(std::string_view record) : bytes(record.begin(), record.end()) {
    size = bytes.size();
    bytes.resize(size + 64);
  }
  std::span<char> span() { return {bytes.data(), size}; }
  std::vector<char> bytes;
  std::size_t size = 0;
};

Decoder decoder_of(const std::string& format, const DecodeOptions& options = options_with()) {
  return *Decoder::make(*shipped_policies().find(format), options);
}

/// What became of a record: the event, or why it was refused.
std::string decoded(Decoder& decoder, std::string_view record) {
  Padded padded(record);
  model::UsageEvent event;
  const std::string_view problem = decoder.decode(padded.span(), event);
  return problem.empty() ? text_of(event) : "refused: " + std::string(problem);
}

/// The twin: a decoder that has seen no record has no layout, and takes the long way.
std::string decoded_afresh(const std::string& format, std::string_view record,
                           const DecodeOptions& options = options_with()) {
  Decoder decoder = decoder_of(format, options);
  return decoded(decoder, record);
}

TEST(PlainEnd, FindsWhatOneByteAtATimeFinds) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 70, 'a');
    for (char& c : text) {
      if (random() % 24 == 0) c = static_cast<char>(random() % 256);
    }
    const std::size_t at = text.empty() ? 0 : random() % text.size();
    std::size_t expected = at;
    for (; expected < text.size(); ++expected) {
      const auto b = static_cast<unsigned char>(text[expected]);
      if (b < 0x20 || b >= 0x7F || b == '"' || b == '\\') break;
    }
    const Padded padded(text);
    EXPECT_EQ(plain_end({padded.bytes.data(), padded.size}, at), expected) << text;
  }
}

TEST(Layouts, SecondRecordOfALayoutTakesTheShortWay) {
  const FieldPolicy& policy = *shipped_policies().find("proviso-usage");
  const auto plan = *Plan::make(policy, {});
  EventBuilder builder(policy, *plan, options_with());
  Layouts layouts(policy, *plan);
  const Padded padded(kRecord);
  const std::string_view record(padded.bytes.data(), padded.size);
  EXPECT_FALSE(layouts.read(record, builder));
  layouts.learn(record);
  builder.start();
  ASSERT_TRUE(layouts.read(record, builder));
  model::UsageEvent event;
  EXPECT_EQ(builder.finish(event), "");
  EXPECT_EQ(text_of(event), decoded_afresh("proviso-usage", kRecord));
}

TEST(Layouts, NamesThatThePolicyDoesNotHaveAreNotKept) {
  const FieldPolicy& policy = *shipped_policies().find("proviso-usage");
  const auto plan = *Plan::make(policy, {});
  EventBuilder builder(policy, *plan, options_with());
  Layouts layouts(policy, *plan);
  std::string with_name(kRecord);
  with_name.insert(1, R"("john.smith@example.com":1,)");
  const Padded padded(with_name);
  const std::string_view record(padded.bytes.data(), padded.size);
  layouts.learn(record);
  EXPECT_FALSE(layouts.read(record, builder));
}

/// Changes a few bytes, or moves a piece of the text.
std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes = "\"\\{}[],:0123456789.-eE tnull\x01\x7F\x80\xC3";
  const auto place = [&] { return random() % text.size(); };
  for (std::size_t n = random() % 3; n > 0 && !text.empty(); --n) {
    const std::size_t at = place();
    switch (random() % 4) {
      case 0: text[at] = kBytes[random() % kBytes.size()]; break;
      case 1: text.insert(at, 1, kBytes[random() % kBytes.size()]); break;
      case 2: text.erase(at, 1 + random() % 8); break;
      default: text.insert(place(), text.substr(at, 1 + random() % 30)); break;
    }
  }
  return text;
}

std::string without(std::string text, std::string_view piece) {
  const std::size_t at = text.find(piece);
  return at == std::string::npos ? text : text.erase(at, piece.size());
}

TEST(Layouts, SameAsTheLongWayOnMutatedRecords) {
  std::mt19937 random(2);
  std::vector<std::string> seeds = {std::string(kRecord)};
  seeds.push_back(without(seeds[0], R"(,{"unit":"Seconds","quantity":1.5})"));
  seeds.push_back(without(seeds[0], R"("source":"/m/3",)"));
  seeds.push_back(without(seeds[0], R"("resource":"calls",)"));
  seeds.push_back(without(seeds[0], R"("id":"0192f3c1-77",)"));
  seeds.push_back(R"( { "specversion" : "1.0" , "type" : "com.proviso.usage.v1" , "data" : {)"
                  R"("service":"s","subscription":"7A0C1F7E-5AD1-4A52-9F0E-0C4A9D3F5B11" ,)"
                  R"("amounts":[ ] }, "time":"2026-11-23T13:00:00+02:00" } )");
  const DecodeOptions wanted = options_with({"data.region", "time", "data.count"});
  Decoder decoder = decoder_of("proviso-usage", wanted);
  std::size_t events = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string record = mutated(seeds[random() % seeds.size()], random);
    const std::string is = decoded(decoder, record);
    ASSERT_EQ(is, decoded_afresh("proviso-usage", record, wanted)) << record;
    events += is.starts_with("refused") ? 0U : 1U;
  }
  EXPECT_GT(events, 5'000U);
}

TEST(Layouts, SameAsTheLongWayOnAllSingleBytesOfARecord) {
  Decoder decoder = decoder_of("proviso-usage");
  ASSERT_FALSE(decoded(decoder, kRecord).starts_with("refused"));
  for (std::size_t at = 0; at < kRecord.size(); ++at) {
    for (const char c : std::string_view("\"\\}0 -\x1F\xFF", 8)) {
      std::string record(kRecord);
      record[at] = c;
      ASSERT_EQ(decoded(decoder, record), decoded_afresh("proviso-usage", record)) << record;
    }
    const std::string cut(kRecord.substr(0, at));
    ASSERT_EQ(decoded(decoder, cut), decoded_afresh("proviso-usage", cut)) << cut;
  }
}

}  // namespace
}  // namespace proviso::intake

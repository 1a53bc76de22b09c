// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "server/config.h"
#include "server/customer_facts.h"
#include "server/founding.h"

namespace proviso::server {
namespace {

TEST(Config, ReadsWhatItWrites) {
  const Config config = parse_config("x", default_config("log.example/tos")).value();
  EXPECT_EQ(config.ledger_origin, "log.example/tos");
  EXPECT_EQ(config.lateness_minutes, 60);
  EXPECT_DOUBLE_EQ(config.rejects_share_max, 0.05);
}

TEST(Config, SaysWhereItIsWrong) {
  const auto message = [](const std::string& text) {
    const auto config = parse_config("proviso.toml", text);
    return config ? "accepted" : config.error().message;
  };
  EXPECT_EQ(message("[ledger]\norigin = \"a\"\nname = 1\n").substr(0, 16), "proviso.toml:3:8");
  EXPECT_EQ(message("[ledger\n").substr(0, 15), "proviso.toml:1:");
  EXPECT_NE(message("[ledger]\norigin = \"a b\"\n").find("ledger.origin"), std::string::npos);
  EXPECT_NE(message("[ledger]\norigin = \"a\"\n[intake]\nrejects_share_max = 2.0\n").find("0 to 1"),
            std::string::npos);
}

TEST(Config, EachSourceMayHaveItsOwnBound) {
  const std::string head = "[ledger]\norigin = \"a\"\n[intake]\nlateness_minutes = 30\n";
  const auto read = [&](const std::string& more) { return parse_config("x", head + more); };
  const Config config =
      read("[intake.lateness_minutes_of]\naws-cloudtrail = 1440\nfocus-csv = 0\n").value();
  EXPECT_EQ(config.lateness_of("aws-cloudtrail"), 1440);
  EXPECT_EQ(config.lateness_of("focus-csv"), 0);
  EXPECT_EQ(config.lateness_of("proviso-usage"), 30);
  EXPECT_EQ(config.lateness_max(), 1440);
  for (const char* bad : {"a = -1", "a = 10081", "a = 1.5", "a = \"1\"", "a = {b = 1}"}) {
    const auto refused = read(std::string("[intake.lateness_minutes_of]\n") + bad + "\n");
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message.substr(0, 6), "x:6:5:") << refused.error().message;
  }
  EXPECT_FALSE(read("lateness_minutes_of = 5\n"));
}

TEST(PublicKeyFile, ReadsWhatItWritesAndNothingElse) {
  SeededRandom random(1);
  const SigningKey key = SigningKey::generate(random);
  const std::string text = write_public_key("ada", key.public_key());
  const PublicKeyFile file = parse_public_key("ada.pub", text).value();
  EXPECT_EQ(file.name, "ada");
  EXPECT_EQ(file.key, key.public_key());
  for (const std::size_t at : {0U, 6U, 20U}) {
    std::string broken = text;
    broken[at] = broken[at] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_public_key("ada.pub", broken)) << at;
  }
  EXPECT_FALSE(parse_public_key("ada.pub", ""));
  EXPECT_FALSE(parse_public_key("ada.pub", "ada"));
}

TEST(CustomerFacts, GiveTheRegistersAnswersAndTheDeclaredShare) {
  model::Register reg;
  for (const char* line :
       {R"({"kind":"customer","id":"c","name":"n","customer_kind":"contact-centre"})",
        R"({"kind":"unit","id":"u","customer":"c"})",
        R"({"kind":"agreement","id":"a","customer":"c",
            "declared":[{"service":"inference","unit":"tokens","per_day":1000}]})",
        R"({"kind":"subscription","id":"s","unit":"u","agreement":"a"})"}) {
    ASSERT_TRUE(reg.add(parse_json(line).value()));
  }
  CustomerFacts facts(reg);
  model::UsageEvent event;
  event.subscription = "s";
  event.service = "inference";
  event.amounts[0] = {"tokens", 250};
  event.amounts_count = 1;
  const auto find = [&](std::string_view name) -> const rules::Attribute* {
    for (const rules::Attribute& a : facts.of(event)) {
      if (a.name == name) return &a;
    }
    return nullptr;
  };
  EXPECT_EQ(find("customer.kind")->text, "contact-centre");
  EXPECT_EQ(find("customer.under_review")->text, "false");
  EXPECT_DOUBLE_EQ(find("declared_ratio.tokens")->number, 0.25);
  facts.set_under_review({"c"});
  EXPECT_EQ(find("customer.under_review")->text, "true");
  event.service = "speech";
  EXPECT_EQ(find("declared_ratio.tokens"), nullptr);
  model::Register later;
  for (const char* line : {R"({"kind":"customer","id":"c","name":"n","customer_kind":"hospital"})",
                           R"({"kind":"unit","id":"u","customer":"c"})",
                           R"({"kind":"agreement","id":"a","customer":"c"})",
                           R"({"kind":"subscription","id":"s","unit":"u","agreement":"a"})"}) {
    ASSERT_TRUE(later.add(parse_json(line).value()));
  }
  reg = later;
  EXPECT_EQ(find("customer.kind")->text, "contact-centre") << "kept until it is told";
  facts.forget();
  EXPECT_EQ(find("customer.kind")->text, "hospital");
  event.subscription = "unknown";
  EXPECT_EQ(find("customer.kind"), nullptr);
}

}  // namespace
}  // namespace proviso::server

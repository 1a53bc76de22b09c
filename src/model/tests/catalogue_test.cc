// SPDX-License-Identifier: Apache-2.0
#include "model/catalogue.h"

#include <gtest/gtest.h>

#include "model/terms.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

std::string refusal(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return "not JSON";
  const auto catalogue = Catalogue::parse(*json);
  return catalogue ? "accepted" : catalogue.error().message;
}

TEST(Catalogue, ClassesOperations) {
  const Catalogue catalogue = testing::sample_catalogue();
  EXPECT_EQ(catalogue.class_of("object-storage", "GetObject"), ActionClass::read);
  EXPECT_EQ(catalogue.class_of("object-storage", "ExportBucket"), ActionClass::export_data);
  EXPECT_EQ(catalogue.class_of("object-storage", "getobject"), ActionClass::other);
  EXPECT_EQ(catalogue.class_of("unknown", "GetObject"), ActionClass::other);
  EXPECT_TRUE(catalogue.knows("speech"));
  EXPECT_FALSE(catalogue.knows("unknown"));
  EXPECT_TRUE(catalogue.has_export("object-storage"));
  EXPECT_FALSE(catalogue.has_export("speech"));
}

TEST(Catalogue, DigestIsThatOfTheCanonicalText) {
  const Json document = testing::sample_catalogue_json();
  EXPECT_EQ(Catalogue::parse(document)->digest(), sha256(canonical_json(document)));
  const auto pretty = parse_json(pretty_json(document));
  EXPECT_EQ(Catalogue::parse(*pretty)->digest(), Catalogue::parse(document)->digest());
}

TEST(Catalogue, RefusesWhatIsWrong) {
  EXPECT_EQ(refusal(R"({"version":1,"services":[]})"), "accepted");
  EXPECT_NE(refusal(R"({"version":2,"services":[]})").find("version"), std::string::npos);
  EXPECT_NE(refusal(R"([])").find("not an object"), std::string::npos);
  EXPECT_NE(refusal(R"({"version":1,"services":[{"service":"","operations":{}}]})")
                .find("services[0].service"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"version":1,"services":[{"service":"a","operations":{}},)"
                    R"({"service":"a","operations":{}}]})")
                .find("services[1].service: stands twice"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"version":1,"services":[{"service":"a","operations":{"x":"all"}}]})")
                .find("not an action class"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"version":1,"services":[{"service":"a","operations":{"x":1}}]})")
                .find("not an action class"),
            std::string::npos);
}

TEST(Catalogue, ListsRegionsWhereItKnowsThem) {
  const auto json = parse_json(
      R"({"version":1,"services":[{"service":"a","operations":{},"regions":["r2","r1"]},)"
      R"({"service":"b","operations":{}}]})");
  const Catalogue catalogue = Catalogue::parse(*json).value();
  ASSERT_NE(catalogue.regions_of("a"), nullptr);
  EXPECT_TRUE(catalogue.regions_of("a")->contains("r1"));
  EXPECT_FALSE(catalogue.regions_of("a")->contains("R1"));
  EXPECT_EQ(catalogue.regions_of("b"), nullptr);
  EXPECT_EQ(catalogue.regions_of("c"), nullptr);
  for (const char* regions : {"[]", "[\"\"]", "[\"r\",\"r\"]", "[1]", "{}"}) {
    EXPECT_NE(refusal(std::string(R"({"version":1,"services":[{"service":"a","operations":{},)") +
                      R"("regions":)" + regions + "}]}")
                  .find("services[0].regions"),
              std::string::npos)
        << regions;
  }
}

TEST(Terms, FindsATermAndRefusesDuplicates) {
  const std::string_view term = R"({"id":"t","version":1,"title":"T","clause":"C","group":"g",)"
                                R"("elements":[{"id":"e","text":"E"}]})";
  const auto document = [&](const std::string& terms) {
    return Terms::parse(*parse_json(R"({"version":1,"terms":[)" + terms + "]}"));
  };
  const auto one = document(std::string(term));
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_NE(one->find("t"), nullptr);
  EXPECT_EQ(one->find("t")->elements.size(), 1U);
  EXPECT_EQ(one->find("u"), nullptr);
  const auto two = document(std::string(term) + "," + std::string(term));
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().message, "terms.terms[1].id: stands twice");
}

}  // namespace
}  // namespace proviso::model

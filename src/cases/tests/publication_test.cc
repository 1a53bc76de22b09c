// SPDX-License-Identifier: Apache-2.0
#include "cases/publication.h"

#include <gtest/gtest.h>

#include "base/file_system.h"

namespace proviso::cases {
namespace {

Result<PublicationProfile> profile(const std::string& audiences) {
  return PublicationProfile::parse(
      parse_json(R"({"version":1,"audiences":)" + audiences + "}").value());
}

TEST(PublicationProfile, ShowsWhatItNamesAndNothingElse) {
  const auto p = profile(R"({"public":{"finding-made":["verdict"]},"auditor":{}})");
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_TRUE(p->shows("public", "finding-made", "verdict"));
  EXPECT_FALSE(p->shows("public", "finding-made", "element"));
  EXPECT_FALSE(p->shows("public", "case-closed", "verdict"));
  EXPECT_FALSE(p->shows("auditor", "finding-made", "verdict"));
  EXPECT_FALSE(p->shows("customer", "finding-made", "verdict"));
}

TEST(PublicationProfile, CannotNameWhatNobodyMayBeShownI11) {
  for (const char* field : {"customer", "was", "about", "source", "signal", "to", "replaced"}) {
    EXPECT_FALSE(profile(R"({"public":{"x":[")" + std::string(field) + R"("]}})")) << field;
    EXPECT_TRUE(profile(R"({"auditor":{"x":[")" + std::string(field) + R"("]}})")) << field;
  }
  EXPECT_FALSE(profile(R"({"public":{"report-received":["digest"]}})"))
      << "it would confirm a text that somebody guesses";
  EXPECT_FALSE(profile(R"({"customer":{"report-received":["case"]}})"));
  EXPECT_FALSE(profile(R"({"customer":{"x":["source"]}})"));
  EXPECT_TRUE(profile(R"({"customer":{"case-opened":["customer"]}})"));
}

TEST(PublicationProfile, IsReadStrictly) {
  EXPECT_FALSE(profile(R"({"everybody":{}})"));
  EXPECT_FALSE(profile(R"({"public":[]})"));
  EXPECT_FALSE(profile(R"({"public":{"x":"y"}})"));
  EXPECT_FALSE(profile(R"({"public":{"x":[1]}})"));
  EXPECT_FALSE(PublicationProfile::parse(parse_json(R"({"version":2,"audiences":{}})").value()));
  EXPECT_FALSE(PublicationProfile::parse(Json("profile")));
}

TEST(PublicationProfile, TheShippedOneLoadsAndShowsThePublicNoName) {
  const auto text =
      real_file_system().read(PROVISO_SOURCE_DIR "/contract/defaults/publication.json", 1U << 20U);
  ASSERT_TRUE(text);
  const auto p = PublicationProfile::parse(parse_json(*text).value());
  ASSERT_TRUE(p) << p.error().message;
  EXPECT_TRUE(p->shows("auditor", "finding-made", "verdict"));
  EXPECT_FALSE(p->shows("auditor", "case-opened", "customer"));
  EXPECT_FALSE(p->shows("public", "evidence-added", "group"));
}

}  // namespace
}  // namespace proviso::cases

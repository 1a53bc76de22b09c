// SPDX-License-Identifier: Apache-2.0
#include "rules/yaml_digest.h"

#include <gtest/gtest.h>

namespace proviso::rules {
namespace {

std::string digest(const std::string& text) {
  Diagnostics diagnostics;
  const auto documents = parse_yaml("a.yml", text, diagnostics);
  EXPECT_TRUE(diagnostics.ok()) << diagnostics.to_string();
  EXPECT_EQ(documents.size(), 1U);
  return documents.empty() ? "" : yaml_digest(documents.front()).hex();
}

TEST(YamlDigest, IsOfWhatADocumentSays) {
  const std::string plain = digest("a: 1\nb: [x, y]\n");
  EXPECT_EQ(digest("# a comment\na:   1\nb:\n  - x\n  - y\n"), plain);
  EXPECT_NE(digest("a: 2\nb: [x, y]\n"), plain);
  EXPECT_NE(digest("a: '1'\nb: [x, y]\n"), plain);
  EXPECT_NE(digest("a: 1\nb: [y, x]\n"), plain);
  EXPECT_NE(digest("a: 1\nb: [x, y, z]\n"), plain);
  EXPECT_NE(digest("a: 1\nc: [x, y]\n"), plain);
}

TEST(YamlDigest, BordersOfTextsCount) {
  EXPECT_NE(digest("a: [xp1, y]\n"), digest("a: [x, p1y]\n"));
  EXPECT_NE(digest("a: [[x], y]\n"), digest("a: [[x, y]]\n"));
}

// Written into signals: it never changes.
TEST(YamlDigest, IsAsItWas) {
  EXPECT_EQ(digest("title: t\nlist: [a, 'b']\nnothing:\n"),
            sha256("m3:p5:titlep1:tp4:listl2:p1:aq1:bp7:nothingn").hex());
}

}  // namespace
}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
// Every YAML example of the rule guide loads as a rulebook.
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

TEST(Guide, ExamplesLoad) {
  const auto text = real_file_system().read(PROVISO_SOURCE_DIR "/docs/rule-guide.md", 1U << 20U);
  ASSERT_TRUE(text);
  constexpr std::string_view kBegin = "```yaml\n";
  std::size_t examples = 0;
  for (std::size_t at = text->find(kBegin); at != std::string::npos; at = text->find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = text->find("```", at);
    ASSERT_NE(end, std::string::npos);
    RulebookPolicy policy;
    policy.refuse_field = [](const LogSource&, std::string_view) {
      return std::optional<std::string>("is not kept");
    };
    const Loaded loaded = load_text(text->substr(at, end - at), &policy);
    EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
    ++examples;
  }
  EXPECT_EQ(examples, 4U);
}

}  // namespace
}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "rules/json_event.h"
#include "rules/load.h"
#include "rules/matcher.h"

namespace proviso::rules {

inline Loaded load_text(const std::string& text, const RulebookPolicy* policy = nullptr) {
  return compile_rules({{"rule.yml", text}}, policy);
}

/// A rule with one selection "sel" of this flow or block text.
inline std::string rule_with(const std::string& selection, const std::string& condition = "sel") {
  return "title: t\nlogsource: {product: p}\ndetection:\n  sel: " + selection +
         "\n  condition: " + condition + "\n";
}

/// Whether the only rule of `text` matches the JSON event, by index and by the plain definition.
inline bool matches(const std::string& text, const std::string& json) {
  const Loaded loaded = load_text(text);
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  if (!loaded.program) return false;
  simdjson::dom::parser parser;
  JsonEvent event(loaded.program);
  event.reset(parser.parse(json).get_object().value());
  Matcher matcher(loaded.program);
  const bool fast = !matcher.match(event).empty();
  event.reset(parser.parse(json).get_object().value());
  EXPECT_EQ(fast, evaluate(*loaded.program->expression(RuleIndex(0)), event));
  return fast;
}

inline bool selects(const std::string& selection, const std::string& json) {
  return matches(rule_with(selection), json);
}

inline std::string first_error(const std::string& text, const RulebookPolicy* policy = nullptr) {
  const Loaded loaded = load_text(text, policy);
  EXPECT_FALSE(loaded.program);
  return loaded.diagnostics.all().empty() ? "" : loaded.diagnostics.all().front().to_string();
}

}  // namespace proviso::rules

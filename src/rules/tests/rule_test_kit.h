// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "rules/evaluate.h"
#include "rules/json_matcher.h"
#include "rules/load.h"
#include "rules/matcher.h"
#include "rules/testing/dom_event.h"

namespace proviso::rules {

inline Loaded load_text(const std::string& text, const RulebookPolicy* policy = nullptr) {
  return compile_rules({{"rule.yml", text}}, policy);
}

/// A rule with one selection "sel" of this flow or block text.
inline std::string rule_with(const std::string& selection, const std::string& condition = "sel") {
  return "title: t\nlogsource: {product: p}\ndetection:\n  sel: " + selection +
         "\n  condition: " + condition + "\n";
}

/// `json` as it is, in memory that reads on behind it. Valid until the next call.
inline std::string_view padded(const std::string& json) {
  static std::string memory;
  memory = json + std::string(JsonTokens::kPadding, '\0');
  return std::string_view(memory).substr(0, json.size());
}

/// Whether the only rule of `text` matches the JSON event, by index and by the plain definition.
inline bool matches(const std::string& text, const std::string& json) {
  const Loaded loaded = load_text(text);
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  if (!loaded.program) return false;
  JsonMatcher matcher(loaded.program, Routing::off);
  const auto matched = matcher.match(padded(json));
  EXPECT_TRUE(matched) << json;
  const bool fast = matched && !matched->empty();
  simdjson::dom::parser parser;
  DomEvent event(loaded.program);
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

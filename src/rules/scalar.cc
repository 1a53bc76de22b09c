// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "rules/reader.h"

namespace proviso::rules {
namespace {

bool all_in(std::string_view text, char last) {
  return std::ranges::all_of(text, [&](char c) { return c >= '0' && c <= last; });
}
// "00000429": text in YAML 1.1, and what its author means.
bool has_leading_zero(std::string_view text) {
  return text.size() > 1 && text.front() == '0' && all_in(text, '9') &&
         text.find_first_not_of('0') != std::string_view::npos;
}

// Hexadecimal and octal of YAML 1.2: 0x1F, 0o17.
std::optional<double> parse_based(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  if (base == 0) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + 2, end, value, base);
  if (error != std::errc{} || at != end) return std::nullopt;
  return static_cast<double>(value);
}

// "yes" is true in YAML 1.1 (which pySigma reads) and text in 1.2; "0777" is 511 or 777.
bool is_ambiguous(std::string_view text) {
  constexpr std::array<std::string_view, 12> kWords = {"yes", "Yes", "YES", "no",  "No",  "NO",
                                                       "on",  "On",  "ON",  "off", "Off", "OFF"};
  if (std::ranges::find(kWords, text) != kWords.end()) return true;
  return has_leading_zero(text) && all_in(text, '7');
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const char first = text.front() == '-' && text.size() > 1 ? text[1] : text.front();
  if ((first < '0' || first > '9') && first != '.') return std::nullopt;  // no "inf", "nan"
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<ScalarAst> read_scalar(const YamlNode& node, const std::string& item,
                                     const ReadContext& context) {
  using Kind = ScalarAst::Kind;
  ScalarAst scalar;
  scalar.at = node.at;
  if (node.kind == YamlNode::Kind::null) return scalar;
  if (!node.is_scalar()) {
    context.error(node.at, item, "a value must be text, a number, true, false or null here");
    return std::nullopt;
  }
  scalar.text = node.text;
  scalar.kind = Kind::string;
  if (!node.plain) return scalar;
  if (is_ambiguous(node.text)) {
    context.error(node.at, item,
                  "\"" + node.text + "\" means different things in YAML 1.1 and 1.2 (quote it)");
    return std::nullopt;
  }
  const bool yes = node.text == "true" || node.text == "True" || node.text == "TRUE";
  const bool no = node.text == "false" || node.text == "False" || node.text == "FALSE";
  if (yes || no) {
    scalar.kind = Kind::boolean;
    scalar.text = yes ? "true" : "false";
    return scalar;
  }
  if (has_leading_zero(node.text)) return scalar;
  auto number = parse_number(node.text);
  if (!number) number = parse_based(node.text);
  if (!number) return scalar;
  scalar.kind = Kind::number;
  scalar.number = *number;
  return scalar;
}

}  // namespace proviso::rules

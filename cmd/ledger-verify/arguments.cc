// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <algorithm>

namespace proviso::cmd {
namespace {

std::unexpected<std::string> bad(std::string_view word, std::string_view what) {
  return std::unexpected(std::string(word) + ": " + std::string(what));
}

}  // namespace

const std::string& Arguments::value(std::string_view name) const {
  static const std::string none;
  const auto found = values.find(name);
  return found == values.end() ? none : found->second;
}

std::expected<Arguments, std::string> parse_arguments(std::span<const std::string_view> words,
                                                      const Grammar& grammar) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with("--")) {
      if (word.empty()) return bad("an operand", "is empty");
      out.operands.emplace_back(word);
      continue;
    }
    if (word == "--json" || word == "--progress") {
      (word == "--json" ? out.json : out.progress) = true;
      continue;
    }
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (std::ranges::find(grammar.values, name) == grammar.values.end()) {
      return bad(name, "no such option here");
    }
    if (equals == std::string_view::npos && i + 1 == words.size()) return bad(name, "has no value");
    const std::string_view value =
        equals == std::string_view::npos ? words[++i] : word.substr(equals + 1);
    if (value.empty()) return bad(name, "is empty");
    if (!out.values.emplace(name, value).second) return bad(name, "is given twice");
  }
  if (out.operands.size() != grammar.operands) {
    return std::unexpected("takes " + std::to_string(grammar.operands) + " operands, not " +
                           std::to_string(out.operands.size()));
  }
  return out;
}

}  // namespace proviso::cmd

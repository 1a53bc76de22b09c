// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace proviso::rules {

namespace json_tokens {
/// What a token does to the depth of brackets.
inline constexpr std::array<signed char, 256> kDepth = [] {
  std::array<signed char, 256> table{};
  for (const char c : {'{', '['}) table[static_cast<unsigned char>(c)] = 1;
  for (const char c : {'}', ']'}) table[static_cast<unsigned char>(c)] = -1;
  return table;
}();
}  // namespace json_tokens

/// Where the tokens of one JSON text are: brackets, colons, commas, and the beginning of each
/// string, number and literal. This is the first half of simdjson's parser, and the only place that
/// knows it; the second half, a tree of everything, is never built (docs/decisions/0017).
///
/// What is checked: UTF-8, that strings end, no control characters in them. The grammar is the
/// reader's to check on its way. One thread; views live until the next read() and need the text.
class JsonTokens {
 public:
  /// Bytes that must be readable behind a text; their content does not matter.
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kTextBytesMax = std::size_t{1} << 31U;

  JsonTokens();
  JsonTokens(JsonTokens&&) noexcept;
  ~JsonTokens();

  /// False where the text is no JSON, too long, or empty.
  [[nodiscard]] bool read(std::string_view text);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// The first character of token `t`; `t` may be size(): then it is no character of a token.
  [[nodiscard]] char kind(std::uint32_t t) const { return text_[starts_[t]]; }
  /// The last token that begins at or before the byte `offset` of the text.
  [[nodiscard]] std::uint32_t at(std::size_t offset) const;
  /// The token behind the value that begins at `t`; size() where brackets do not close.
  [[nodiscard]] std::uint32_t behind(std::uint32_t t) const {
    return depth_of(t) > 0 ? behind_bracket(t) : t + 1;
  }
  /// What stands between the quotes of the string `t`, with its escapes.
  [[nodiscard]] std::string_view string(std::uint32_t t) const {
    const char* begin = text_ + starts_[t] + 1;
    const char* end = text_ + starts_[t + 1] - 1;
    while (*end != '"') --end;  // white space; the opening quote stops it at the latest
    return {begin, static_cast<std::size_t>(end > begin ? end - begin : 0)};
  }
  /// A number or literal, without the white space behind it.
  [[nodiscard]] std::string_view scalar(std::uint32_t t) const;
  /// Decodes `raw`, a result of string(), into `out`, which has room for `raw.size() + kPadding`
  /// bytes; null where an escape is wrong, else the end of what was written.
  [[nodiscard]] char* unescape(std::string_view raw, char* out) const;

 private:
  struct Parser;
  [[nodiscard]] int depth_of(std::uint32_t t) const {
    return json_tokens::kDepth[static_cast<unsigned char>(kind(t))];
  }
  [[nodiscard]] std::uint32_t behind_bracket(std::uint32_t t) const;

  std::unique_ptr<Parser> parser_;
  const char* text_ = nullptr;
  const std::uint32_t* starts_ = nullptr;  ///< size_ places, then the length of the text
  std::uint32_t size_ = 0;
};

}  // namespace proviso::rules

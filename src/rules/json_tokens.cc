// SPDX-License-Identifier: Apache-2.0
#include "rules/json_tokens.h"

#include <algorithm>

#include <simdjson.h>

#include "base/check.h"

namespace proviso::rules {

static_assert(JsonTokens::kPadding >= simdjson::SIMDJSON_PADDING);

struct JsonTokens::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
  std::size_t capacity = 0;
};

JsonTokens::JsonTokens() : parser_(std::make_unique<Parser>()) {}
JsonTokens::JsonTokens(JsonTokens&&) noexcept = default;
JsonTokens::~JsonTokens() = default;

bool JsonTokens::read(std::string_view text) {
  constexpr std::size_t kFirstCapacity = 1U << 16U;
  size_ = 0;
  text_ = text.data();
  if (text.empty() || text.size() > kTextBytesMax) return false;
  if (text.size() > parser_->capacity) {
    const std::size_t capacity = std::max(kFirstCapacity, text.size() + text.size() / 4);
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, simdjson::DEFAULT_MAX_DEPTH, parser_->stages);
    CHECK(error == simdjson::SUCCESS);  // out of memory
    parser_->capacity = capacity;
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if (parser_->stages->stage1(bytes, text.size(), simdjson::stage1_mode::regular) !=
      simdjson::SUCCESS) {
    return false;
  }
  starts_ = parser_->stages->structural_indexes.get();
  size_ = parser_->stages->n_structural_indexes;
  return true;
}

std::uint32_t JsonTokens::behind_bracket(std::uint32_t t) const {
  int depth = 0;
  do {
    depth += depth_of(t);
    ++t;
  } while (depth > 0 && t < size_);
  return depth > 0 ? size_ : t;
}

std::uint32_t JsonTokens::at(std::size_t offset) const {
  const std::uint32_t* after = std::upper_bound(starts_, starts_ + size_, offset);
  return after == starts_ ? 0 : static_cast<std::uint32_t>(after - starts_) - 1;
}

std::string_view JsonTokens::scalar(std::uint32_t t) const {
  const char* begin = text_ + starts_[t];
  const char* end = text_ + starts_[t + 1];
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (end > begin && is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

char* JsonTokens::unescape(std::string_view raw, char* out) const {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(raw.data());
  return reinterpret_cast<char*>(
      parser_->stages->parse_string(bytes, reinterpret_cast<std::uint8_t*>(out)));
}

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#include "rules/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace proviso::rules {

void write_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        if (byte >= 0x20) {
          out.push_back(c);
        } else {
          out += "\\u00";
          out.push_back(kHex[byte >> 4U]);
          out.push_back(kHex[byte & 15U]);
        }
    }
  }
  out.push_back('"');
}

namespace {

// number = [ "-" ] ( "0" | 1-9 *digit ) [ "." 1*digit ] [ ( "e" | "E" ) [ "+" | "-" ] 1*digit ]
class NumberShape {
 public:
  explicit NumberShape(std::string_view token) : rest_(token) {}
  // 0: no number; 1: an integer; 2: with a point or an exponent.
  int kind() {
    take("-");
    const bool zero = take("0");
    if (!zero && !digits()) return 0;
    int kind = 1;
    if (take(".")) {
      kind = 2;
      if (!digits()) return 0;
    }
    if (take("eE")) {
      kind = 2;
      take("+-");
      if (!digits()) return 0;
    }
    return rest_.empty() ? kind : 0;
  }

 private:
  bool take(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits() {
    const std::size_t size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(size);
    return size > 0;
  }
  std::string_view rest_;
};

}  // namespace

std::optional<JsonNumber> parse_json_number(std::string_view token) {
  const int kind = NumberShape(token).kind();
  if (kind == 0) return std::nullopt;
  JsonNumber out;
  const auto done = std::from_chars(token.data(), token.data() + token.size(), out.value);
  if (done.ec == std::errc::result_out_of_range && std::fabs(out.value) < 1) {
    out.value = 0;  // too small to tell from nothing
  } else if (done.ec != std::errc{}) {
    return std::nullopt;
  }
  out.plain = kind == 1 && token != "-0";
  return out;
}

bool is_part_of_number(std::string_view text) {
  return text.find_first_not_of("0123456789.e+-") == std::string_view::npos;
}

void write_json_double(double number, std::string& out) {
  std::array<char, 40> buffer{};
  const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(done.ptr - buffer.data()));
  out += text;
  if (text.find_first_of(".en") == std::string_view::npos) out += ".0";
}

}  // namespace proviso::rules

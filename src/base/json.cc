// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/encoding.h"

namespace proviso {
namespace {

// Stands in a string as it is.
bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;

// One UTF-16 code unit's sort weight for the next code point of well-formed UTF-8: code points
// above U+FFFF sort as surrogates (0xD800..), below U+E000..U+FFFF. That is the only difference
// from bytes.
std::uint32_t utf16_weight(std::string_view s, std::size_t at) {
  const auto c = static_cast<unsigned char>(s[at]);
  if (c >= 0xF0) return 0xD800;
  if (c < 0xEE) return 0;
  return 0xE000;
}

struct Parser {
  std::string_view text;
  const JsonLimits& limits;
  std::size_t at = 0;

  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    std::size_t line = 1;
    std::size_t column = 1;
    for (std::size_t i = 0; i < at && i < text.size(); ++i) {
      if (text[i] == '\n') {
        ++line;
        column = 1;
      } else {
        ++column;
      }
    }
    return fail(Errc::invalid_input,
                std::to_string(line) + ":" + std::to_string(column) + ": " + std::string(what));
  }

  void skip_space() {
    while (at < text.size() &&
           (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
      ++at;
    }
  }
  bool take(char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!text.substr(at).starts_with(word)) return false;
    at += word.size();
    return true;
  }

  Result<Json> value(std::size_t depth) {
    if (depth > limits.depth_max) return wrong("nested too deeply");
    skip_space();
    if (at >= text.size()) return wrong("the text ends where a value should be");
    const char c = text[at];
    if (c == '{') return object(depth);
    if (c == '[') return array(depth);
    if (c == '"') {
      std::string s = TRY(string());
      return Json(std::move(s));
    }
    if (c == '-' || (c >= '0' && c <= '9')) return integer();
    if (take_word("true")) return Json(true);
    if (take_word("false")) return Json(false);
    if (take_word("null")) return Json(nullptr);
    return wrong("not a JSON value");
  }

  Result<Json> object(std::size_t depth) {
    ++at;
    Json::Object members;
    skip_space();
    if (take('}')) return Json(std::move(members));
    while (true) {
      skip_space();
      if (at >= text.size() || text[at] != '"')
        return wrong("a member name in quotes should be here");
      const std::size_t name_at = at;
      std::string name = TRY(string());
      skip_space();
      if (!take(':')) return wrong("':' should be here");
      Json member = TRY(value(depth + 1));
      if (!members.emplace(std::move(name), std::move(member)).second) {
        at = name_at;
        return wrong("a member name stands twice");
      }
      skip_space();
      if (take('}')) return Json(std::move(members));
      if (!take(',')) return wrong("',' or '}' should be here");
    }
  }

  Result<Json> array(std::size_t depth) {
    ++at;
    Json::Array items;
    skip_space();
    if (take(']')) return Json(std::move(items));
    while (true) {
      Json item = TRY(value(depth + 1));
      items.push_back(std::move(item));
      skip_space();
      if (take(']')) return Json(std::move(items));
      if (!take(',')) return wrong("',' or ']' should be here");
    }
  }

  Result<Json> integer() {
    const bool minus = take('-');
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return wrong("not a number");
    if (text[at] == '0' && at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9') {
      return wrong("a number with a leading zero");
    }
    std::int64_t n = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      n = n * 10 + (text[at] - '0');
      if (n > kIntegerMax) return wrong("an integer beyond 2^53-1");
    }
    if (at < text.size() && (text[at] == '.' || text[at] == 'e' || text[at] == 'E')) {
      return wrong("a number with a fraction or exponent (write an integer or a string)");
    }
    return Json(minus ? -n : n);
  }

  Result<std::uint32_t> hex4() {
    if (at + 4 > text.size()) return wrong("a \\u escape has four digits");
    std::uint32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++at) {
      const char c = text[at];
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        return wrong("a \\u escape has four hexadecimal digits");
      }
      unit = unit * 16 + digit;
    }
    return unit;
  }

  static void append_utf8(std::string& out, std::uint32_t point) {
    const auto push = [&](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
    if (point < 0x80) {
      push(point);
    } else if (point < 0x800) {
      push(0xC0U | (point >> 6U));
      push(0x80U | (point & 63U));
    } else if (point < 0x10000) {
      push(0xE0U | (point >> 12U));
      push(0x80U | ((point >> 6U) & 63U));
      push(0x80U | (point & 63U));
    } else {
      push(0xF0U | (point >> 18U));
      push(0x80U | ((point >> 12U) & 63U));
      push(0x80U | ((point >> 6U) & 63U));
      push(0x80U | (point & 63U));
    }
  }

  Result<void> unicode_escape(std::string& out) {
    std::uint32_t point = TRY(hex4());
    if (point >= 0xDC00 && point <= 0xDFFF) return wrong("a lone surrogate");
    if (point >= 0xD800 && point <= 0xDBFF) {
      if (!take_word("\\u")) return wrong("a lone surrogate");
      const std::uint32_t low = TRY(hex4());
      if (low < 0xDC00 || low > 0xDFFF) return wrong("a lone surrogate");
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(out, point);
    return {};
  }

  Result<void> escape(std::string& out) {
    if (at >= text.size()) return wrong("the text ends inside a string");
    const char c = text[at++];
    switch (c) {
      case '"':
      case '\\':
      case '/': out.push_back(c); return {};
      case 'b': out.push_back('\b'); return {};
      case 'f': out.push_back('\f'); return {};
      case 'n': out.push_back('\n'); return {};
      case 'r': out.push_back('\r'); return {};
      case 't': out.push_back('\t'); return {};
      case 'u': return unicode_escape(out);
      default: --at; return wrong("no such escape");
    }
  }

  Result<std::string> string() {
    ++at;
    std::string out;
    while (true) {
      if (at >= text.size()) return wrong("the text ends inside a string");
      const char c = text[at];
      if (c == '"') {
        ++at;
        return out;
      }
      if (static_cast<unsigned char>(c) < 0x20) return wrong("a control character in a string");
      if (c == '\\') {
        ++at;
        TRY_VOID(escape(out));
        continue;
      }
      const std::size_t from = at;
      while (at < text.size() && is_plain(text[at])) ++at;
      out.append(text, from, at - from);
    }
  }
};

// Of a character that is not plain.
void write_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  std::array<char, 8> code{};
  std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
  out += code.data();
}

void write_string(std::string& out, std::string_view s) {
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (is_plain(s[i])) continue;
    out.append(s, from, i - from);
    write_escape(out, s[i]);
    from = i + 1;
  }
  out.append(s, from);
  out.push_back('"');
}

struct Writer {
  std::string out;
  bool pretty = false;

  void line(std::size_t depth) {
    if (!pretty) return;
    out.push_back('\n');
    out.append(depth * 2, ' ');
  }

  void write(const Json& value, std::size_t depth) {
    if (const bool* b = value.if_bool()) {
      out += *b ? "true" : "false";
    } else if (const std::int64_t* n = value.if_int()) {
      out += std::to_string(*n);
    } else if (const std::string* s = value.if_string()) {
      write_string(out, *s);
    } else if (const Json::Array* a = value.if_array()) {
      write_array(*a, depth);
    } else if (const Json::Object* o = value.if_object()) {
      write_object(*o, depth);
    } else {
      out += "null";
    }
  }

  void write_array(const Json::Array& items, std::size_t depth) {
    out.push_back('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i != 0) out.push_back(',');
      line(depth + 1);
      write(items[i], depth + 1);
    }
    if (!items.empty()) line(depth);
    out.push_back(']');
  }

  void write_object(const Json::Object& members, std::size_t depth) {
    out.push_back('{');
    bool first = true;
    for (const auto& [name, member] : members) {
      if (!first) out.push_back(',');
      first = false;
      line(depth + 1);
      write_string(out, name);
      out += pretty ? ": " : ":";
      write(member, depth + 1);
    }
    if (!members.empty()) line(depth);
    out.push_back('}');
  }
};

}  // namespace

bool Utf16Less::operator()(std::string_view a, std::string_view b) const {
  const auto [pa, pb] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (pa == a.end() || pb == b.end()) return a.size() < b.size();
  // The first differing byte decides, unless one is above U+FFFF and the other in U+E000..U+FFFF.
  const auto i = static_cast<std::size_t>(pa - a.begin());
  const std::uint32_t wa = utf16_weight(a, i);
  const std::uint32_t wb = utf16_weight(b, i);
  const bool leads = (static_cast<unsigned char>(*pa) & 0xC0U) != 0x80U &&
                     (static_cast<unsigned char>(*pb) & 0xC0U) != 0x80U;
  if (leads && wa != 0 && wb != 0 && wa != wb) return wa < wb;
  return static_cast<unsigned char>(*pa) < static_cast<unsigned char>(*pb);
}

const Json* Json::find(std::string_view name) const {
  const Object* object = if_object();
  if (object == nullptr) return nullptr;
  const auto it = object->find(name);
  return it == object->end() ? nullptr : &it->second;
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  Parser parser{text, limits};
  if (text.size() > limits.bytes_max) {
    return fail(Errc::exhausted,
                "1:1: the text is longer than " + std::to_string(limits.bytes_max) + " bytes");
  }
  if (!is_utf8(text)) return fail(Errc::invalid_input, "1:1: not UTF-8");
  Json value = TRY(parser.value(0));
  parser.skip_space();
  if (parser.at != text.size()) return parser.wrong("text after the end of the value");
  return value;
}

std::string canonical_json(const Json& value) {
  Writer writer;
  writer.write(value, 0);
  return std::move(writer.out);
}

std::string pretty_json(const Json& value) {
  Writer writer{.out = {}, .pretty = true};
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace proviso

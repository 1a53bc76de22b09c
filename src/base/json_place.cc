// SPDX-License-Identifier: Apache-2.0
#include "base/json_place.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace proviso {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

// Walks a text that parse_json has accepted, so nothing needs checking but the end.
struct Walker {
  std::string_view text;
  std::size_t at = 0;

  void skip_space() { at = std::min(text.find_first_not_of(" \t\r\n", at), text.size()); }

  /// Past the string that begins here; gives it with its quotes.
  std::string_view take_string() {
    const std::size_t begin = at++;
    while (text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
    ++at;
    return text.substr(begin, at - begin);
  }

  void skip_value() {
    std::size_t depth = 0;
    do {
      skip_space();
      const char c = text[at];
      if (c == '"') {
        take_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      const bool word = std::string_view("{}[],:").find(c) == kNowhere;
      at = word ? std::min(text.find_first_of("{}[],: \t\r\n", at), text.size()) : at + 1;
    } while (depth > 0);
  }
};

std::string unquoted(std::string_view quoted) {
  const auto name = parse_json(quoted);
  return name && name->if_string() != nullptr ? *name->if_string() : std::string();
}

// Whether `path` begins with this member's name, and nothing of the name is left open.
bool begins_with_name(std::string_view path, std::string_view name) {
  return path.starts_with(name) && (path.size() == name.size() ||
                                    std::string_view(".[:").find(path[name.size()]) != kNowhere);
}

// Names may hold dots, so of the members that fit the longest is meant.
std::size_t find_member(Walker walker, std::string_view& path) {
  std::size_t found = kNowhere;
  std::size_t longest = 0;
  ++walker.at;
  walker.skip_space();
  while (walker.text[walker.at] != '}') {
    const std::string name = unquoted(walker.take_string());
    walker.skip_space();
    ++walker.at;  // the colon
    walker.skip_space();
    if (begins_with_name(path, name) && (found == kNowhere || name.size() > longest)) {
      found = walker.at;
      longest = name.size();
    }
    walker.skip_value();
    walker.skip_space();
    if (walker.text[walker.at] == ',') ++walker.at;
    walker.skip_space();
  }
  if (found != kNowhere) path.remove_prefix(longest);
  return found;
}

std::size_t find_item(Walker walker, std::string_view& path) {
  const std::size_t end = path.find(']');
  std::size_t index = 0;
  if (!path.starts_with('[') || end == kNowhere) return kNowhere;
  const auto [stop, error] = std::from_chars(path.data() + 1, path.data() + end, index);
  if (error != std::errc{} || stop != path.data() + end) return kNowhere;
  ++walker.at;
  walker.skip_space();
  while (walker.text[walker.at] != ']' && index > 0) {
    walker.skip_value();
    walker.skip_space();
    if (walker.text[walker.at] == ',') ++walker.at;
    walker.skip_space();
    --index;
  }
  if (walker.text[walker.at] == ']') return kNowhere;
  path.remove_prefix(end + 1);
  return walker.at;
}

std::string line_and_column(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == kNowhere ? at + 1 : at - start;
  return std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace

std::string json_place(std::string_view text, std::string_view path) {
  if (!parse_json(text)) return "1:1";
  Walker walker{text};
  walker.skip_space();
  while (true) {
    if (path.starts_with('.')) path.remove_prefix(1);
    const char c = path.empty() ? ' ' : text[walker.at];
    std::size_t next = kNowhere;
    if (c == '{') next = find_member(walker, path);
    if (c == '[') next = find_item(walker, path);
    if (next == kNowhere) return line_and_column(text, walker.at);
    walker.at = next;
  }
}

std::unexpected<Error> fail_in_document(std::string_view file, std::string_view text,
                                        std::string_view root, Error error) {
  std::string_view path = error.message;
  if (path.starts_with(root)) path.remove_prefix(root.size());
  const bool parsed = parse_json(text).has_value();
  const std::string place = parsed ? ":" + json_place(text, path) + ": " : ":";
  error.message.insert(0, place).insert(0, file);
  return std::unexpected<Error>(std::move(error));
}

}  // namespace proviso

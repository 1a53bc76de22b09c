// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include "base/encoding.h"
#include "rules/fold.h"
#include "rules/reader.h"

// What the schemas of the specification say about the members that describe a rule. An error is
// what pySigma refuses, too; what only the schema forbids is a warning.
namespace proviso::rules {
namespace {

constexpr std::size_t kTitleCharactersMax = 256;
constexpr std::size_t kDescriptionBytesMax = 65'535;

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(character_bytes(text));
  return count;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// 8-4-4-4-12.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int number_of(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// "2024-01-31", or with `separator` '/' also "2024/1/31".
bool is_date(std::string_view text, char separator) {
  const std::size_t first = text.find(separator);
  const std::size_t second =
      first == std::string_view::npos ? first : text.find(separator, first + 1);
  if (second == std::string_view::npos || first != 4) return false;
  const std::string_view year = text.substr(0, 4);
  const std::string_view month = text.substr(5, second - 5);
  const std::string_view day = text.substr(second + 1);
  if (!all_digits(year) || !all_digits(month) || !all_digits(day)) return false;
  if (month.size() > 2 || day.size() > 2) return false;
  if (separator == '-' && (month.size() != 2 || day.size() != 2)) return false;
  using namespace std::chrono;
  return year_month_day{std::chrono::year{number_of(year)},
                        std::chrono::month{static_cast<unsigned>(number_of(month))},
                        std::chrono::day{static_cast<unsigned>(number_of(day))}}
      .ok();
}

bool is_tag_part(std::string_view text, bool dots) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           (dots && c == '.');
  });
}

class SchemaCheck {
 public:
  SchemaCheck(const YamlNode& top, const ReadContext& context) : top_(top), context_(context) {}

  void run() {
    title();
    if (const YamlNode* id = present("id")) uuid(*id, "id");
    name();
    related();
    one_of("status", kStatuses);
    one_of("level", kLevels);
    for (const char* key : {"taxonomy", "description", "license", "author"}) text(key);
    date("date");
    date("modified");
    for (const char* key : {"references", "fields", "scope"}) texts(key, ListOnly::yes);
    texts("falsepositives", ListOnly::no);
    tags();
  }

 private:
  enum class ListOnly : std::uint8_t { no, yes };
  static constexpr std::array<std::string_view, 5> kStatuses = {"stable", "test", "experimental",
                                                                "deprecated", "unsupported"};
  static constexpr std::array<std::string_view, 5> kLevels = {"informational", "low", "medium",
                                                              "high", "critical"};
  static constexpr std::array<std::string_view, 6> kRelations = {
      "derived", "obsolete", "merged", "renamed", "similar", "correlation"};

  [[nodiscard]] const YamlNode* present(std::string_view key) const {
    const YamlNode* node = top_.find(key);
    return node == nullptr || node->kind == YamlNode::Kind::null ? nullptr : node;
  }
  void error(const YamlNode& node, std::string item, std::string message) {
    context_.error(node.at, std::move(item), std::move(message));
  }
  void warn(const YamlNode& node, std::string item, std::string message) {
    context_.warn(node.at, std::move(item), std::move(message));
  }

  // Text, not a number or a boolean; reports what is none.
  bool is_text(const YamlNode& node, const std::string& item) {
    if (!node.is_scalar()) {
      error(node, item, "must be text");
      return false;
    }
    if (!node.plain) return true;
    Diagnostics ignored;
    const auto scalar = read_scalar(node, item, {context_.file, ignored});
    if (scalar && scalar->kind == ScalarAst::Kind::string) return true;
    error(node, item, "must be text (put it in quotes)");
    return false;
  }

  void title() {
    const YamlNode* node = present("title");
    if (node == nullptr) return error(top_, "title", "is missing (say what the rule finds)");
    if (!is_text(*node, "title")) return;
    if (node->text.empty()) error(*node, "title", "is empty (say what the rule finds)");
    if (characters(node->text) > kTitleCharactersMax) {
      error(*node, "title", "is longer than 256 characters (shorten it)");
    }
  }

  void uuid(const YamlNode& node, const std::string& item) {
    if (!node.is_scalar() || !is_uuid(node.text)) {
      error(node, item, "must be a UUID, e.g. 5b0c2c2e-4b1d-4c55-9a39-0d4a4b7a1c01");
    }
  }

  void name() {
    const YamlNode* node = present("name");
    if (node == nullptr || !is_text(*node, "name")) return;
    if (node->text.empty()) error(*node, "name", "is empty (leave it out)");
    if (characters(node->text) > 256) warn(*node, "name", "is longer than 256 characters");
  }

  void related() {
    const YamlNode* node = present("related");
    if (node == nullptr) return;
    if (!node->is_list()) return error(*node, "related", "must be a list of maps of id and type");
    for (const YamlNode& one : node->items) {
      const YamlNode* id = one.find("id");
      const YamlNode* type = one.find("type");
      if (id == nullptr || type == nullptr) {
        error(one, "related", "must be maps of id and type");
        continue;
      }
      uuid(*id, "related.id");
      known(*type, "related.type", kRelations);
    }
  }

  void one_of(const std::string& key, std::span<const std::string_view> words) {
    if (const YamlNode* node = present(key)) known(*node, key, words);
  }
  void known(const YamlNode& node, const std::string& item,
             std::span<const std::string_view> words) {
    const auto has = [&](std::string_view word) {
      return std::ranges::find(words, word) != words.end();
    };
    if (node.is_scalar() && has(node.text)) return;
    if (node.is_scalar() && has(folded(node.text))) {
      return warn(node, item, "is written in lower case: " + folded(node.text));
    }
    std::string list;
    for (const std::string_view word : words)
      list += (list.empty() ? "" : ", ") + std::string(word);
    error(node, item, "must be one of " + list);
  }

  void text(const std::string& key) {
    const YamlNode* node = present(key);
    if (node == nullptr || !is_text(*node, key)) return;
    if (key == "taxonomy" && node->text.empty()) error(*node, key, "is empty (leave it out)");
    if (node->text.size() > kDescriptionBytesMax) warn(*node, key, "is longer than 65,535 bytes");
  }

  void date(const std::string& key) {
    const YamlNode* node = present(key);
    if (node == nullptr) return;
    if (node->is_scalar() && is_date(node->text, '-')) return;
    if (node->is_scalar() && is_date(node->text, '/')) {
      return warn(*node, key, "is written with hyphens: YYYY-MM-DD");
    }
    error(*node, key, "must be a day such as 2026-11-25");
  }

  void texts(const std::string& key, ListOnly only) {
    const YamlNode* node = present(key);
    if (node == nullptr || (only == ListOnly::no && node->is_scalar())) return;
    if (!node->is_list()) return error(*node, key, "must be a list");
    std::set<std::string_view> seen;
    for (const YamlNode& one : node->items) {
      if (!one.is_scalar()) {
        warn(one, key, "should be texts");
      } else if (!seen.insert(one.text).second) {
        warn(one, key, "has \"" + printable(one.text) + "\" twice");
      }
    }
  }

  void tags() {
    const YamlNode* node = present("tags");
    if (node == nullptr) return;
    if (!node->is_list()) return error(*node, "tags", "must be a list");
    for (const YamlNode& tag : node->items) {
      const std::size_t dot = tag.is_scalar() ? tag.text.find('.') : std::string::npos;
      if (dot == std::string::npos) {
        error(tag, "tags", "must be NAMESPACE.NAME, e.g. attack.t1078");
      } else if (!is_tag_part(std::string_view(tag.text).substr(0, dot), false) ||
                 !is_tag_part(std::string_view(tag.text).substr(dot + 1), true)) {
        warn(tag, "tags", "should have lower-case letters, digits, _ and - only");
      }
    }
  }

  const YamlNode& top_;
  const ReadContext& context_;
};

}  // namespace

void check_schema(const YamlNode& top, const ReadContext& context) {
  SchemaCheck(top, context).run();
}

}  // namespace proviso::rules

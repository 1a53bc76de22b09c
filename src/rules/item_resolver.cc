// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/encoding.h"
#include "rules/resolved.h"

// Modifiers change the values one after the other, in the order in which they are written; each
// takes values of some kinds only. That is the whole check of combinations, as in pySigma.
namespace proviso::rules {
namespace {

using Kind = ItemValue::Kind;

constexpr std::array<std::pair<std::string_view, TimePart>, 6> kTimeParts = {{
    {"minute", TimePart::minute},
    {"hour", TimePart::hour},
    {"day", TimePart::day},
    {"week", TimePart::week},
    {"month", TimePart::month},
    {"year", TimePart::year},
}};

constexpr std::array<std::pair<std::string_view, Comparison>, 4> kComparisons = {{
    {"lt", Comparison::lt},
    {"lte", Comparison::lte},
    {"gt", Comparison::gt},
    {"gte", Comparison::gte},
}};

constexpr std::array<std::pair<std::string_view, char>, 6> kRegexFlags = {{
    {"i", 'i'},
    {"ignorecase", 'i'},
    {"m", 'm'},
    {"multiline", 'm'},
    {"s", 's'},
    {"dotall", 's'},
}};

template <class T, std::size_t N>
std::optional<T> find(const std::array<std::pair<std::string_view, T>, N>& table,
                      std::string_view name) {
  for (const auto& [key, value] : table) {
    if (key == name) return value;
  }
  return std::nullopt;
}

// What a part of a time can be; outside of it a comparison with it is always the same.
std::pair<double, double> range_of(TimePart part) {
  switch (part) {
    case TimePart::minute: return {0, 59};
    case TimePart::hour: return {0, 23};
    case TimePart::day: return {1, 31};
    case TimePart::week: return {1, 53};
    case TimePart::month: return {1, 12};
    case TimePart::year: return {1678, 2261};
  }
  return {0, 0};
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class ItemResolver {
 public:
  ItemResolver(const ItemAst& item, const ReadContext& context) : ast_(item), context_(context) {}

  std::optional<ResolvedItem> run() {
    out_.field = ast_.field;
    out_.at = ast_.at;
    out_.path = ast_.path;
    const bool regex = std::ranges::find(ast_.modifiers, "re") != ast_.modifiers.end();
    for (const ScalarAst& scalar : ast_.values) out_.values.push_back(value_of(scalar, regex));
    for (const std::string& name : ast_.modifiers) {
      if (!take(name)) return std::nullopt;
      applied_.push_back(name);
    }
    if (!check_result()) return std::nullopt;
    return std::move(out_);
  }

 private:
  static ItemValue value_of(const ScalarAst& scalar, bool regex) {
    ItemValue value;
    value.at = scalar.at;
    value.text = scalar.text;
    value.number = scalar.number;
    switch (scalar.kind) {
      case ScalarAst::Kind::null: break;
      case ScalarAst::Kind::boolean: value.kind = Kind::boolean; break;
      case ScalarAst::Kind::number: value.kind = regex ? Kind::string : Kind::number; break;
      case ScalarAst::Kind::string: value.kind = Kind::string; break;
    }
    if (value.kind == Kind::string) {
      value.strings.push_back(regex ? literal_pieces(scalar.text)
                                    : parse_sigma_string(scalar.text));
    }
    return value;
  }

  bool refuse(std::string message) {
    context_.error(ast_.at, ast_.path, std::move(message));
    return false;
  }
  bool refuse(const ItemValue& value, std::string message) {
    context_.error(value.at, ast_.path, std::move(message));
    return false;
  }
  void warn(std::string message) { context_.warn(ast_.at, ast_.path, std::move(message)); }

  [[nodiscard]] bool was_applied(std::string_view name) const {
    return std::ranges::find(applied_, name) != applied_.end();
  }

  bool take(const std::string& name) {
    if (name == "all") return all();
    if (name == "neq") return out_.negated = true;
    if (name == "re" || name == "cidr" || name == "exists") {
      if (!applied_.empty()) return refuse("|" + name + " must be the first modifier");
    }
    for (ItemValue& value : out_.values) {
      const auto done = apply(name, value);
      if (!done)
        return refuse("the modifier |" + printable(name) + " is not known (see the rule guide)");
      if (!*done) return false;
    }
    if (!out_.values.empty()) return true;
    return refuse("|" + printable(name) + " without a value");
  }

  bool all() {
    out_.all = true;
    if (ast_.modifiers.back() != "all") warn("|all should be the last modifier (move it there)");
    if (out_.values.size() == 1) warn("|all with one value changes nothing (leave it out)");
    return true;
  }

  // Nothing where there is no such modifier, false where it was refused.
  std::optional<bool> apply(const std::string& name, ItemValue& value) {
    if (name == "contains" || name == "startswith" || name == "endswith") return open(name, value);
    if (name == "re") return regex(value);
    if (const auto flag = find(kRegexFlags, name)) return regex_flag(name, *flag, value);
    if (name == "cidr") return retype(value, Kind::string, Kind::cidr, "|cidr needs a network");
    if (name == "exists") return exists(value);
    if (name == "fieldref") return field_ref(value);
    if (name == "cased") return cased(value);
    if (name == "expand") return expand(value);
    if (name == "windash") return windash(value);
    if (name == "base64" || name == "base64offset") return base64(name, value);
    if (name == "wide" || name == "utf16le" || name == "utf16be" || name == "utf16") {
      return utf16(name, value);
    }
    if (const auto comparison = find(kComparisons, name)) return compare(*comparison, value);
    if (const auto part = find(kTimeParts, name)) return time_part(*part, value);
    return std::nullopt;
  }

  bool retype(ItemValue& value, Kind from, Kind to, const char* message) {
    if (value.kind != from) return refuse(value, message);
    value.kind = to;
    return true;
  }

  static bool is_text(const ItemValue& value) {
    return value.kind == Kind::string || value.kind == Kind::expansion;
  }
  bool refuse_text(const std::string& name, const ItemValue& value) {
    return refuse(
        value, "the modifier |" + name + " needs text (quote the value or leave the modifier out)");
  }

  bool open(const std::string& name, ItemValue& value) {
    if (value.kind == Kind::field_ref) return open_ref(name, value);
    if (value.kind == Kind::regex) {
      warn("|" + name + " behind |re changes nothing: it is searched for anyway (use ^ and $)");
      return true;
    }
    if (!is_text(value)) return refuse_text(name, value);
    value.placed = true;
    for (Pieces& pieces : value.strings) {
      const auto is_many = [](const Piece& p) { return p.kind == Piece::Kind::many; };
      if (name != "startswith" && (pieces.empty() || !is_many(pieces.front()))) {
        pieces.insert(pieces.begin(), {Piece::Kind::many});
      }
      if (name != "endswith" && (pieces.empty() || !is_many(pieces.back()))) {
        pieces.push_back({Piece::Kind::many});
      }
    }
    return true;
  }
  bool open_ref(const std::string& name, ItemValue& value) {
    using Shape = TextPattern::Shape;
    const Shape shape = name == "contains"     ? Shape::contains
                        : name == "startswith" ? Shape::prefix
                                               : Shape::suffix;
    // Both ends are open then, as in pySigma.
    value.ref_shape =
        value.ref_shape == Shape::equal || value.ref_shape == shape ? shape : Shape::contains;
    return true;
  }

  bool regex(ItemValue& value) {
    return retype(value, Kind::string, Kind::regex, "|re needs a regular expression");
  }
  bool regex_flag(const std::string& name, char flag, ItemValue& value) {
    if (value.kind != Kind::regex) return refuse("|" + name + " goes behind |re");
    if (value.regex_flags.find(flag) == std::string::npos) value.regex_flags.push_back(flag);
    return true;
  }

  bool exists(ItemValue& value) {
    return retype(value, Kind::boolean, Kind::exists, "|exists takes true or false");
  }

  bool field_ref(ItemValue& value) {
    if (value.kind != Kind::string || value.text.empty()) {
      return refuse(value, "|fieldref takes the name of a field");
    }
    if (has_wildcard(value.strings.front())) {
      return refuse(value, "|fieldref takes no wildcards (contains and the like go behind it)");
    }
    value.kind = Kind::field_ref;
    value.text.clear();
    for (const Piece& piece : value.strings.front()) value.text += piece.text;
    return true;
  }

  bool cased(ItemValue& value) {
    if (!is_text(value) && value.kind != Kind::field_ref) return refuse_text("cased", value);
    value.cased = true;
    return true;
  }

  bool expand(ItemValue& value) {
    if (!is_text(value) && value.kind != Kind::regex) return refuse_text("expand", value);
    for (Pieces& pieces : value.strings) pieces = with_placeholders(pieces);
    return true;
  }

  bool windash(ItemValue& value) {
    if (!is_text(value)) return refuse_text("windash", value);
    value.kind = Kind::expansion;
    for (Pieces& pieces : value.strings) pieces = with_any_dash(pieces);
    return true;
  }

  bool utf16(const std::string& name, ItemValue& value) {
    if (!is_text(value)) return refuse_text(name, value);
    for (Pieces& pieces : value.strings) {
      for (Piece& piece : pieces) {
        if (piece.kind == Piece::Kind::placeholder) return refuse_placeholder(name, value);
        piece.text = to_utf16(piece.text, name == "utf16be" ? Utf16::big : Utf16::little);
      }
      if (name != "utf16") continue;
      Pieces marked = literal_pieces(std::string(kByteOrderMark));
      for (Piece& piece : pieces) append(marked, std::move(piece));
      pieces = std::move(marked);
    }
    return true;
  }
  bool refuse_placeholder(const std::string& name, const ItemValue& value) {
    return refuse(value, "|" + name + " cannot encode a placeholder (leave |expand out)");
  }

  bool base64(const std::string& name, ItemValue& value) {
    if (!is_text(value)) return refuse_text(name, value);
    std::vector<Pieces> encoded;
    for (const Pieces& pieces : value.strings) {
      if (has_placeholder(pieces)) return refuse_placeholder(name, value);
      if (has_wildcard(pieces)) {
        return refuse(value, "text with wildcards or |windash has no encoding (split it)");
      }
      const std::string bytes = bytes_of(pieces);
      if (name == "base64") {
        encoded.push_back(literal_pieces(base64_encode(bytes)));
        continue;
      }
      for (std::string& one : base64_at_offsets(bytes)) {
        encoded.push_back(literal_pieces(std::move(one)));
      }
    }
    if (name == "base64offset") value.kind = Kind::expansion;
    value.strings = std::move(encoded);
    return true;
  }
  // A byte order mark that |utf16 wrote is two bytes where bytes are encoded.
  [[nodiscard]] std::string bytes_of(const Pieces& pieces) const {
    std::string bytes;
    for (const Piece& piece : pieces) bytes += piece.text;
    if (was_applied("utf16") && bytes.starts_with(kByteOrderMark)) {
      bytes.replace(0, kByteOrderMark.size(), "\xFF\xFE");
    }
    return bytes;
  }

  bool compare(Comparison comparison, ItemValue& value) {
    const bool first = value.comparison == Comparison::eq;
    if (value.kind == Kind::time_part && first) {
      value.comparison = comparison;
      return true;
    }
    if (value.kind != Kind::number) return refuse(value, "the comparison needs a number");
    value.kind = Kind::compare;
    value.comparison = comparison;
    return true;
  }

  bool time_part(TimePart part, ItemValue& value) {
    const std::string name(to_string(part));
    if (value.kind == Kind::compare) {
      return refuse("|" + name + " goes before the comparison, not behind it");
    }
    if (value.kind != Kind::number || value.number != std::floor(value.number)) {
      return refuse(value, "|" + name + " needs a whole number");
    }
    const auto [low, high] = range_of(part);
    if (value.number < low || value.number > high) {
      context_.warn(value.at, ast_.path, "no " + name + " is " + value.text);
    }
    value.kind = Kind::time_part;
    value.part = part;
    return true;
  }

  bool check_result() {
    return std::ranges::all_of(out_.values, [&](const ItemValue& v) { return check(v); });
  }
  bool check(const ItemValue& value) {
    const bool keyword = out_.field.empty();
    const bool for_keywords = is_text(value) || value.kind == Kind::regex ||
                              value.kind == Kind::number || value.kind == Kind::boolean;
    if (keyword && value.kind == Kind::null) return refuse(value, "a keyword must be text");
    if (keyword && !for_keywords) return refuse("needs a field before the modifier");
    if (!is_text(value)) return true;
    for (const Pieces& pieces : value.strings) {
      const auto good = [](const Piece& p) { return is_utf8(p.text); };
      if (std::ranges::all_of(pieces, good)) continue;
      return refuse(value, "encoded like this it is no text, so no field has it (add |base64)");
    }
    return true;
  }

  const ItemAst& ast_;
  const ReadContext& context_;
  ResolvedItem out_;
  std::vector<std::string> applied_;
};

}  // namespace

std::optional<ResolvedItem> resolve_item(const ItemAst& item, const ReadContext& context) {
  return ItemResolver(item, context).run();
}

}  // namespace proviso::rules

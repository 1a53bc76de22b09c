// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <re2/re2.h>

#include "base/encoding.h"
#include "rules/pipeline_items.h"

namespace proviso::rules {
namespace {

// Of one value: a handful of placeholders with long lists multiply.
constexpr std::size_t kAlternativesMax = 10'000;

using Values = std::optional<std::vector<ItemValue>>;

bool handles(const PipelineItem& item, const std::string& placeholder) {
  const auto has = [&](const std::vector<std::string>& list) {
    return std::ranges::find(list, placeholder) != list.end();
  };
  if (item.include) return has(*item.include);
  return !item.exclude || !has(*item.exclude);
}

// What stands for one piece: itself, unless it is a placeholder that this item handles.
Result<std::vector<Pieces>> choices(const PipelineItem& item, const PipelineProgram& program,
                                    const Piece& piece, bool regex) {
  if (piece.kind != Piece::Kind::placeholder || !handles(item, piece.text)) {
    return std::vector<Pieces>{{piece}};
  }
  if (item.kind == PipelineItem::Kind::wildcard_placeholders) {
    return std::vector<Pieces>{{{Piece::Kind::many}}};
  }
  const auto found = program.variables.find(piece.text);
  if (found == program.variables.end()) {
    return fail(Errc::invalid_input,
                "no pipeline has a variable \"" + printable(piece.text) + "\" (add it under vars)");
  }
  std::vector<Pieces> out;
  for (const std::string& value : found->second) {
    out.push_back(regex ? literal_pieces(value) : parse_sigma_string(value));
  }
  return out;
}

Result<std::vector<Pieces>> replaced(const PipelineItem& item, const PipelineProgram& program,
                                     const Pieces& pieces, bool regex) {
  std::vector<Pieces> out(1);
  for (const Piece& piece : pieces) {
    const std::vector<Pieces> next = TRY(choices(item, program, piece, regex));
    if (out.size() * next.size() > kAlternativesMax) {
      return fail(Errc::exhausted, "placeholders make more than 10,000 values of it (split it)");
    }
    std::vector<Pieces> longer;
    longer.reserve(out.size() * next.size());
    for (const Pieces& begin : out) {
      for (const Pieces& end : next) {
        Pieces whole = begin;
        for (const Piece& p : end) append(whole, p);
        longer.push_back(std::move(whole));
      }
    }
    out = std::move(longer);
  }
  return out;
}

Result<Values> placeholders(const PipelineItem& item, const PipelineProgram& program,
                            const ItemValue& value, ValueBudget& budget) {
  if (std::ranges::none_of(value.strings, has_placeholder)) return Values();
  const bool regex = value.kind == ItemValue::Kind::regex;
  std::vector<ItemValue> out;
  ItemValue together = value;  // the strings of an expansion stay one value
  together.strings.clear();
  for (const Pieces& pieces : value.strings) {
    std::vector<Pieces> all = TRY(replaced(item, program, pieces, regex));
    for (Pieces& one : all) {
      if (budget.values == 0) {
        budget.exceeded = true;
        return fail(Errc::exhausted, "pipelines make too many values (fewer or shorter vars)");
      }
      --budget.values;
      if (value.kind == ItemValue::Kind::expansion) {
        together.strings.push_back(std::move(one));
        continue;
      }
      ItemValue single = value;
      single.strings = {std::move(one)};
      out.push_back(std::move(single));
    }
  }
  if (value.kind == ItemValue::Kind::expansion) out.push_back(std::move(together));
  return Values(std::move(out));
}

// A backslash that no wildcard follows is meant as itself.
std::string with_double_backslashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i]);
    const bool before_wildcard = i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '?');
    if (text[i] == '\\' && !before_wildcard) out.push_back('\\');
  }
  return out;
}

Pieces replace_in_texts(const PipelineItem& item, const Pieces& pieces) {
  Pieces out;
  for (const Piece& piece : pieces) {
    if (piece.kind != Piece::Kind::text) {
      append(out, piece);
      continue;
    }
    std::string text = piece.text;
    re2::RE2::GlobalReplace(&text, *item.pattern, item.text);
    if (!item.interpret_special) {
      append(out, {Piece::Kind::text, std::move(text)});
      continue;
    }
    for (Piece& parsed : parse_sigma_string(text)) append(out, std::move(parsed));
  }
  return out;
}

Values replace_string(const PipelineItem& item, const ItemValue& value) {
  const bool number = value.kind == ItemValue::Kind::number;
  if (value.kind != ItemValue::Kind::string && !number) return {};
  ItemValue out = value;
  out.kind = ItemValue::Kind::string;
  const Pieces pieces = number ? literal_pieces(value.text) : value.strings.front();
  if (item.skip_special) {
    out.strings = {replace_in_texts(item, pieces)};
    return {{std::move(out)}};
  }
  std::string text = plain(pieces);
  // What the pattern does not touch stays as it is: the way through plain text loses the wildcard
  // of `\\*`, here as in pySigma.
  if (re2::RE2::GlobalReplace(&text, *item.pattern, item.text) == 0 && !number) return {};
  const Pieces parsed = parse_sigma_string(with_double_backslashes(text));
  out.strings = {has_placeholder(pieces) ? with_placeholders(parsed) : parsed};
  return {{std::move(out)}};
}

Values map_string(const PipelineItem& item, const ItemValue& value) {
  if (value.kind != ItemValue::Kind::string) return {};
  const std::string text = plain(value.strings.front());
  const auto found = std::ranges::find(item.mapping, text, &FieldMapping::from);
  if (found == item.mapping.end()) return {};
  std::vector<ItemValue> out;
  for (const std::string& to : found->to) {
    ItemValue one = value;
    one.strings = {parse_sigma_string(to)};
    out.push_back(std::move(one));
  }
  return out;
}

// The value alone, without what modifiers have made of the one before it.
ItemValue value_like(const ItemValue& old, ItemValue::Kind kind) {
  ItemValue out;
  out.kind = kind;
  out.at = old.at;
  return out;
}

ItemValue string_like(const ItemValue& old, Pieces pieces) {
  ItemValue out = value_like(old, ItemValue::Kind::string);
  out.strings = {std::move(pieces)};
  return out;
}

Values set_value(const PipelineItem& item, const ItemValue& value) {
  using Kind = ScalarAst::Kind;
  if (item.value.kind == Kind::string) {
    return {{string_like(value, parse_sigma_string(item.value.text))}};
  }
  ItemValue out = value_like(value, item.value.kind == Kind::null      ? ItemValue::Kind::null
                                    : item.value.kind == Kind::boolean ? ItemValue::Kind::boolean
                                                                       : ItemValue::Kind::number);
  out.text = item.value.text;
  out.number = item.value.number;
  return {{std::move(out)}};
}

// What modifiers have made something else of (a comparison, a network) is no text and no number.
Result<Values> convert_type(const PipelineItem& item, const ItemValue& value) {
  using Kind = ItemValue::Kind;
  if (value.kind == Kind::null) return Values();
  const bool to_text = item.text == "str";
  if (to_text && (value.kind == Kind::string || value.kind == Kind::expansion)) return Values();
  if (!to_text && value.kind == Kind::number) return Values();
  if (to_text && (value.kind == Kind::number || value.kind == Kind::boolean)) {
    return Values({string_like(value, parse_sigma_string(value.text))});
  }
  const std::string text = value.kind == Kind::string ? plain(value.strings.front()) : "";
  const auto number = parse_number(text);
  if (to_text || !number) {
    return fail(Errc::invalid_input, std::string("cannot become a ") +
                                         (to_text ? "text" : "number") + " (add a condition)");
  }
  ItemValue out = value_like(value, Kind::number);
  out.text = text;
  out.number = *number;
  return Values({std::move(out)});
}

// Strings ignore case, so there is something to do only where `cased` minds it.
Result<Values> change_case(const PipelineItem& item, const ItemValue& value) {
  if (value.kind != ItemValue::Kind::string || !value.cased) return Values();
  ItemValue out = value;
  for (Piece& piece : out.strings.front()) {
    for (char& c : piece.text) {
      if (static_cast<unsigned char>(c) >= 0x80) {
        return fail(Errc::invalid_input, "only ASCII can change its case (leave |cased out)");
      }
      if (piece.kind != Piece::Kind::text) continue;
      if (item.text == "lower" && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      if (item.text == "upper" && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return Values({std::move(out)});
}

}  // namespace

Result<Values> transform_value(const PipelineItem& item, const PipelineProgram& program,
                               const ItemValue& value, ValueBudget& budget) {
  switch (item.kind) {
    case PipelineItem::Kind::value_placeholders:
    case PipelineItem::Kind::wildcard_placeholders:
      return placeholders(item, program, value, budget);
    case PipelineItem::Kind::replace_string: return replace_string(item, value);
    case PipelineItem::Kind::map_string: return map_string(item, value);
    case PipelineItem::Kind::set_value: return set_value(item, value);
    case PipelineItem::Kind::convert_type: return convert_type(item, value);
    case PipelineItem::Kind::change_case: return change_case(item, value);
    default: return Values();
  }
}

}  // namespace proviso::rules

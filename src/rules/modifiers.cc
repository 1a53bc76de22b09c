// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "base/encoding.h"
#include "rules/item_compiler.h"

namespace proviso::rules {
namespace {

using Operator = Modifiers::Operator;
using Transform = Modifiers::Transform;

constexpr std::array<std::pair<std::string_view, Transform>, 10> kTransforms = {{
    {"contains", Transform::contains},
    {"startswith", Transform::startswith},
    {"endswith", Transform::endswith},
    {"windash", Transform::windash},
    {"base64", Transform::base64},
    {"base64offset", Transform::base64offset},
    {"wide", Transform::utf16_little},
    {"utf16le", Transform::utf16_little},
    {"utf16be", Transform::utf16_big},
    {"utf16", Transform::utf16_marked},
}};

constexpr std::array<std::pair<std::string_view, Comparison>, 4> kComparisons = {{
    {"lt", Comparison::lt},
    {"lte", Comparison::lte},
    {"gt", Comparison::gt},
    {"gte", Comparison::gte},
}};

constexpr std::array<std::pair<std::string_view, TimePart>, 6> kTimeParts = {{
    {"minute", TimePart::minute},
    {"hour", TimePart::hour},
    {"day", TimePart::day},
    {"week", TimePart::week},
    {"month", TimePart::month},
    {"year", TimePart::year},
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

// Takes one modifier; the text of the error, or nothing.
std::optional<std::string> take(Modifiers& out, const std::string& name, bool first) {
  if (name == "all" || name == "cased" || name == "neq") {
    if (name == "all") out.all = true;
    if (name == "cased") out.cased = true;
    if (name == "neq") out.negated = true;
    return std::nullopt;
  }
  if (const auto transform = find(kTransforms, name)) {
    if (out.op != Operator::text && out.op != Operator::field_ref) {
      return "|" + name + " does not go with the modifier before it";
    }
    out.transforms.push_back(*transform);
    return std::nullopt;
  }
  if (const auto flag = find(kRegexFlags, name)) {
    if (out.op != Operator::regex) return "|" + name + " goes behind |re";
    out.regex_flags.push_back(*flag);
    return std::nullopt;
  }
  if (name == "fieldref") {
    if (out.op != Operator::text) return "|fieldref does not go with the modifier before it";
    out.op = Operator::field_ref;
    return std::nullopt;
  }
  if (name == "re" || name == "cidr" || name == "exists") {
    if (!first) return "|" + name + " must be the first modifier";
    out.op = name == "re" ? Operator::regex : name == "cidr" ? Operator::cidr : Operator::exists;
    return std::nullopt;
  }
  if (const auto comparison = find(kComparisons, name)) {
    const bool plain = out.op == Operator::text && out.transforms.empty();
    if (!plain && out.op != Operator::time_part) {
      return "|" + name + " does not go with the modifier before it";
    }
    if (plain) out.op = Operator::compare;
    out.comparison = *comparison;
    return std::nullopt;
  }
  if (const auto part = find(kTimeParts, name)) {
    if (!first) return "|" + name + " must be the first modifier (a comparison goes behind it)";
    out.op = Operator::time_part;
    out.part = *part;
    return std::nullopt;
  }
  if (name == "expand") return "|expand needs a pipeline with placeholders (write the values)";
  return "the modifier |" + printable(name) + " is not known (see the rule guide)";
}

bool field_ref_fits(const Modifiers& m) {
  if (m.transforms.size() > 1) return false;
  return m.transforms.empty() || m.transforms[0] == Transform::contains ||
         m.transforms[0] == Transform::startswith || m.transforms[0] == Transform::endswith;
}

}  // namespace

std::optional<Modifiers> read_modifiers(const ItemAst& item, const ReadContext& context) {
  Modifiers out;
  bool first = true;
  for (const std::string& name : item.modifiers) {
    if (auto error = take(out, name, first)) {
      context.error(item.at, item.path, std::move(*error));
      return std::nullopt;
    }
    first = false;
  }
  if (out.op == Operator::field_ref && !field_ref_fits(out)) {
    context.error(item.at, item.path, "|fieldref goes with one of contains, startswith, endswith");
    return std::nullopt;
  }
  if (out.cased && out.op != Operator::text && out.op != Operator::field_ref) {
    context.error(item.at, item.path, "|cased goes with strings only (leave it out)");
    return std::nullopt;
  }
  const bool keyword = item.field.empty();
  if (keyword && out.op != Operator::text && out.op != Operator::regex) {
    context.error(item.at, item.path, "needs a field before the modifier");
    return std::nullopt;
  }
  return out;
}

}  // namespace proviso::rules

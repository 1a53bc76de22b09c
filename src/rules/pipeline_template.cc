// SPDX-License-Identifier: Apache-2.0
#include "rules/pipeline_items.h"

namespace proviso::rules {
namespace {

// The attribute of a log source that `text` begins with; an empty name where it begins with none.
std::pair<std::string_view, std::string> attribute_at(std::string_view text,
                                                      const LogSource& source) {
  const auto is_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  std::size_t end = 0;
  while (end < text.size() && is_word(text[end])) ++end;
  const std::string_view name = text.substr(0, end);
  if (name == "category") return {name, source.category};
  if (name == "product") return {name, source.product};
  if (name == "service") return {name, source.service};
  return {};
}

// "$name", "${name}", and "$$" for a "$"; another "$" stays as it is.
Result<std::string> filled(std::string_view text, const LogSource& source) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      out.push_back(text[i]);
      continue;
    }
    const std::string_view rest = text.substr(i + 1);
    if (rest.starts_with('$')) {
      out.push_back('$');
      ++i;
      continue;
    }
    const std::size_t open = rest.starts_with('{') ? 1 : 0;
    const auto [name, value] = attribute_at(rest.substr(open), source);
    const bool closed = open == 0 || rest.substr(1 + name.size()).starts_with('}');
    if (name.empty() || !closed) {
      out.push_back('$');
      continue;
    }
    if (value.empty()) {
      return fail(Errc::invalid_input, "the rule's log source has no " + std::string(name));
    }
    out += value;
    i += name.size() + 2 * open;
  }
  return out;
}

}  // namespace

Result<void> fill_template(SelectionAst& selection, const LogSource& source) {
  for (SelectionAst& child : selection.children) TRY_VOID(fill_template(child, source));
  for (ScalarAst& value : selection.item.values) {
    if (value.kind == ScalarAst::Kind::string) value.text = TRY(filled(value.text, source));
  }
  return {};
}

}  // namespace proviso::rules

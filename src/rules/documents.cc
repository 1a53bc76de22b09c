// SPDX-License-Identifier: Apache-2.0
#include "rules/documents.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"

namespace proviso::rules {
namespace {

// Values that the merged documents of one file may have together: each `repeat` copies all that was
// said before it.
constexpr std::size_t kNodesMax = 2'000'000;

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const auto& [key, value] : node.members) count += 1 + count_nodes(value);
  return count;
}

// The tree is at most as deep as the YAML reader allows.
void update(YamlNode& into, const YamlNode& from) {
  std::map<std::string, std::size_t, std::less<>> places;
  for (std::size_t i = 0; i < into.members.size(); ++i) places[into.members[i].first.text] = i;
  for (const auto& [key, value] : from.members) {
    const auto found = places.find(key.text);
    if (found == places.end()) {
      into.members.emplace_back(key, value);
      continue;
    }
    YamlNode& old = into.members[found->second].second;
    if (value.is_map() && old.is_map()) {
      update(old, value);
    } else {
      old = value;
    }
  }
}

void remove_action(YamlNode& document) {
  std::erase_if(document.members, [](const auto& m) { return m.first.text == "action"; });
}

}  // namespace

bool ActionDocuments::spend(const YamlNode& node) {
  nodes_ += count_nodes(node);
  if (nodes_ <= kNodesMax) return true;
  context_.error(node.at, "action",
                 "the file's documents grow too large (write fewer rules in it)");
  return false;
}

std::optional<YamlNode> ActionDocuments::take(YamlNode document) {
  const YamlNode* action = document.find("action");
  if (action == nullptr) {
    const bool plain = document.is_map() && document.find("correlation") == nullptr &&
                       document.find("filter") == nullptr;
    if (!plain) return document;
    if (!global_.members.empty()) {
      update(document, global_);
      if (!spend(document)) return std::nullopt;
    }
    last_ = document;
    before_ = Before::rule;
    return document;
  }
  if (action->text == "reset") {
    global_.members.clear();
    return std::nullopt;
  }
  if (action->text == "repeat") return repeat(std::move(document));
  if (action->text != "global") {
    context_.error(action->at, "action", "must be global, reset or repeat (or leave it out)");
    return std::nullopt;
  }
  remove_action(document);
  global_ = std::move(document);
  before_ = Before::global;
  return std::nullopt;
}

// What a repeat adds to a template stays in it: pySigma updates the same object.
std::optional<YamlNode> ActionDocuments::repeat(YamlNode document) {
  const Position at = document.at;
  if (before_ == Before::nothing) {
    context_.error(at, "action",
                   "there is no document before it to repeat (write the rule in full)");
    return std::nullopt;
  }
  remove_action(document);
  YamlNode& base = before_ == Before::global ? global_ : last_;
  update(base, document);
  if (!spend(base)) return std::nullopt;
  YamlNode out = base;
  out.at = at;
  return out;
}

}  // namespace proviso::rules

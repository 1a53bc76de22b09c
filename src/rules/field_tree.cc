// SPDX-License-Identifier: Apache-2.0
#include "rules/field_tree.h"

#include <algorithm>
#include <bit>
#include <map>

namespace proviso::rules {
namespace {

struct Draft {
  std::map<std::string, std::uint32_t, std::less<>> children;
  std::uint32_t field = FieldTree::kNone;
  bool literal = false;
};

class Drafts {
 public:
  Drafts() : all_(1) {}
  std::uint32_t child(std::uint32_t of, std::string_view key) {
    const auto found = all_[of].children.find(key);
    if (found != all_[of].children.end()) return found->second;
    const auto number = static_cast<std::uint32_t>(all_.size());
    all_[of].children.emplace(key, number);
    all_.emplace_back();
    return number;
  }
  Draft& operator[](std::uint32_t n) { return all_[n]; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  std::vector<Draft> all_;
};

Drafts draft(std::span<const FieldTree::Name> names) {
  Drafts out;
  for (std::uint32_t field = 0; field < names.size(); ++field) {
    const std::string_view name = names[field].text;
    Draft& literal = out[out.child(0, name)];
    literal.field = field;
    literal.literal = true;
    if (names[field].top_level_only || name.find('.') == std::string_view::npos) continue;
    std::uint32_t node = 0;
    std::string_view rest = name;
    while (true) {
      const std::size_t dot = rest.find('.');
      node = out.child(node, rest.substr(0, dot));
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    out[node].field = field;
  }
  return out;
}

}  // namespace

FieldTree::FieldTree(std::span<const Name> names) {
  Drafts drafts = draft(names);
  for (std::uint32_t n = 0; n < drafts.size(); ++n) {
    const Draft& from = drafts[n];
    Node& node = nodes_.emplace_back();
    node.number = n;
    node.field = from.field;
    node.literal = from.literal;
    node.has_children = !from.children.empty();
    node.slots_begin = static_cast<std::uint32_t>(slots_.size());
    const auto wanted = std::bit_ceil(std::max<std::size_t>(2, from.children.size() * 4));
    node.slots_mask = static_cast<std::uint32_t>(wanted - 1);
    slots_.resize(slots_.size() + wanted);
    for (const auto& [key, child] : from.children) {
      node.sizes |= std::uint64_t{1} << std::min<std::size_t>(key.size(), 63);
      const Ends ends = ends_of(key);
      std::uint64_t at = hash_of(ends);
      while (slots_[node.slots_begin + (at & node.slots_mask)].node != kNone) ++at;
      slots_[node.slots_begin + (at & node.slots_mask)] = {
          ends, child, static_cast<std::uint32_t>(keys_.size())};
      keys_ += key;
    }
  }
}

}  // namespace proviso::rules

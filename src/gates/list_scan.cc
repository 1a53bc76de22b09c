// SPDX-License-Identifier: Apache-2.0
#include "gates/list_scan.h"

#include <algorithm>

namespace proviso::gates {
namespace {

void add_subjects(const Json& public_part, std::vector<std::string>& out) {
  for (const std::string_view name : {"case", "order"}) {
    const Json* value = public_part.find(name);
    if (value == nullptr || value->if_string() == nullptr) continue;
    out.push_back(std::string(name) + " " + *value->if_string());
  }
}

// The cases and orders that an entry names, itself or inside an opening.
std::vector<std::string> subjects_of(const model::Entry& entry) {
  std::vector<std::string> out;
  add_subjects(entry.public_part, out);
  if (entry.kind != model::entry_kind::opened) return out;
  const Json* content = entry.public_part.find("content");
  const Json* inner = content == nullptr ? nullptr : content->find("public");
  if (inner != nullptr) add_subjects(*inner, out);
  return out;
}

}  // namespace

ListScan::ListScan(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    keys_.push_back({.tags = model::IndexTags(key), .next = 0, .ahead = 0});
    look_ahead(keys_.size() - 1);
  }
}

void ListScan::look_ahead(std::size_t key) {
  Key& k = keys_[key];
  for (; k.ahead < k.next + kAhead; ++k.ahead) {
    places_.emplace(std::string(k.tags.of(k.ahead).view()), Place{key, k.ahead});
  }
}

Result<void> ListScan::visit(std::uint64_t index, const model::Entry& entry) {
  if (keys_.empty()) return {};
  const auto tag = model::tag_of(entry.public_part);
  if (!tag || !*tag) return {};
  const auto found = places_.find(std::string((*tag)->view()));
  if (found == places_.end()) {
    for (std::string& subject : subjects_of(entry)) of_others_.emplace(std::move(subject), index);
    return {};
  }
  const Place place = found->second;
  Key& key = keys_[place.key];
  if (place.number != key.next) {
    return fail(Errc::denied, "has number " + std::to_string(place.number) +
                                  " of an index key of yours, and " + std::to_string(key.next) +
                                  " would come next: an entry is kept from you");
  }
  ++key.next;
  look_ahead(place.key);
  for (std::string& subject : subjects_of(entry)) subjects_.insert(std::move(subject));
  items_.push_back({index, entry});
  return {};
}

std::vector<std::uint64_t> ListScan::under_other_keys() const {
  std::set<std::uint64_t> out;
  for (const std::string& subject : subjects_) {
    const auto other = of_others_.find(subject);
    if (other != of_others_.end()) out.insert(other->second);
  }
  return {out.begin(), out.end()};
}

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "signals/group_table.h"

#include <cstring>

#include "signals/hash.h"

namespace proviso::signals {

std::uint64_t GroupTable::hash_of(std::string_view bytes) const { return hash_bytes(bytes, seed_); }

GroupId GroupTable::hold(std::string_view bytes, std::uint64_t hash) {
  const std::uint32_t found = table_.find(hash, [&](std::uint32_t id) {
    return groups_[id].hash == hash && groups_[id].bytes() == bytes;
  });
  if (found != SlotTable::kNone) {
    ++groups_[found].holders;
    return GroupId(found);
  }
  const std::uint32_t id = groups_.take();
  Group& group = groups_[id];
  group.hash = hash;
  group.holders = 1;
  group.size = static_cast<std::uint32_t>(bytes.size());
  char* to = group.text.data();
  if (bytes.size() > Group::kInline) {
    group.heap = std::make_unique_for_overwrite<char[]>(bytes.size());
    to = group.heap.get();
  }
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  table_.insert(hash, id);
  return GroupId(id);
}

void GroupTable::let_go(GroupId id) {
  Group& group = groups_[index(id)];
  if (--group.holders > 0) return;
  table_.erase(group.hash, index(id));
  groups_.give_back(index(id));
}

void append_group_value(std::string& bytes, bool is_null, std::string_view text) {
  bytes.push_back(is_null ? '0' : '1');
  std::size_t size = text.size();
  for (; size >= 0x80U; size >>= 7U) bytes.push_back(static_cast<char>((size & 0x7FU) | 0x80U));
  bytes.push_back(static_cast<char>(size));
  bytes += text;
}

bool take_group_value(std::string_view& bytes, bool& is_null, std::string_view& text) {
  if (bytes.empty()) return false;
  is_null = bytes.front() == '0';
  bytes.remove_prefix(1);
  std::size_t size = 0;
  for (unsigned shift = 0; !bytes.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    size |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) break;
  }
  text = bytes.substr(0, size);
  bytes.remove_prefix(text.size());
  return true;
}

}  // namespace proviso::signals

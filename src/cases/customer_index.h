// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/record.h"
#include "model/index_tag.h"

// The index over the tags of all customers (docs/formats/customer-list.md): writes the entries that
// commit to it. One thread; the caller holds the folder's lock.
namespace proviso::cases {

struct IndexDone {
  std::uint64_t index = 0;  ///< of the `index-published` entry
  model::IndexPublished published;
};

/// Appends an `index-published` entry over the whole log as it is, also where nothing came since
/// the last one: when it is made must tell nothing. conflict before the founding is sealed.
Result<IndexDone> publish_index(Record& record);

/// Where a tag stands in the log.
struct TagPlace {
  Digest tag;
  std::uint64_t index = 0;
  auto operator<=>(const TagPlace&) const = default;
};
/// The tags of the entries [from, to), sorted as in the index.
Result<std::vector<TagPlace>> tags_between(Database& db, std::uint64_t from, std::uint64_t to);

/// The hashes of the index's leaves.
std::vector<Digest> index_leaf_hashes(const std::vector<TagPlace>& tags);

/// What the log's `index-published` entries say, in their order; and where each stands.
Result<std::vector<IndexDone>> published_indexes(Database& db);

}  // namespace proviso::cases

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "model/index_tag.h"

// Follows tags and index entries through a whole log (docs/formats/customer-list.md): that each
// entry about a customer has a tag, that none stands twice, and that each `index-published` entry
// commits to exactly the log's tags. Needs no index key. Robust to untrusted input.
namespace proviso::gates {

struct IndexCounts {
  std::uint64_t tags = 0;
  std::uint64_t published = 0;  ///< `index-published` entries
  std::uint64_t covered = 0;    ///< the entries below this index are in the newest of them
};

/// Memory grows with the number of tags, about 200 bytes each. A log of N tags and K index entries
/// takes O(N log K) hashes, whatever its operator wrote.
class IndexAudit {
 public:
  /// Each leaf after the genesis, in the order of the log. Error: what is wrong with it.
  Result<void> visit(std::uint64_t index, const model::Entry& entry);
  [[nodiscard]] const IndexCounts& counts() const { return counts_; }

 private:
  struct Leaf {
    Digest tag;
    std::uint64_t index = 0;
    auto operator<=>(const Leaf&) const = default;
  };
  /// Up to where an index entry covers the log, and how many of leaves_ that are.
  struct Mark {
    std::uint64_t to = 0;
    std::size_t leaves = 0;
  };
  Result<void> check_tag(std::uint64_t index, const model::Entry& entry);
  bool is_about_customer(const model::Entry& entry);
  Result<void> check_published(std::uint64_t index, const model::Entry& entry);

  IndexCounts counts_;
  std::unordered_set<std::string> tags_;
  /// Of proposals that are about no customer: an approval does not say what it approves.
  std::unordered_set<std::string> governance_orders_;
  /// In the order of the log; those that an index entry covers, sorted within what it covers.
  std::vector<Leaf> leaves_;
  std::vector<Mark> marks_;
};

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "cases/customer_list.h"

#include <algorithm>

#include "cases/customer_index.h"
#include "cases/index_keys.h"
#include "ledger/leaf_tree.h"

namespace proviso::cases {
namespace {

/// What one index entry covers, whole.
struct Segment {
  IndexDone done;
  std::vector<TagPlace> tags;
  ledger::LeafTree tree;

  [[nodiscard]] model::IndexPlace prove(std::uint64_t place) const {
    return {place, tree.path(place)};
  }
  [[nodiscard]] std::optional<model::Neighbour> neighbour(std::uint64_t place) const {
    return model::Neighbour{tags[place].tag, tags[place].index, prove(place)};
  }
};

// Those that sum up all of them, from the log's beginning on.
Result<std::vector<Segment>> newest_segments(Database& db) {
  const auto all = TRY(published_indexes(db));
  std::vector<Segment> out;
  for (std::uint64_t number = all.size(); number > 0; number = model::begins_after(number)) {
    const model::IndexPublished& published = all[number - 1].published;
    auto tags = TRY(tags_between(db, published.from, published.to));
    ledger::LeafTree tree(index_leaf_hashes(tags));
    if (tree.root() != published.root) {
      return fail(Errc::corrupt, "store: the tags are not those that the ledger's index has");
    }
    out.push_back({all[number - 1], std::move(tags), std::move(tree)});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

class Maker {
 public:
  Maker(Record& record, std::uint64_t size, const std::vector<Segment>& segments)
      : record_(record), size_(size), segments_(segments) {}

  Result<model::ProvenEntry> prove(std::uint64_t index) {
    model::ProvenEntry out{.bytes = TRY(record_.log()->entry(index)), .index = index, .path = {}};
    auto proof = TRY(record_.log()->prove(index, size_));
    out.path = std::move(proof.hashes);
    return out;
  }

  Result<model::ListedKey> list(const IndexKey& key) {
    const model::IndexTags tags(key.key);
    model::ListedKey out{.key = key.key, .entries = {}, .absent = {}};
    std::uint64_t number = 0;
    for (; number < key.numbers; ++number) {
      auto entry = TRY(find(tags.of(number)));
      if (!entry) break;  // it came after the newest index entry, and so did all after it
      out.entries.push_back(std::move(*entry));
    }
    const Digest next = tags.of(number);
    for (const Segment& segment : segments_) out.absent.push_back(absence(segment, next));
    return out;
  }

 private:
  Result<std::optional<model::ListedEntry>> find(const Digest& tag) {
    for (const Segment& segment : segments_) {
      const auto place = std::ranges::lower_bound(segment.tags, TagPlace{tag, 0});
      if (place == segment.tags.end() || place->tag != tag) continue;
      const auto number = static_cast<std::uint64_t>(place - segment.tags.begin());
      return std::optional(model::ListedEntry{TRY(prove(place->index)), segment.prove(number)});
    }
    return std::optional<model::ListedEntry>();
  }

  static model::Absence absence(const Segment& segment, const Digest& tag) {
    const auto after = static_cast<std::uint64_t>(
        std::ranges::lower_bound(segment.tags, TagPlace{tag, 0}) - segment.tags.begin());
    model::Absence out;
    if (after > 0) out.before = segment.neighbour(after - 1);
    if (after < segment.tags.size()) out.after = segment.neighbour(after);
    return out;
  }

  Record& record_;
  std::uint64_t size_;
  const std::vector<Segment>& segments_;
};

}  // namespace

Result<model::CustomerList> customer_list(Record& record, const std::string& customer) {
  const auto segments = TRY(newest_segments(record.database()));
  if (segments.empty()) {
    return fail(Errc::conflict, "no index was published yet (run: proviso ledger index)");
  }
  // All proofs lead to this one checkpoint, whatever is appended meanwhile.
  ledger::LogHead head = TRY(record.log()->head());
  Maker maker(record, head.size, segments);
  model::CustomerList out;
  out.checkpoint = std::move(head.checkpoint);
  out.genesis = TRY(maker.prove(0));
  for (const Segment& segment : segments) out.index.push_back(TRY(maker.prove(segment.done.index)));
  for (const IndexKey& key :
       TRY(index_keys_of(record.database(), record.index_secret(), customer))) {
    out.keys.push_back(TRY(maker.list(key)));
  }
  return out;
}

Result<model::IndexKeys> customer_keys(Record& record, const std::string& customer) {
  model::IndexKeys out{.ledger = record.origin(), .keys = {}};
  for (IndexKey& key : TRY(index_keys_of(record.database(), record.index_secret(), customer))) {
    out.keys.push_back(std::move(key.key));
  }
  return out;
}

}  // namespace proviso::cases

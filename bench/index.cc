// SPDX-License-Identifier: Apache-2.0
// The index over the tags of all customers (docs/formats/customer-list.md): what a verifier of the
// whole log does for it, and what making a list takes. CPU time of the thread.
//
//   tags       each of --entries entries is about a customer: form, uniqueness, presence
//   index      and after every ENTRIES/INDEXES of them an index entry is made again from the log
//   tree       the tree of an index entry over all of them, held whole, as a list is made from it
//
//   index [--entries N (1000000)] [--indexes K (365)]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "gates/index_audit.h"
#include "ledger/leaf_tree.h"

namespace {

using namespace proviso;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Leaf {
  Digest tag;
  std::uint64_t index = 0;
  auto operator<=>(const Leaf&) const = default;
};

ledger::LeafTree tree_of(std::vector<Leaf> leaves) {
  std::sort(leaves.begin(), leaves.end());
  std::vector<Digest> hashes;
  hashes.reserve(leaves.size());
  for (const Leaf& leaf : leaves) {
    hashes.push_back(ledger::leaf_hash(model::index_leaf(leaf.tag, leaf.index)));
  }
  return ledger::LeafTree(std::move(hashes));
}

model::Entry entry_of(std::string_view kind, Json public_part) {
  model::Entry out;
  out.kind = kind;
  out.public_part = std::move(public_part);
  return out;
}

/// A log of entries about customers, with an index entry after every `every` of them; 0: none.
std::vector<model::Entry> make_log(std::uint64_t entries, std::uint64_t every) {
  const model::IndexTags tags(std::string(model::kIndexKeyBytes, 'k'));
  std::vector<model::Entry> log;
  std::vector<Leaf> leaves;
  std::vector<std::uint64_t> ends = {0};
  std::vector<std::size_t> sizes = {0};
  for (std::uint64_t n = 0; n < entries; ++n) {
    const Digest tag = tags.of(n);
    leaves.push_back({tag, log.size() + 1});
    log.push_back(entry_of(model::entry_kind::finding_made, Json::Object{{"about", tag.hex()}}));
    if (every == 0 || (n + 1) % every != 0) continue;
    const std::uint64_t before = model::begins_after(ends.size());
    const std::vector<Leaf> part(leaves.begin() + static_cast<std::ptrdiff_t>(sizes[before]),
                                 leaves.end());
    const model::IndexPublished index{.from = ends[before],
                                      .to = log.size() + 1,
                                      .tags = part.size(),
                                      .root = tree_of(part).root()};
    ends.push_back(index.to);
    sizes.push_back(leaves.size());
    log.push_back(
        entry_of(model::entry_kind::index_published, model::index_published_to_json(index)));
  }
  return log;
}

void audit(const char* what, const std::vector<model::Entry>& log, std::uint64_t entries) {
  const double begin = cpu_seconds();
  gates::IndexAudit audit;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const auto done = audit.visit(i + 1, log[i]);
    if (done) continue;
    std::fprintf(stderr, "entry %zu: %s\n", i + 1, done.error().message.c_str());
    std::exit(1);
  }
  const double took = cpu_seconds() - begin;
  std::printf("%-6s %8.2f s  %6.2f us an entry  (%llu index entries)\n", what, took,
              took / static_cast<double>(entries) * 1e6,
              static_cast<unsigned long long>(audit.counts().published));
}

std::uint64_t number(int argc, char** argv, const char* name, std::uint64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t entries = number(argc, argv, "--entries", 1'000'000);
  const std::uint64_t indexes = number(argc, argv, "--indexes", 365);
  if (entries == 0 || indexes == 0 || indexes > entries) {
    std::fputs("index [--entries N] [--indexes K], 1 <= K <= N\n", stderr);
    return 2;
  }
  audit("tags", make_log(entries, 0), entries);
  audit("index", make_log(entries, entries / indexes), entries);
  std::vector<Leaf> leaves;
  const model::IndexTags tags(std::string(model::kIndexKeyBytes, 'k'));
  for (std::uint64_t n = 0; n < entries; ++n) leaves.push_back({tags.of(n), n});
  const double begin = cpu_seconds();
  const ledger::LeafTree tree = tree_of(std::move(leaves));
  const double took = cpu_seconds() - begin;
  std::printf("%-6s %8.2f s  %6.2f us an entry  (root %s)\n", "tree", took,
              took / static_cast<double>(entries) * 1e6, tree.root().hex().substr(0, 12).c_str());
  return 0;
}

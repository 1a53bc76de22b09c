// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/index_tag.h"
#include "model/proven_order.h"

namespace proviso::model {

// All entries about a customer up to an index, in one file that proves that none is missing
// (docs/formats/customer-list.md). `cases` writes it, `gates` proves it. It holds the customer's
// index keys: it is as secret as they are.

inline constexpr std::size_t kListBytesMax = 64U << 20U;
inline constexpr std::size_t kListKeysMax = 1000;
/// As many index entries as any prefix of a log is summed up by.
inline constexpr std::size_t kListSegmentsMax = 64;

/// A leaf of an index entry's tree, and its inclusion proof there.
struct IndexPlace {
  std::uint64_t place = 0;
  std::vector<Digest> path;
};

struct ListedEntry {
  ProvenEntry entry;
  IndexPlace in_index;
};

/// A leaf beside which a tag would stand.
struct Neighbour {
  Digest tag;
  std::uint64_t entry = 0;
  IndexPlace in_index;
};

/// That an index entry has not a tag: what stands before it and after it, one place apart. Nothing
/// where the tag would be the first, or the last.
struct Absence {
  std::optional<Neighbour> before;
  std::optional<Neighbour> after;
};

struct ListedKey {
  std::string key;                   ///< 32 bytes
  std::vector<ListedEntry> entries;  ///< of numbers 0, 1, 2 ...
  std::vector<Absence> absent;       ///< of the next number, one for each index entry
};

struct CustomerList {
  std::string checkpoint;  ///< signed note
  ProvenEntry genesis;
  std::vector<ProvenEntry> index;  ///< `index-published` entries that cover the log from 0 on
  std::vector<ListedKey> keys;
};

/// Canonical JSON and a line feed. `exhausted` beyond kListBytesMax.
Result<std::string> write_customer_list(const CustomerList& list);
/// One text per list. Proves nothing: gates do. Robust to untrusted input.
Result<CustomerList> parse_customer_list(std::string_view text);

/// The file that a customer gets its keys in.
struct IndexKeys {
  std::string ledger;
  std::vector<std::string> keys;  ///< 32 bytes each, at least one, none twice
};
std::string write_index_keys(const IndexKeys& keys);
/// Robust to untrusted input.
Result<IndexKeys> parse_index_keys(std::string_view text);

}  // namespace proviso::model

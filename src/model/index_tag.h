// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/entry.h"

// Whom an entry is about, as only its customer can tell (docs/formats/customer-list.md). Each entry
// about a customer carries a tag; with the customer's index key its tags can be found, without it
// no two of them be linked (I11). `index-published` entries commit to all tags of the log so far.
// Robust to untrusted input.
namespace proviso::model {

inline constexpr std::size_t kIndexKeyBytes = 32;
/// The member of an entry's public part that holds its tag.
inline constexpr std::string_view kAbout = "about";

/// The customer's index key: HMAC-SHA-256(secret of the folder, name). Part of the format is only
/// that it has 32 bytes.
std::string index_key(std::string_view secret, std::string_view name);

/// Tags under one index key, which has 32 bytes. One per thread.
class IndexTags {
 public:
  explicit IndexTags(std::string_view key) : hash_(key) {}
  /// HMAC-SHA-256(key, "proviso/index/v1" || u64 big endian number). Numbers count the customer's
  /// entries from 0, in the order of the log.
  [[nodiscard]] Digest of(std::uint64_t number) const;

 private:
  KeyedHash hash_;
};

/// What a leaf of the index is: 40 bytes, sorted as they are.
std::string index_leaf(const Digest& tag, std::uint64_t entry_index);

/// Whether entries of this kind have a tag.
enum class Tagged : std::uint8_t {
  always,
  never,
  /// By the order they are about: those of a restriction or a lift have one.
  by_order,
  /// A kind of a later version.
  unknown,
};
Tagged tagged(std::string_view kind);
/// Whether an order of this kind is about a customer.
bool is_about_customer(std::string_view order_kind);

/// The tag of a public part; nothing where it has none. invalid_input where `about` is something
/// else than a tag.
Result<std::optional<Digest>> tag_of(const Json& public_part);

/// The public part of an `index-published` entry: the tags of the entries [from, to), `tags` of
/// them, in the tree of RFC 6962 over their sorted leaves.
struct IndexPublished {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t tags = 0;
  Digest root;
};
Json index_published_to_json(const IndexPublished& index);
/// invalid_input: `from` above `to`, or more tags than entries.
Result<IndexPublished> parse_index_published(const Json& public_part);

/// The number of the `index-published` entry at whose `to` the one of `number` (from 1) begins; 0:
/// at the log's beginning. As in a Fenwick tree, so that any number of them is summed up by at most
/// 64, and each entry is covered by at most 64.
constexpr std::uint64_t begins_after(std::uint64_t number) { return number & (number - 1); }

}  // namespace proviso::model

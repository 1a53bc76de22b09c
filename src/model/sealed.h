// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/entry.h"

// Sealed entries, cover entries and openings (docs/formats/entry.md, "Sealing"). A sealed entry is
// a leaf of kind `sealed` whose private part is another whole entry, or a cover. Nobody can tell
// which from the log until its opening, an entry too, shows the private part and its salt.
// Robust to untrusted input.
namespace proviso::model {

/// No sealed entry may be due later than this after its own time. Part of the format.
inline constexpr Duration kSealMax = std::chrono::days{732};
/// After an order's first effect, or the end of a case, what was sealed about it is due. Part of
/// the format.
inline constexpr Duration kOpenWithin = std::chrono::days{90};
/// Of what is sealed, so that its opening is an entry of at most 65,535 bytes.
inline constexpr std::size_t kSealedBytesMax = 60'000;

/// Whether an entry of this kind can be sealed. Not what others act on: the genesis, orders in
/// force and their stages, a load of the register; nor seals and openings themselves.
bool may_be_sealed(std::string_view kind);

/// The public part of a `sealed` entry: by when it has to be opened, whatever happens.
Json sealed_public(Time open_by);
/// Reads it. invalid_input where the time is not after the entry's, or beyond kSealMax.
Result<Time> sealed_open_by(const Entry& sealed);

/// What is sealed in a cover entry.
Json cover_content();

/// The public part of an `opened` entry.
struct Opening {
  EntryId opens;                ///< the sealed entry
  std::string salt;             ///< its 32 bytes
  Json content;                 ///< its private part
  std::optional<Digest> order;  ///< the order in force that it was sealed before
};
Json opening_public(const Opening& opening);
Result<Opening> parse_opening(const Json& public_part);

/// What was sealed: an entry, or nothing where it was a cover. denied: the commitment says
/// otherwise, the entry is another ledger's, or of a kind that is never sealed.
Result<std::optional<Entry>> sealed_content(const Opening& opening, const Digest& sealed_commitment,
                                            std::string_view ledger);

}  // namespace proviso::model

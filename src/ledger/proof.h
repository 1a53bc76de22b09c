// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

// c2sp.org/tlog-proof@v1: an entry's way to a checkpoint, in one text. Robust to untrusted input.
namespace proviso::ledger {

/// From the leaf at `index` to the root of the tree of `size`, leaf side first.
struct InclusionProof {
  EntryIndex index = 0;
  std::uint64_t size = 0;
  std::vector<Digest> hashes;  ///< at most kProofHashesMax
  bool operator==(const InclusionProof&) const = default;
};

/// What a tlog-proof text holds; nothing in it is verified yet.
struct TlogProof {
  EntryIndex index = 0;
  std::vector<Digest> hashes;
  std::string checkpoint;  ///< the signed note, verbatim
  bool operator==(const TlogProof&) const = default;
};

/// A whole proof is at most this long.
inline constexpr std::size_t kTlogProofBytesMax = kNoteBytesMax + 8192;

/// `checkpoint` is the signed note over a tree of `proof.size`.
std::string format_tlog_proof(const InclusionProof& proof, std::string_view checkpoint);
/// An "extra" line is allowed and dropped: it is not authenticated. `invalid_input` otherwise.
Result<TlogProof> parse_tlog_proof(std::string_view text);

/// Opens the checkpoint with the log's key and verifies that `entry` is in it at the proof's index.
/// Returns the checkpoint. Errors as open_checkpoint() and verify_inclusion().
Result<Checkpoint> verify_tlog_proof(const TlogProof& proof, std::string_view entry,
                                     const NoteVerifier& log_key, std::string_view origin);

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

// Bodies of c2sp.org/tlog-witness@v1.0.0. Robust to untrusted input.
namespace proviso::witness {

/// Longest body that is read: 63 lines of proof (45 bytes each), a size and a note.
inline constexpr std::size_t kRequestBytesMax = 65536 + 4096;

/// What a log asks of a witness: nothing in it is verified yet.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  std::vector<Digest> proof;  ///< at most 63; from the tree of old_size to the checkpoint's
  std::string note;           ///< the signed checkpoint, verbatim
  bool operator==(const AddCheckpoint&) const = default;
};

std::string format_add_checkpoint(const AddCheckpoint& request);
/// `invalid_input`: another form, more than 63 lines of proof, or too long.
Result<AddCheckpoint> parse_add_checkpoint(std::string_view body);

/// Of a 409: "<size>\n".
Result<std::uint64_t> parse_size_answer(std::string_view body);
inline constexpr std::string_view kSizeType = "text/x.tlog.size";

/// How a witness names a log in files and paths: SHA-256 of its origin, in hexadecimal.
std::string origin_hash(std::string_view origin);

}  // namespace proviso::witness

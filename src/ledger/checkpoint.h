// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "ledger/note.h"

// c2sp.org/tlog-checkpoint@v1.0.0. Robust to untrusted input.
namespace proviso::ledger {

/// What a log says about itself when it signs: which log, how many entries, which root.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;  ///< at most kTreeSizeMax
  Digest root;

  bool operator==(const Checkpoint&) const = default;
  /// The three lines of a note text. We write no extension lines.
  [[nodiscard]] std::string format() const;
  /// Reads a note text. Extension lines are allowed and ignored. `invalid_input` otherwise.
  static Result<Checkpoint> parse(std::string_view text);
};

/// Decimal without leading zeros and signs, as sizes and indexes stand in C2SP texts.
Result<std::uint64_t> parse_decimal(std::string_view text);

/// The checkpoint in a signed note, if the log's key signed it and it speaks of `origin`.
/// `invalid_input`: malformed; `denied`: signature; `conflict`: another log's origin.
Result<Checkpoint> open_checkpoint(std::string_view note, const NoteVerifier& log_key,
                                   std::string_view origin);
/// The same for a log whose origin is its key's name, as the specification recommends.
Result<Checkpoint> open_checkpoint(std::string_view note, const NoteVerifier& log_key);

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"

namespace proviso::ledger {

/// Which cosignatures a checkpoint needs, in the lines of C2SP's tlog-policy:
///   log VKEY [URL]
///   witness NAME VKEY [URL]
///   group NAME all|any|K MEMBER...
///   quorum NAME|none
/// '#' begins a comment line. A name is defined before it is used, once. A witness or group is a
/// member of one group at most, and a public key is one witness, so nobody counts twice.
/// docs/formats/witness.md. Robust to untrusted input.
struct WitnessPolicy {
  struct Log {
    NoteVerifier key;
    std::string url;
  };
  struct Witness {
    std::string name;
    CosignerKey key;
    std::string url;  ///< where it takes checkpoints; may be empty
  };
  struct Group {
    std::string name;
    std::size_t needed = 0;            ///< 1..members
    std::vector<std::string> members;  ///< witnesses, or groups that stand before
  };
  std::vector<Log> logs;
  std::vector<Witness> witnesses;
  std::vector<Group> groups;
  std::string quorum;  ///< of a witness or group; empty: "none"

  /// UTF-8, at most 64 KiB, at most 1,024 names. Errors begin "NAME:LINE:1: ". Without a quorum
  /// line it is refused: no policy by oversight.
  static Result<WitnessPolicy> parse(const std::string& name, std::string_view text);
  /// Whether these witnesses (indexes) are enough.
  [[nodiscard]] bool satisfied_by(const std::vector<std::size_t>& cosigned) const;
  /// Whether it is meant for this log: it names no log, or this one.
  [[nodiscard]] bool covers(const NoteVerifier& log) const;
  [[nodiscard]] std::vector<CosignerKey> keys() const;
};

/// Largest policy that is read.
inline constexpr std::size_t kWitnessPolicyBytesMax = 65536;

/// How far a note is cosigned as a policy asks.
struct Quorum {
  std::vector<std::size_t> cosigners;  ///< indexes into the policy's witnesses, rising
  bool reached = false;
  /// Unix seconds, as the witnesses tell: by then enough of them had cosigned. None where too few
  /// did, or nobody is needed.
  std::optional<std::int64_t> by_when = {};
};
/// Those who cosigned, as reports tell it.
struct Cosigned {
  std::vector<std::string> names = {};       ///< the policy's names of them, in its order
  std::optional<std::int64_t> by_when = {};  ///< as in Quorum
  bool operator==(const Cosigned&) const = default;
};
/// Counts the good cosignatures of the policy's witnesses. The log's own signature is not looked
/// at: open_checkpoint() does that. `denied`: a line of one of them is wrong; `invalid_input`: no
/// note.
Result<Quorum> judge_cosignatures(std::string_view note, const WitnessPolicy& policy);
/// "a, c of 3 witnesses cosigned", for people.
std::string describe(const Quorum& quorum, const WitnessPolicy& policy);

/// Beside `checkpoint` in the public folder: the newest checkpoint that enough witnesses cosigned.
/// On disk. Never change.
inline constexpr std::string_view kCosignedFile = "checkpoint.cosigned";

}  // namespace proviso::ledger

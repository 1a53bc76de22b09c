// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ledger/note.h"
#include "model/gate_delta.h"

// What a gate says of itself to its server, signed with its own key (gate_identity.h): what it
// stands on, whether it enforces that, and what it refused last (docs/formats/gate-stream.md). A
// statement with a state is a confirmation; one without, or from a gate that does not enforce, is a
// gap (I13). Robust to untrusted input.
namespace proviso::gates {

inline constexpr std::size_t kStatementBytesMax = 8192;
/// Lower-case hexadecimal digits of what a server sends first; a gate repeats it in all that it
/// says on that connection, so that nobody can say it again on another.
inline constexpr std::size_t kChallengeDigits = 32;
bool is_challenge(std::string_view text);

struct GateStatement {
  std::string gate;                       ///< the name of the key that signs it
  std::string ledger;                     ///< origin line
  std::string challenge;                  ///< the server's of this connection, kChallengeDigits
  Time said_at{};                         ///< by the gate's clock; whole seconds
  std::string mode;                       ///< enforce, observe, bypass
  std::optional<model::GateState> state;  ///< none: it has nothing to enforce
  /// Why it did not take what it was sent last; empty where it did, or was sent nothing.
  std::string refused;
  bool needs_whole = false;  ///< a delta does not help: it asks for a whole snapshot
  bool operator==(const GateStatement&) const = default;
};

/// A signed note. `signer` is the gate of the statement. `refused` is cut to 1,000 bytes.
std::string sign_statement(const GateStatement& statement, const ledger::NoteSigner& signer);
/// Whose statement a note claims to be; proves nothing.
Result<std::string> claimed_gate(std::string_view note);
/// The statement, if `gate` signed it and it is its own. `invalid_input`: malformed; `denied`:
/// another key, or a bad signature.
Result<GateStatement> open_statement(std::string_view note, const ledger::NoteVerifier& gate);

}  // namespace proviso::gates

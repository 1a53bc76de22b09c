// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/note.h"

// Who a gate is: a name, and an Ed25519 key that its state folder alone holds. With it the gate
// signs what it says of itself (counts, confirmations), as notes (ledger/note.h). The provider
// enters its verifier key where those are to be believed; nothing that a gate enforces rests on it.
namespace proviso::gates {

/// In bytes; so that it fits a line of a status page.
inline constexpr std::size_t kGateNameMax = 255;

/// Makes the identity in `state_dir` (and the folder), durable when it returns: `identity`, which
/// its owner alone can read from its first byte on. Where it is there already under the same name
/// it is returned as it is.
/// `invalid_input`: a name that is no ledger::is_note_name() or too long; `conflict`: the folder
/// has one of another name; else as read_gate_identity() and FileSystem::write_durable().
/// Changes the process's umask for a moment: for commands, while no other thread makes files.
Result<ledger::NoteSigner> make_gate_identity(FileSystem& fs, const std::string& state_dir,
                                              const std::string& name, Random& random);
/// The one that is there; nothing where there is none. `corrupt`: a file that is none. Any thread.
Result<std::optional<ledger::NoteSigner>> read_gate_identity(FileSystem& fs,
                                                             const std::string& state_dir);

}  // namespace proviso::gates

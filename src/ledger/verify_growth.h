// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ledger/log_files.h"
#include "ledger/note.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {

/// Two checkpoints that someone kept, and who signed them.
struct TwoCheckpoints {
  std::string_view earlier;  ///< signed notes
  std::string_view later;
  const NoteVerifier& log_key;
  std::string origin = {};  ///< empty: the key's name
  /// With one, enough of its witnesses have to have cosigned the later checkpoint. The earlier one
  /// is proven by it. Outlives the call.
  const WitnessPolicy* witness_policy = nullptr;
};

/// Whether the log of the later checkpoint is that of the earlier one, with entries added at its
/// end. Reads a few tiles of the log (a logarithm of its size), and no entry. Classes:
///   earlier-format, earlier-signature, earlier-origin, and the same with later-
///   cosignature, quorum     as in verify_log.h, of the later checkpoint
///   rollback                the later checkpoint is of fewer entries
///   tiles                   the log does not have the tiles that lead from one to the other, or
///                           one of them has a wrong length
///   root                    the log's tiles do not lead to the later checkpoint: it is another
///                           log's, or its tiles are damaged
///   fork                    the earlier checkpoint is not the beginning of the later one
///   unreadable              disk or network failed; says nothing about the log
/// Size and root of the report are the later checkpoint's. Robust to untrusted files.
LogReport verify_growth(LogFiles& files, const TwoCheckpoints& two);

}  // namespace proviso::ledger

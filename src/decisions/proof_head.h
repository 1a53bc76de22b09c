// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/log.h"

namespace proviso::decisions {

/// The checkpoint to which the proofs of entries [0, `covered`) lead: `cosigned`, a note with the
/// lines of witnesses, where it is this log's and covers them, since it is worth more to whoever
/// asks for witnesses; else the newest.
Result<ledger::LogHead> proof_head(ledger::Log& log, std::uint64_t covered,
                                   const std::optional<std::string>& cosigned);

}  // namespace proviso::decisions

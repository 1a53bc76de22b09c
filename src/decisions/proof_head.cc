// SPDX-License-Identifier: Apache-2.0
#include "decisions/proof_head.h"

#include "ledger/checkpoint.h"

namespace proviso::decisions {

Result<ledger::LogHead> proof_head(ledger::Log& log, std::uint64_t covered,
                                   const std::optional<std::string>& cosigned) {
  if (cosigned) {
    const auto checkpoint = ledger::open_checkpoint(*cosigned, log.verifier(), log.origin());
    if (checkpoint && checkpoint->size >= covered && checkpoint->size <= log.size()) {
      return ledger::LogHead{.checkpoint = *cosigned, .size = checkpoint->size};
    }
  }
  return log.head();
}

}  // namespace proviso::decisions

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gates/list_scan.h"
#include "ledger/witness_policy.h"
#include "model/customer_list.h"
#include "model/genesis.h"

// Judges a customer's list (docs/formats/customer-list.md) from a trust file alone. Robust to
// untrusted input. Any thread; no state.
namespace proviso::gates {

/// The verdict. `error_class` is "OK" or the first thing that is wrong:
///   list         not a customer's list: its form
///   trust        the trust file's key or witness policy cannot be read, or the genesis is not the
///                one that it names
///   checkpoint-format, checkpoint-signature, checkpoint-origin
///   cosignature, quorum     as in ledger/verify_log.h, where there is a witness policy
///   entry        an entry is not in the log under the checkpoint, or of another ledger, or has not
///                the tag of its number
///   index        the index entries do not cover the log from its beginning; an entry, or where it
///                would be, is not in the index as told: the list is not proven to be complete
struct ListReport {
  bool ok = false;
  std::string error_class;
  std::string where;   ///< the member of the list
  std::string detail;  ///< one line for people
  // Below: what is proven, where `ok`.
  std::vector<ListScan::Item> entries;  ///< in the order of the log
  std::uint64_t keys = 0;
  std::uint64_t covered = 0;  ///< nothing is missing of the entries below this index
  std::uint64_t checkpoint_size = 0;
  Digest checkpoint_root;
  ledger::Cosigned cosigned;  ///< where there is a witness policy
};

/// That the index entries are right it does not see: audit_ledger() does. Enough witnesses of the
/// policy have to have cosigned the checkpoint: of the one that is given, else of the trust file's.
ListReport verify_customer_list(std::string_view text, const model::TrustRoot& trust,
                                const ledger::WitnessPolicy* policy = nullptr);

/// An entry about a customer in one line, without a line feed; safe for a terminal.
std::string entry_in_words(std::uint64_t index, const model::Entry& entry);

/// What a good report says, in lines for people. Always the same text for the same report.
std::string list_in_words(const ListReport& report);

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"

namespace proviso::cases {

/// Erases what the store knows about a closed case beyond what is public: the private parts and
/// salts of its entries, texts of reports and evidence with their sources, documents of signals,
/// reasons. The ledger is not touched and stays valid: what it commits to can never be shown again.
/// What stays: that there was a case of this customer, digests, findings by element, and orders,
/// which gates and auditors have. Overwrites the freed pages of the store's files; blocks that the
/// file system or the disk moved elsewhere are beyond it, and so are backups. conflict: the case is
/// not closed, an order about it is in force, or an entry about it is still to be opened. Returns
/// how many entries were erased, with an entry that says so.
Result<std::size_t> erase_case(Record& record, const model::CaseId& id);

}  // namespace proviso::cases

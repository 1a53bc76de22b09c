// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"
#include "model/register.h"

namespace proviso::cases {

/// The register as it is stored.
Result<model::Register> read_register(Database& database);

/// What a register file did.
struct RegisterLoad {
  std::size_t records = 0;  ///< in the file
  std::size_t added = 0;
  std::size_t changed = 0;   ///< records whose content the file replaced
  std::size_t attached = 0;  ///< cases that found their customer
};

/// Takes the records of a register file (JSON lines) into the store, all or none, with one ledger
/// entry whose private part keeps what was replaced; a file that says nothing new leaves no entry.
/// What cases and orders froze stays (docs/decisions/0005). invalid_input: a record that is wrong
/// or refers to nothing; conflict: one record twice in the file with different content, or a
/// subscription that would leave its customer while a case or an order is about it. Errors begin
/// FILE:LINE:COLUMN.
Result<RegisterLoad> load_register(Record& record, const std::string& file_name,
                                   std::string_view text);

}  // namespace proviso::cases

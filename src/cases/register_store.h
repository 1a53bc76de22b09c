// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"
#include "model/register.h"

namespace proviso::cases {

/// The register as it is stored.
Result<model::Register> read_register(Database& database);

/// Adds the records of a register file (JSON lines) to what is stored, all or none, with one ledger
/// entry. Errors name FILE:LINE. Returns how many records the file has.
Result<std::size_t> load_register(Record& record, const std::string& file_name,
                                  std::string_view text);

}  // namespace proviso::cases

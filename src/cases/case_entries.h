// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace proviso::cases {

/// Condition on `outbox`: rows with a private part that are about the case :p0 = :p1 = :p2 = :p3.
/// Rows of an older store have no case_id: they name the case in public or in private, or were
/// sealed.
inline constexpr std::string_view kEntriesOfCase =
    "private_part<>'' AND kind<>'genesis' AND (case_id=:p0 OR instr(bytes, :p1)>0 OR "
    "instr(private_part, :p2)>0 OR entry IN (SELECT sealed_entry FROM seals WHERE case_id=:p3))";

}  // namespace proviso::cases

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cases/record.h"
#include "model/register.h"

namespace proviso::cases {

// What a change of the register means for casework (docs/decisions/0005).

/// I3, I4: a subscription that would leave its customer while a case that is not closed or an order
/// that is proposed or in force is about it. Its id, or nothing where all may move.
Result<std::optional<std::string>> held_subscription(Record& record, const model::Register& before,
                                                     const model::Register& after);

/// Inside a Record::change. I15: where a customer loses a protected class, its cases keep it: what
/// is decided in them still needs somebody from outside.
Result<void> keep_protected_classes(Record& record, const model::Register& before,
                                    const model::Register& after);

/// Inside a Record::change. Each case of a subscription that was not registered goes to the
/// customer that has it now, with an entry. Returns how many.
Result<std::size_t> attach_cases(Record& record, const model::Register& after);
/// How many that would be.
Result<std::size_t> attachable_cases(Database& database, const model::Register& after);

/// The two lists as one, sorted, nothing twice.
std::vector<std::string> merged(std::vector<std::string> a, const std::vector<std::string>& b);
/// A list of strings as it stands in a column.
std::string list_text(const std::vector<std::string>& items);
Result<std::vector<std::string>> parse_list(const std::string& text);

}  // namespace proviso::cases

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"
#include "model/customer_list.h"

// The list of all entries about a customer, with what proves that none is missing
// (docs/formats/customer-list.md). Changes nothing. What is sealed is not in it, and leaves no
// trace (I11). One thread; the caller holds the folder's lock.
namespace proviso::cases {

/// Up to the end of the newest index entry. conflict where there is none yet.
Result<model::CustomerList> customer_list(Record& record, const std::string& customer);

/// The customer's keys, for whoever reads the whole log with them.
Result<model::IndexKeys> customer_keys(Record& record, const std::string& customer);

}  // namespace proviso::cases

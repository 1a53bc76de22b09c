// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gates/gate_counts.h"
#include "server/gate_records.h"

// What an order did at each gate, or would have done in shadow, by the hourly counts that gates
// signed and this server still has.
namespace proviso::server {

/// By the gate's name.
using OrderAtGates = std::map<std::string, gates::OrderCounts>;

/// `records_dir`: FolderPaths::gates(). A document that is none, or that no key of `keys` signed,
/// is passed over.
Result<OrderAtGates> order_at_gates(FileSystem& fs, const std::string& records_dir,
                                    const GateKeys& keys, const Digest& order);

Json order_at_gates_to_json(const OrderAtGates& gates);
/// Empty where no gate counted it.
std::string order_at_gates_in_words(const OrderAtGates& gates);

}  // namespace proviso::server

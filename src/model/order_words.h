// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/order.h"

namespace proviso::model {

/// An order in words, one thing a line: what a person reads before they sign, and what a verifier
/// says was ordered. The same text for the same order, for ever: console/verify writes it too. Safe
/// for a terminal whatever the order holds.
std::string order_in_words(const Order& order, const Digest& digest);

}  // namespace proviso::model

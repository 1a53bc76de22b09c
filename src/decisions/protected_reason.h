// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/order.h"

namespace proviso::decisions {

/// Binds the reason that an order against a protected subject carries beside its own (I15): sets
/// its digest. `denied` where there is none and the order is against one; `invalid_input` where
/// there is one and it is not.
Result<void> bind_protected_reason(const std::string& reason, model::Restriction& restriction);

}  // namespace proviso::decisions

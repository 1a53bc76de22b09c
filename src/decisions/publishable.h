// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/order.h"

namespace proviso::decisions {

/// Adds to an entry's private part what may be published of an order without saying whom it is
/// about: clauses, origin, services and effects. `private_part`: an object.
void describe(const model::Restriction& restriction, Json& private_part);

}  // namespace proviso::decisions

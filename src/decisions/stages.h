// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"

namespace proviso::decisions {

/// Puts on record which stages of orders in force have begun: an entry of kind `stage-begun` for
/// each, once. Gates switch by their own clocks (I8) and wait for no entry. A stage whose order was
/// lifted or had ended when this is called, did not begin as far as the record goes. Returns how
/// many. One thread, the folder's lock held.
Result<std::size_t> record_stages(cases::Record& record);

}  // namespace proviso::decisions

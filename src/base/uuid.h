// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/random.h"
#include "base/time.h"

namespace proviso {

/// A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random. Sorts by time of making.
std::string uuid_v7(Time now, Random& random);

}  // namespace proviso

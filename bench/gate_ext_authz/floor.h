// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gate_daemon/connection.h"

namespace proviso::bench {

/// nghttp2 and nothing else: a constant message of 81 bytes with trailers at the end of every
/// request.
std::unique_ptr<gate_daemon::Connection> make_floor();

}  // namespace proviso::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place where fmt is named. Not for gates: the gate library carries no third-party code.
#include <fmt/format.h>

namespace proviso {
using fmt::format;
}  // namespace proviso

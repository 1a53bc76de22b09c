// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/gate_peers/set.h"

namespace proviso::bench {

/// Our library inside this process: starts with the snapshot of `dir`, answers, takes deltas.
/// Prints its row of the table of what runs in process.
void measure_library(const Set& set, const std::string& dir);

}  // namespace proviso::bench

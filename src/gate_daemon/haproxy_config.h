// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifndef TOML_EXCEPTIONS
#define TOML_EXCEPTIONS 0
#endif
#include <string>

#include <toml++/toml.h>

#include "base/result.h"
#include "gate_daemon/haproxy_link.h"

namespace proviso::gate_daemon {

/// The table [haproxy] of a gate's settings (docs/gate-haproxy.md); what it does not set stays.
/// `invalid_input`, as FILE:LINE:COLUMN: what.
Result<void> read_haproxy(const std::string& file, const toml::table& table, HaproxySettings& out);

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifndef TOML_EXCEPTIONS
#define TOML_EXCEPTIONS 0
#endif
#include <string>

#include <toml++/toml.h>

#include "base/result.h"
#include "gate_daemon/ext_authz_request.h"
#include "gate_daemon/ext_authz_response.h"

namespace proviso::gate_daemon {

/// The table [ext_authz] of a gate's mappings (docs/gate-envoy.md); what it does not set stays.
/// `invalid_input`, as FILE:LINE:COLUMN: what.
Result<void> read_ext_authz(const std::string& file, const toml::table& table,
                            ExtAuthzMapping& mapping, ExtAuthzDenial& denial);

}  // namespace proviso::gate_daemon

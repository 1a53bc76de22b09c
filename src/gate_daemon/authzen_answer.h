// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gate_daemon/checks.h"

namespace proviso::gate_daemon {

/// Appends {"decision":BOOL,"context":{...}} (docs/gate.md has the members).
void append_decision(const gates::Answer& answer, const Checks& checks, std::string& out);
/// Appends an item of a batch that is no request: closed, with why.
void append_item_error(std::string_view what, std::string& out);
/// Appends a JSON string with its quotes; `text` is UTF-8.
void append_json_string(std::string_view text, std::string& out);

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include "rules/program.h"

namespace proviso::rules {

/// What log an event is from, told by its fields (docs/rule-guide.md has the table); all empty
/// where that is not known.
LogSource log_source_of(simdjson::dom::object event);
/// Whether a rule of `rule` is for events of `event`: attributes that the rule does not set fit
/// all; what is not known of the event fits nothing else.
bool routes_to(const LogSource& event, const LogSource& rule);

}  // namespace proviso::rules

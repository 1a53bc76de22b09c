// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rules/json_event.h"
#include "rules/program.h"

namespace proviso::rules {

/// What log an event is from, told by its fields (docs/rule-guide.md has the table).

/// The logs that can be told; the last is "not known", with all attributes empty.
std::span<const LogSource> known_log_sources();
/// The top-level names that tell them, for JsonEvent::Options::more.
std::vector<std::string> log_source_names();
/// An index into known_log_sources(). `first` is the id of the first of log_source_names().
std::size_t log_source_of(const JsonEvent& event, FieldId first);
/// Whether a rule of `rule` is for events of `event`: attributes that the rule does not set fit
/// all; what is not known of the event fits nothing else.
bool routes_to(const LogSource& event, const LogSource& rule);

}  // namespace proviso::rules

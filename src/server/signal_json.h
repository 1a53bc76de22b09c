// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.h"
#include "signals/signal.h"

namespace proviso::server {

/// A figure as text: JSON of ours has no fractions. The shortest that a person would write.
std::string number_text(double value);

/// Group-by names and values.
Json group_json(const std::vector<signals::GroupValue>& group);

/// What a signal is, from its first firing on: it does not change when the signal goes on.
Json signal_identity(const signals::Signal& signal);
/// What a later firing may still change.
Json signal_figures(const signals::Signal& signal);
/// Both in one object, for people who try a rule out.
Json signal_json(const signals::Signal& signal);

}  // namespace proviso::server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/casework.h"
#include "rules/program.h"
#include "server/input_trail.h"
#include "server/signal_json.h"

namespace proviso::server {

/// The documents that a signal was made under.
struct SignalOrigin {
  Digest rulebook;
  Digest field_policy;
  Digest catalogue;
};

/// A signal as it is stored (docs/formats/signal.md): `document` is what it is from its first
/// firing on, `figures` what later ones still change. The same signal gives the same bytes.
/// `facts`: what rules knew of the customer when it opened, null where no rule asks.
Json signal_document(const signals::Signal& signal, const rules::RuleInfo& rule,
                     const SignalOrigin& origin, const Json& facts);
Json signal_figures(const signals::Signal& signal, const rules::Program& program,
                    rules::RuleIndex rule, InputTrail::Listed inputs);

cases::SignalInput signal_input(const signals::Signal& signal, const model::Terms& terms,
                                Json document, Json figures);

}  // namespace proviso::server

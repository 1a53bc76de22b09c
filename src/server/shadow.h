// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cases/signal_store.h"
#include "rules/program.h"
#include "server/data_folder.h"
#include "server/pseudonym.h"

namespace proviso::server {

/// A signal as far as it matters for comparing two rules.
struct SignalSpan {
  std::string id;
  std::string subscription;
  Time from{};
  Time to{};
};

/// [{signal, subscription, from, to}], the subscriptions as pseudonyms (decision 0013).
Json spans_json(const std::vector<SignalSpan>& spans, const Pseudonyms& names);

/// What two rules found: signals of one subscription whose spans overlap are the same find.
struct SpanDifference {
  std::vector<SignalSpan> only_old;
  std::vector<SignalSpan> only_new;
  std::size_t both = 0;  ///< of the new ones
};
SpanDifference compare_spans(const std::vector<SignalSpan>& old_ones,
                             const std::vector<SignalSpan>& new_ones);

/// A shadow rule beside the rule that it is to replace, over what was reviewed since it came.
struct ShadowReport {
  std::string rule;
  std::string title;
  std::string shadow_of;  ///< empty where it is to replace none
  Time since{};           ///< event time
  SpanDifference difference;
};

/// For each shadow rule of the rulebook in the folder. Signals of its earlier versions are left
/// out.
Result<std::vector<ShadowReport>> compare_shadows(DataFolder& folder,
                                                  const rules::Program& program);

/// The rulebook as it lies in the folder; invalid_input where it does not load.
Result<std::shared_ptr<const rules::Program>> folder_program(DataFolder& folder);

/// Inside a Record::change: remembers from which event time on each shadow rule of the program has
/// run.
Result<void> note_shadows(cases::Database& database, const rules::Program& program, Time newest);

}  // namespace proviso::server

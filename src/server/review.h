// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/data_folder.h"
#include "server/shadow.h"

namespace proviso::server {

struct ReviewOptions {
  std::vector<std::string> inputs;  ///< files, folders, "-"
  std::string format;               ///< empty: found by its fields
  std::string subscription;         ///< for formats that name none
  /// Records between two commits. The same value gives the same commits, hence the same cases,
  /// however often a run is killed.
  std::uint64_t commit_every = 500'000;
};

struct ReviewProgress {
  std::string input;
  std::uint64_t records = 0;
};

/// What a rule's windows could not keep or tell in this run; all zero is left out.
struct RuleLoss {
  std::string rule;  ///< its label
  std::uint64_t groups_evicted = 0;
  std::uint64_t hits_evicted = 0;
  std::uint64_t late_lost = 0;
  std::uint64_t not_assessable = 0;
};

struct ReviewSummary {
  std::uint64_t inputs = 0;
  std::uint64_t inputs_done_before = 0;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t operations = 0;  ///< what the events stand for
  std::uint64_t duplicates = 0;
  std::uint64_t rejects = 0;
  std::uint64_t signals_opened = 0;
  std::uint64_t shadow_signals_opened = 0;
  /// Each shadow rule beside the one that it is to replace.
  std::vector<ShadowReport> shadows;
  std::uint64_t late = 0;                        ///< events that came after their place had passed
  std::map<std::string, std::uint64_t> late_of;  ///< the same by source, those that have any
  std::uint64_t evicted = 0;
  std::vector<RuleLoss> losses;
  /// Counters of windows that the rulebook does not define any more: begun anew or let go.
  std::uint64_t counters_dropped = 0;
  std::uint64_t waiting_dropped = 0;           ///< events whose rules are gone
  bool windows_begun_anew = false;             ///< saved in another format: nothing could be used
  std::vector<std::string> rejects_by_reason;  ///< "N x reason"
  /// Files of a folder that are no usage logs: empty, or of no known format.
  std::vector<std::string> passed_over;
  /// What was wrong with an input as a whole; the other inputs were read all the same.
  std::vector<std::string> problems;
};

/// The main job: usage log -> events -> signals -> cases. Commits every `commit_every` records:
/// position, seen ids, windows, rollups and cases in one store transaction, so that each event
/// counts once whatever happens (I9); a run that was stopped goes on where it was. Errors: conflict
/// before the seal, or where rulebook or field policy are not those in force (I1).
Result<ReviewSummary> review(DataFolder& folder, const ReviewOptions& options,
                             const std::function<void(const ReviewProgress&)>& progress);

}  // namespace proviso::server

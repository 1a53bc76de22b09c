// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gates/gate.h"
#include "gates/refusal.h"

// Judges recorded refusals again, by the snapshot that they were made under: the answer must be the
// same, or the gate that wrote it down was not this gate, or the record was changed.
namespace proviso::gates {

struct ReplayReport {
  std::uint64_t agreeing = 0;
  std::uint64_t differing = 0;
  std::uint64_t other_snapshot = 0;  ///< made under another one, or under none
  std::uint64_t not_whole = 0;       ///< cut, or asked by key: can't be judged again
  std::uint64_t unreadable = 0;      ///< lines that are none; but see cut_at_end
  /// The last line has no line feed: a crash while it was written.
  bool cut_at_end = false;
  /// The first kDifferencesMax that differ or can't be read: "line 3: ...".
  std::vector<std::string> differences;
  static constexpr std::size_t kDifferencesMax = 20;

  [[nodiscard]] bool ok() const { return differing == 0 && unreadable == 0; }
};

/// Holds each line of `text` against `gate`, loaded from the snapshot with the options of the gate
/// that was running (stage_freshness, name; `kept` where witnesses are asked for). Adds to
/// `report`.
void replay(const Gate& gate, std::string_view text, ReplayReport& report);

}  // namespace proviso::gates

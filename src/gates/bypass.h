// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "base/time.h"

// The service owner's own switch, in an emergency: for some hours the gates of this host enforce
// nothing. It is local and needs no server; it ends by itself; and it is a gap on record (I13):
// `bypass.json` in the gate's folder says that it is, `bypass-history.jsonl` that it was.
namespace proviso::gates {

inline constexpr Duration kBypassMax = std::chrono::hours{24};
inline constexpr std::size_t kBypassReasonMax = 500;

struct Bypass {
  Time since{};
  Time until{};
  std::string reason;
};

/// Begins one, or replaces the one that runs. Durable when it returns. Gates notice at their next
/// tick. `invalid_input`: not 1 s to 24 h, or a reason that is empty, longer than 500 bytes, or has
/// control characters.
Result<void> begin_bypass(FileSystem& fs, const std::string& state_dir, Time now, Duration span,
                          std::string_view reason);
/// Fine where there is none.
Result<void> end_bypass(FileSystem& fs, const std::string& state_dir, Time now);
/// The one that runs at `now`. `corrupt`: a file that is none; it bypasses nothing.
Result<std::optional<Bypass>> read_bypass(FileSystem& fs, const std::string& state_dir, Time now);

}  // namespace proviso::gates

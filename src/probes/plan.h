// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "http/client.h"

namespace proviso::probes {

/// What a target shows, while the order is in force.
enum class Role : std::uint8_t {
  cut,          ///< the order refuses it
  neighbour,    ///< no order names it: it is let through (I4)
  export_lane,  ///< a way to take one's data out: open (I6)
  notice,       ///< where the notice is read, or an appeal made: open (I6)
};
/// "cut", "neighbour", "export", "notice".
std::string_view to_string(Role role);

struct Target {
  std::string name;  ///< once in a plan; stands in reports
  Role role = Role::cut;
  std::string url;
  http::Url parsed_url;
  http::Method method = http::Method::get;
  http::Headers headers;           ///< sent; in no report
  std::vector<int> statuses;       ///< any of these; empty: expects() of the role
  http::Headers expected_headers;  ///< in the answer, with exactly these values
  std::vector<std::string> keep;   ///< fields of the answer that a report shows

  /// A cut: 403; else 200 to 299.
  [[nodiscard]] bool expects(int status) const;
  /// "403", "200 to 299", "401 or 403".
  [[nodiscard]] std::string expected_in_words() const;
};

/// Of what to ask, how, and how fast (docs/formats/probe.md).
struct Plan {
  Digest order;
  std::vector<Target> targets;  ///< 1 to kTargetsMax
  unsigned requests_per_second = 1;
  std::chrono::milliseconds timeout{5'000};  ///< for one request
  std::string ca_file;                       ///< PEM; to trust beside the system's
  Digest digest;                             ///< SHA-256 of the text
};

inline constexpr std::size_t kTargetsMax = 50;
/// Of what an answer says, a report shows so much of each thing.
inline constexpr std::size_t kShownBytesMax = 100;
/// A plan of which a report could be longer is refused: a report is a signed note
/// (ledger::kNoteBytesMax).
inline constexpr std::size_t kReportBytesMax = 60'000;
inline constexpr std::size_t kPlanBytesMax = 1U << 20U;

/// `text` is JSON where `file` ends in ".json", else TOML. `invalid_input`: file, place, what.
Result<Plan> parse_plan(const std::string& file, std::string_view text);

}  // namespace proviso::probes

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace proviso::bench {

/// One question as bytes, and whether it must be refused.
struct Asked {
  std::string bytes;
  bool refused = false;
};

/// How an answer says that it refuses.
enum class Says : std::uint8_t {
  by_status,    ///< 403; else 200 or 204
  by_decision,  ///< 200, and AuthZEN's "decision"
};

struct Load {
  std::uint64_t answers = 0;
  double seconds = 0;
  double p50_us = 0;
  double p99_us = 0;
};

/// Asks over 16 connections, each with one question under way, for so many seconds. Each answer is
/// checked; the first wrong one ends the program.
Load drive(std::uint16_t port, Says says, const std::vector<Asked>& asked, double seconds);

/// One question over a connection of its own; false as well where nobody answers.
bool is_refused(std::uint16_t port, Says says, std::string_view question);

/// A port on the loopback that nobody has.
std::uint16_t free_port();

}  // namespace proviso::bench

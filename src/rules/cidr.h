// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace proviso::rules {

/// An IPv4 or IPv6 network. A v4 block never contains a v6 address, mapped or not.
struct CidrBlock {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  std::uint8_t prefix_bits = 0;
  [[nodiscard]] bool contains(std::string_view address) const;
};

/// "10.0.0.0/8", "fe80::/10"; without a slash one address. Nothing where it is malformed or has
/// bits behind the prefix (as Python's ip_network, which rule authors test with).
std::optional<CidrBlock> parse_cidr(std::string_view text);

}  // namespace proviso::rules

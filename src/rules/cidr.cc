// SPDX-License-Identifier: Apache-2.0
#include "rules/cidr.h"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace proviso::rules {
namespace {

bool parse_address(std::string_view text, CidrBlock& out) {
  char buffer[64];
  if (text.empty() || text.size() >= sizeof buffer) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  out.v6 = text.find(':') != std::string_view::npos;
  return inet_pton(out.v6 ? AF_INET6 : AF_INET, buffer, out.bytes.data()) == 1;
}

std::uint8_t bits_of(const CidrBlock& block) { return block.v6 ? 128 : 32; }

std::uint8_t mask_of_byte(std::size_t byte, std::uint8_t prefix_bits) {
  const std::size_t first = byte * 8;
  if (prefix_bits >= first + 8) return 0xFF;
  if (prefix_bits <= first) return 0;
  return static_cast<std::uint8_t>(0xFFU << (8 - (prefix_bits - first)));
}

}  // namespace

bool CidrBlock::contains(std::string_view address) const {
  CidrBlock other;
  if (!parse_address(address, other) || other.v6 != v6) return false;
  for (std::size_t i = 0; i < bytes.size() && i * 8 < prefix_bits; ++i) {
    if (((bytes[i] ^ other.bytes[i]) & mask_of_byte(i, prefix_bits)) != 0) return false;
  }
  return true;
}

std::optional<CidrBlock> parse_cidr(std::string_view text) {
  CidrBlock block;
  const std::size_t slash = text.find('/');
  if (!parse_address(text.substr(0, slash), block)) return std::nullopt;
  block.prefix_bits = bits_of(block);
  if (slash != std::string_view::npos) {
    const std::string_view bits = text.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(bits.data(), bits.data() + bits.size(), block.prefix_bits);
    if (error != std::errc{} || end != bits.data() + bits.size()) return std::nullopt;
    if (block.prefix_bits > bits_of(block)) return std::nullopt;
  }
  for (std::size_t i = 0; i * 8 < bits_of(block); ++i) {
    const auto behind = static_cast<std::uint8_t>(~mask_of_byte(i, block.prefix_bits));
    if ((block.bytes[i] & behind) != 0) return std::nullopt;
  }
  return block;
}

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#include "keys/ssh_frame.h"

namespace proviso::keys {
namespace {

constexpr std::uint32_t kKeysMax = 1'000;

}  // namespace

std::string_view SshFrame::take(std::size_t bytes) {
  if (!good_ || bytes > rest_.size()) {
    good_ = false;
    return {};
  }
  const std::string_view out = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return out;
}

std::uint8_t SshFrame::byte() {
  const std::string_view one = take(1);
  return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one.front());
}

std::uint32_t SshFrame::number() {
  std::uint32_t out = 0;
  for (const char c : take(4)) out = out << 8U | static_cast<unsigned char>(c);
  return out;
}

std::string_view SshFrame::string() { return take(number()); }

std::string ssh_string(std::string_view text) {
  std::string out;
  const auto size = static_cast<std::uint32_t>(text.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<char>(size >> shift));
  return out.append(text);
}

Result<std::vector<SshKey>> read_ssh_keys(SshFrame& frame) {
  const std::uint32_t count = frame.number();
  if (count > kKeysMax) return fail(Errc::corrupt, "the agent lists too many keys");
  std::vector<SshKey> out;
  for (std::uint32_t i = 0; i < count && frame.good(); ++i) {
    const std::string_view blob = frame.string();
    const std::string_view comment = frame.string();
    SshFrame parts(blob);
    if (parts.string() != kSshEd25519) continue;
    const auto key = PublicKey::from_bytes(parts.string());
    if (key && parts.good()) out.push_back({std::string(blob), std::string(comment), *key});
  }
  if (!frame.good()) return fail(Errc::corrupt, "the agent's list of keys ends too early");
  return out;
}

}  // namespace proviso::keys

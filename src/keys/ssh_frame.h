// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/signing.h"

namespace proviso::keys {

inline constexpr std::string_view kSshEd25519 = "ssh-ed25519";
/// No agent's answer is longer; OpenSSH has the same limit.
inline constexpr std::uint32_t kSshFrameBytesMax = 256U << 10U;

/// Reads the fields of an agent's answer (RFC 4251, section 5). After the first field that is not
/// there good() is false and every field reads as 0 or empty. Views point into the bytes given.
class SshFrame {
 public:
  explicit SshFrame(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t byte();
  std::uint32_t number();
  std::string_view string();
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view take(std::size_t bytes);
  std::string_view rest_;
  bool good_ = true;
};

/// Four bytes of length, big-endian, and the text.
std::string ssh_string(std::string_view text);

struct SshKey {
  std::string blob;  ///< as the agent names it
  std::string comment;
  PublicKey key;
};

/// The Ed25519 keys of an agent's list, of which the type has been read; other keys are passed
/// over. `corrupt` where the list does not end with the frame, or has over 1,000 keys.
Result<std::vector<SshKey>> read_ssh_keys(SshFrame& frame);

}  // namespace proviso::keys

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso {

struct PublicKey;

/// Whoever can sign with one Ed25519 key: a key in memory, an agent, a token. One thread.
class Signer {
 public:
  Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  virtual ~Signer() = default;

  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  /// 64 bytes (RFC 8032, pure Ed25519). `unavailable` where the agent or token does not answer,
  /// `denied` where its owner says no.
  [[nodiscard]] virtual Result<std::string> try_sign(std::string_view message) const = 0;

 protected:
  Signer(Signer&&) = default;
  Signer& operator=(Signer&&) = default;
};

}  // namespace proviso

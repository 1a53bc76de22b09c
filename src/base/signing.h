// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/signer.h"

namespace proviso {

/// An Ed25519 public key (RFC 8032). Verified with OpenSSL's rule everywhere: it accepts what Go
/// and the browsers accept, so that no signature is good at one gate and bad at another.
struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const PublicKey&) const = default;
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// SHA-256 of the 32 bytes, in hexadecimal: how a key is named in orders and in the log.
  [[nodiscard]] std::string id() const;
  /// Exactly 32 bytes; refuses non-canonical encodings and points of small order, with which one
  /// signature could fit several messages.
  static Result<PublicKey> from_bytes(std::string_view bytes);
};

bool verify_signature(const PublicKey& key, std::string_view message, std::string_view signature);

/// An Ed25519 private key. Wiped from memory when destroyed.
class SigningKey final : public Signer {
 public:
  static SigningKey generate(Random& random);
  static Result<SigningKey> from_seed(std::string_view seed);
  /// PKCS #8 PEM; with a passphrase encrypted by AES-256-CBC and scrypt (N=2^14, r=8, p=5).
  [[nodiscard]] Result<std::string> to_pem(std::string_view passphrase) const;
  /// `denied` where the passphrase is missing or wrong, `invalid_input` for another kind of key.
  static Result<SigningKey> from_pem(std::string_view pem, std::string_view passphrase);

  ~SigningKey() override;
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }
  /// 64 bytes, deterministic.
  [[nodiscard]] std::string sign(std::string_view message) const;
  /// The same; never fails.
  [[nodiscard]] Result<std::string> try_sign(std::string_view message) const override {
    return sign(message);
  }

 private:
  struct Impl;
  SigningKey(std::unique_ptr<Impl> impl, PublicKey key);
  std::unique_ptr<Impl> impl_;
  PublicKey public_key_;
};

}  // namespace proviso

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// Keys of counsel, to whom the private parts of a case are sealed (docs/formats/counsel.md).
// X25519, and libsodium's sealed boxes: whoever has the public key can seal and can't open. Any
// thread.
namespace proviso::cases {

class CounselPublicKey {
 public:
  /// The text of a public key file; invalid_input ("FILE:1:1: ...") for anything else, and for a
  /// key to which nothing can be sealed (a point of small order).
  static Result<CounselPublicKey> parse(const std::string& file_name, std::string_view text);
  static Result<CounselPublicKey> from_hex(std::string_view hex);

  [[nodiscard]] std::string file_text(const std::string& name) const;
  [[nodiscard]] std::string hex() const;
  /// SHA-256 of the 32 bytes in hexadecimal: how the key is named.
  [[nodiscard]] std::string id() const;
  /// "box1:" and base64 of the sealed box, 48 bytes longer than what is inside. Two boxes of one
  /// text differ.
  [[nodiscard]] std::string seal(std::string_view plain) const;

 private:
  friend class CounselKey;
  std::array<unsigned char, 32> bytes_{};
};

/// Whether a stored text is a box. Base64, hexadecimal and JSON never begin like one.
bool is_box(std::string_view text);

/// Counsel's private key. Wiped from memory when destroyed.
class CounselKey {
 public:
  static CounselKey generate();
  /// PKCS #8 PEM, as base/key_pem.h says.
  static Result<CounselKey> from_pem(std::string_view pem, std::string_view passphrase);
  [[nodiscard]] Result<std::string> to_pem(std::string_view passphrase) const;

  ~CounselKey();
  CounselKey(CounselKey&&) noexcept;
  CounselKey& operator=(CounselKey&&) = delete;

  [[nodiscard]] const CounselPublicKey& public_key() const { return public_; }
  /// What is inside a box; `denied` where it was sealed to another key, or is damaged.
  [[nodiscard]] Result<std::string> open(std::string_view box) const;

 private:
  CounselKey() = default;
  CounselPublicKey public_;
  std::array<unsigned char, 32> secret_{};
};

}  // namespace proviso::cases

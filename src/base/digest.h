// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso {

/// A SHA-256 value.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// 64 hexadecimal digits, lower case only (one text per digest).
  static Result<Digest> from_hex(std::string_view text);
  /// Exactly 32 bytes.
  static Result<Digest> from_bytes(std::string_view bytes);
};

/// SHA-256 (FIPS 180-4) by OpenSSL. Any thread.
Digest sha256(std::string_view bytes);
/// Of `first` and `second`, one after the other, without putting them together.
Digest sha256(std::string_view first, std::string_view second);

/// SHA-256 of what comes in pieces. One thread.
class RunningDigest {
 public:
  RunningDigest();
  ~RunningDigest();
  RunningDigest(RunningDigest&&) noexcept;
  RunningDigest& operator=(RunningDigest&&) noexcept;
  RunningDigest(const RunningDigest&) = delete;
  RunningDigest& operator=(const RunningDigest&) = delete;
  void add(std::string_view bytes);
  /// Of all that was added. Call once.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HMAC-SHA-256 (RFC 2104) with one key, for keyed hashes of identifiers. Cheap to call; one per
/// thread (it reuses a context).
class KeyedHash {
 public:
  explicit KeyedHash(std::string_view key);
  ~KeyedHash();
  KeyedHash(KeyedHash&&) noexcept;
  KeyedHash& operator=(KeyedHash&&) noexcept;
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;
  [[nodiscard]] Digest operator()(std::string_view bytes) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Equal, in time that does not depend on where they differ. For secrets.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace proviso

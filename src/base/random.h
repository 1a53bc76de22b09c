// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace proviso {

/// The one way to randomness, so that tests own it.
class Random {
 public:
  virtual ~Random() = default;
  /// `count` random bytes.
  virtual std::string bytes(std::size_t count) = 0;
};

/// OpenSSL's generator; for keys, salts and nonces. Any thread. Aborts if the system has no
/// entropy.
class SystemRandom final : public Random {
 public:
  std::string bytes(std::size_t count) override;
};

/// A reproducible generator (SplitMix64); for tests and simulation, never for secrets. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::string bytes(std::size_t count) override;
  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0. Multiply-shift: the bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();

 private:
  std::uint64_t state_;
};

}  // namespace proviso

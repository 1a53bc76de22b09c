// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/time.h"
#include "signals/contributors.h"

// The bytes of saved states, for one machine's own restart, not for exchange.
//
//   state  = magic (8 bytes, "PSENGIN2" or "PSTRACK2": changed with every change of the format),
//            32 bytes program digest, then what save() writes
//   number = 8 bytes, little endian        text = number of bytes, then the bytes
//
// Same state, same bytes: everything unordered is sorted first.
namespace proviso::signals {

class ByteWriter {
 public:
  void number(std::uint64_t n) {
    char text[8];
    for (unsigned i = 0; i < 8; ++i) text[i] = static_cast<char>((n >> (8 * i)) & 0xFFU);
    bytes_.append(text, 8);
  }
  /// One byte below 128, seven bits a byte beyond.
  void small(std::uint64_t n) {
    for (; n >= 0x80U; n >>= 7U) bytes_.push_back(static_cast<char>((n & 0x7FU) | 0x80U));
    bytes_.push_back(static_cast<char>(n));
  }
  void time(Time t) { number(static_cast<std::uint64_t>(t.time_since_epoch().count())); }
  void real(double d) {
    std::uint64_t n = 0;
    std::memcpy(&n, &d, sizeof n);
    number(n);
  }
  void text(std::string_view s) {
    number(s.size());
    bytes_ += s;
  }
  void raw(std::string_view s) { bytes_ += s; }
  void key(const EventKey& k) { bytes_.append(reinterpret_cast<const char*>(k.data()), k.size()); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote. After the first lack of bytes everything is zero and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    const std::string_view bytes = raw(8);
    std::uint64_t n = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      n = (n << 8U) | static_cast<unsigned char>(bytes[i]);
    }
    return n;
  }
  std::uint64_t small() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::string_view byte = raw(1);
      if (byte.empty()) return 0;
      n |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte[0]) & 0x7FU) << shift;
      if (static_cast<unsigned char>(byte[0]) < 0x80U) break;
    }
    return n;
  }
  Time time() { return Time(Duration(static_cast<std::int64_t>(number()))); }
  double real() {
    const std::uint64_t n = number();
    double d = 0;
    std::memcpy(&d, &n, sizeof d);
    return d;
  }
  std::string text() {
    const std::uint64_t size = number();
    return std::string(raw(size));
  }
  EventKey key() {
    EventKey k{};
    const std::string_view bytes = raw(k.size());
    std::memcpy(k.data(), bytes.data(), bytes.size());
    return k;
  }
  std::string_view raw(std::uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  /// As count(), written by small().
  std::uint64_t small_count(std::uint64_t bytes_each) {
    const std::uint64_t n = small();
    if (n > rest_.size() / bytes_each) {
      ok_ = false;
      return 0;
    }
    return n;
  }
  void fail() { ok_ = false; }
  /// A count of things of which each takes at least `bytes_each`; 0 and not ok where they can't be.
  std::uint64_t count(std::uint64_t bytes_each) {
    const std::uint64_t n = number();
    if (n > rest_.size() / bytes_each) {
      ok_ = false;
      return 0;
    }
    return n;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace proviso::signals

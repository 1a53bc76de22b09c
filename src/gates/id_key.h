// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/random.h"

// How a table finds an id: 128 bits from it, under a seed that only this process knows, so that
// nobody can choose ids which fall together.
namespace proviso::gates {

struct KeySeed {
  std::array<std::uint64_t, 4> words{};
  static KeySeed random(Random& random);
  /// The process's own: random, the same for all its tables, so that keys outlive a table.
  static const KeySeed& of_process();
};

/// Of one id under one seed. For GUIDs, in whatever case they are written, the 128 bits *are* the
/// id, permuted: two GUIDs never share them. Of other ids two share them with a chance of about
/// 2^-100 for a pair; tables compare those byte by byte where they have the id itself.
struct IdKey {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  bool guid = false;
  bool operator==(const IdKey&) const = default;
};

/// The 16 bytes that a GUID is, as two words.
struct GuidWords {
  std::uint64_t left = 0;
  std::uint64_t right = 0;
};
/// Of a key of a GUID under `seed`, and back: so a table can be written down without its seed.
[[nodiscard]] GuidWords guid_of(const KeySeed& seed, const IdKey& key) noexcept;
[[nodiscard]] IdKey key_of(const KeySeed& seed, GuidWords guid) noexcept;

/// Allocates nothing. About 5 ns for a GUID, and 2 ns more for each 16 bytes of another id.
[[nodiscard]] IdKey key_of(const KeySeed& seed, std::string_view id) noexcept;

}  // namespace proviso::gates

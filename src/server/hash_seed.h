// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace proviso::server {

// Eight bytes of the folder's secret: whoever chooses names of groups cannot make them collide.
/// Of the engine's hashes: secret, and the same for each run on a data folder.
inline std::uint64_t hash_seed(const std::string& hash_key) {
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(hash_key.size(), 8); ++i) {
    seed = (seed << 8U) | static_cast<unsigned char>(hash_key[i]);
  }
  return seed;
}

}  // namespace proviso::server

// SPDX-License-Identifier: Apache-2.0
// The path of a tile, as a client asks for it.
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "ledger/tile_address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  const auto address = proviso::ledger::TileAddress::parse(text);
  if (address) {
    CHECK(address->path() == text && text.find("..") == std::string_view::npos);
    CHECK(address->width >= 1 && address->width <= 256);
  }
  return 0;
}

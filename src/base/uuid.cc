// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include "base/encoding.h"

namespace proviso {

std::string uuid_v7(Time now, Random& random) {
  const auto millis = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
  std::string bytes = random.bytes(16);
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<char>((millis >> (40U - 8U * i)) & 255U);
  }
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x70U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = hex_encode(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

}  // namespace proviso

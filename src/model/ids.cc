// SPDX-License-Identifier: Apache-2.0
#include "model/ids.h"

#include "base/encoding.h"

namespace proviso::model {

bool is_valid_id(std::string_view text) {
  if (text.empty() || text.size() > kIdBytesMax || !is_utf8(text)) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

}  // namespace proviso::model

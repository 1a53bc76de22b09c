// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"

namespace proviso {

/// A member that stands only where it is true, so that a document has one text. Another value is an
/// error of `reader`.
inline bool read_flag(JsonReader& reader, std::string_view name) {
  const Json* value = reader.optional(name);
  if (value == nullptr) return false;
  const bool* flag = value->if_bool();
  if (flag == nullptr || !*flag) reader.fail_at(name, "must be true, or not be there");
  return true;
}

}  // namespace proviso

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "base/time.h"

namespace proviso {

/// A member that is a time in its canonical form alone, so that a document has one text. What is
/// none is an error of `reader`.
inline Time read_time(JsonReader& reader, std::string_view name) {
  const std::string text = reader.string(name);
  if (!reader.ok()) return {};
  const auto t = parse_time(text);
  if (!t || format_time(*t) != text) {
    reader.fail_at(name, "not a time as 2026-11-23T12:00:00Z");
    return {};
  }
  return *t;
}

}  // namespace proviso

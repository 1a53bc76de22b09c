// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace proviso::gates {

/// One request at an enforcement point. Views: needed only during the check.
struct Request {
  std::string_view subscription;
  std::string_view service;
  std::string_view operation;
  /// Empty where unknown; then no line that names regions matches (I4).
  std::string_view region;
  /// Keyed hash in hexadecimal, empty where unknown; then no line that names resources matches.
  std::string_view resource;
};

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace proviso {

/// A file of the source tree that was compiled in (cmake/embed.cmake).
struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

}  // namespace proviso

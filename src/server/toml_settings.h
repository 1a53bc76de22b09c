// SPDX-License-Identifier: Apache-2.0
#pragma once

#define TOML_EXCEPTIONS 0
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "base/result.h"
#include "base/text/format.h"

// For the readers of proviso.toml and witness.toml only, which know toml++.
namespace proviso::server {

/// `invalid_input`, as FILE:LINE:COLUMN: what.
inline std::unexpected<Error> fault_at(const std::string& name, const toml::source_region& where,
                                       std::string_view what) {
  return fail(Errc::invalid_input,
              format("{}:{}:{}: {}", name, where.begin.line, where.begin.column, what));
}

inline std::unexpected<Error> unknown_setting(const std::string& name,
                                              const toml::source_region& where) {
  return fault_at(name, where, "unknown setting (remove it, or mend its name)");
}

inline Result<void> take_text(const std::string& name, const toml::node& node, std::string& out) {
  const auto text = node.value_exact<std::string>();
  if (!text) return fault_at(name, node.source(), "must be a text, in quotes");
  out = *text;
  return {};
}

}  // namespace proviso::server

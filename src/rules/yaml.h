// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/diagnostic.h"

namespace proviso::rules {

/// A YAML value with its place. Aliases are expanded (within limits), so this is a plain tree.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  Position at{};
  std::string text{};  ///< scalar
  bool plain = false;  ///< scalar without quotes, whose text may mean a number or a boolean
  std::vector<YamlNode> items{};                         ///< list
  std::vector<std::pair<YamlNode, YamlNode>> members{};  ///< map; keys are scalars, all different

  /// Null where this is no map or has no such key.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
};

struct YamlLimits {
  std::size_t documents_max = 10'000;
  std::size_t depth_max = 64;
  /// Of one document, with aliases expanded.
  std::size_t nodes_max = 200'000;
  /// Whether `null` may be a key; its node is of kind null.
  bool null_keys = false;
};

/// Reads all documents of a file; what is wrong goes to `diagnostics`, and then the documents up to
/// the fault are returned. Robust to any bytes.
std::vector<YamlNode> parse_yaml(const std::string& file, const std::string& text,
                                 Diagnostics& diagnostics, const YamlLimits& limits = {});

}  // namespace proviso::rules

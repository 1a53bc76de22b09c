// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/reader.h"
#include "rules/yaml.h"

namespace proviso::rules {

/// Reads members of a YAML map and reports what is missing, of the wrong kind, or unknown.
class YamlMembers {
 public:
  /// `node` must be a map; `path` is its place for errors.
  YamlMembers(const YamlNode& node, std::string path, const ReadContext& context)
      : node_(node), path_(std::move(path)), context_(context) {}

  /// Null where there is none; the member counts as known.
  const YamlNode* find(const std::string& name);
  /// Reports where there is none.
  const YamlNode* need(const std::string& name);
  /// Empty where it is missing or no text; reports that.
  std::string text(const std::string& name);
  std::string text_or(const std::string& name, const std::string& otherwise);
  bool flag(const std::string& name);
  /// One text or a list of them.
  std::vector<std::string> texts(const YamlNode& node, const std::string& name);
  void know(const std::string& name) { known_.insert(name); }
  /// Reports the members that nobody asked for.
  void finish();

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "." + name; }

 private:
  const YamlNode& node_;
  std::string path_;
  const ReadContext& context_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace proviso::rules

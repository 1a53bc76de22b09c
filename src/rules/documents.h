// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rules/reader.h"
#include "rules/yaml.h"

namespace proviso::rules {

/// The legacy `action:` documents of a file, as pySigma reads them.
///
/// `global` is a template: each plain rule behind it is updated with it (the template wins), until
/// `reset`. `repeat` is the document before it, updated with what stands here. Maps are updated
/// member by member, everything else is replaced. Correlations and filters take no template.
class ActionDocuments {
 public:
  explicit ActionDocuments(const ReadContext& context) : context_(context) {}
  /// The documents of a file one after the other. Gives what is to be read as a rule; nothing for
  /// `global` and `reset`, and where the document is refused.
  std::optional<YamlNode> take(YamlNode document);

 private:
  std::optional<YamlNode> repeat(YamlNode document);
  bool spend(const YamlNode& node);

  const ReadContext& context_;
  YamlNode global_{.kind = YamlNode::Kind::map};
  YamlNode last_{};
  enum class Before : std::uint8_t { nothing, global, rule } before_ = Before::nothing;
  std::size_t nodes_ = 0;
};

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#include "rules/yaml_digest.h"

namespace proviso::rules {
namespace {

// null = "n"; scalar = "p" (plain) or "q" (in quotes), length ":" text; list = "l" count ":" items;
// map = "m" count ":" keys and values in turn.
void write(const YamlNode& node, std::string& out) {
  switch (node.kind) {
    case YamlNode::Kind::null: out += "n"; return;
    case YamlNode::Kind::scalar:
      out += (node.plain ? "p" : "q") + std::to_string(node.text.size()) + ":" + node.text;
      return;
    case YamlNode::Kind::list:
      out += "l" + std::to_string(node.items.size()) + ":";
      for (const YamlNode& item : node.items) write(item, out);
      return;
    case YamlNode::Kind::map:
      out += "m" + std::to_string(node.members.size()) + ":";
      for (const auto& [key, value] : node.members) {
        write(key, out);
        write(value, out);
      }
      return;
  }
}

}  // namespace

Digest yaml_digest(const YamlNode& document) {
  std::string out;
  write(document, out);
  return sha256(out);
}

}  // namespace proviso::rules

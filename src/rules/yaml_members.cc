// SPDX-License-Identifier: Apache-2.0
#include "rules/yaml_members.h"

#include "base/encoding.h"

namespace proviso::rules {

const YamlNode* YamlMembers::find(const std::string& name) {
  known_.insert(name);
  return node_.find(name);
}

const YamlNode* YamlMembers::need(const std::string& name) {
  const YamlNode* found = find(name);
  if (found == nullptr) context_.error(node_.at, path(name), "is missing (add it)");
  return found;
}

std::string YamlMembers::text(const std::string& name) {
  const YamlNode* found = need(name);
  if (found == nullptr) return "";
  if (!found->is_scalar()) context_.error(found->at, path(name), "must be text");
  return found->text;
}

std::string YamlMembers::text_or(const std::string& name, const std::string& otherwise) {
  const YamlNode* found = find(name);
  if (found == nullptr || found->kind == YamlNode::Kind::null) return otherwise;
  if (!found->is_scalar()) context_.error(found->at, path(name), "must be text");
  return found->text;
}

bool YamlMembers::flag(const std::string& name) {
  const YamlNode* found = find(name);
  if (found == nullptr) return false;
  const auto scalar = read_scalar(*found, path(name), context_);
  if (!scalar) return false;
  if (scalar->kind != ScalarAst::Kind::boolean) {
    context_.error(found->at, path(name), "must be true or false");
  }
  return scalar->text == "true";
}

std::vector<std::string> YamlMembers::texts(const YamlNode& node, const std::string& name) {
  std::vector<std::string> out;
  const auto add = [&](const YamlNode& one) {
    if (one.is_scalar()) return out.push_back(one.text);
    context_.error(one.at, path(name), "must be text or a list of texts");
  };
  if (!node.is_list()) {
    add(node);
    return out;
  }
  for (const YamlNode& one : node.items) add(one);
  return out;
}

void YamlMembers::finish() {
  for (const auto& [key, value] : node_.members) {
    if (known_.contains(key.text)) continue;
    context_.error(key.at, path_,
                   "\"" + printable(key.text) + "\" is not known here (leave it out)");
  }
}

}  // namespace proviso::rules

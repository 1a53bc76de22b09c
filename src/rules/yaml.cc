// SPDX-License-Identifier: Apache-2.0
#include "rules/yaml.h"

#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/encoding.h"

namespace proviso::rules {
namespace {

Position position_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const auto& [key, value] : node.members) count += 1 + count_nodes(value);
  return count;
}

std::size_t depth_of(const YamlNode& node) {
  std::size_t depth = 0;
  for (const YamlNode& item : node.items) depth = std::max(depth, depth_of(item));
  for (const auto& [key, value] : node.members) depth = std::max(depth, depth_of(value));
  return depth + 1;
}

// Builds the tree of one document out of the parser's events. After the first fault it ignores the
// rest of the document: nothing grows beyond the limits.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const YamlLimits& limits) : limits_(limits) {}

  struct Fault {
    Position at;
    std::string message;
  };
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override { root_.at = position_of(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf({.kind = YamlNode::Kind::null, .at = position_of(mark)}, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool known_tag =
        tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!known_tag) return stop(position_of(mark), "a YAML tag (leave it out)");
    leaf({.kind = YamlNode::Kind::scalar,
          .at = position_of(mark),
          .text = value,
          .plain = tag == "?"},
         anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (fault_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return stop(position_of(mark), "an alias inside its own anchor");
    if (open_.size() + depth_of(found->second) > limits_.depth_max) {
      return stop(position_of(mark), too_deep());
    }
    nodes_ += count_nodes(found->second);
    if (nodes_ > limits_.nodes_max) return stop(position_of(mark), too_many());
    place(YamlNode(found->second));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(YamlNode::Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(YamlNode::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    YamlNode node{};
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<YamlNode> key{};
    std::set<std::string> keys{};
  };

  [[nodiscard]] std::string too_deep() const {
    return "more than " + std::to_string(limits_.depth_max) + " levels (make it flatter)";
  }
  [[nodiscard]] std::string too_many() const {
    return "more than " + std::to_string(limits_.nodes_max) +
           " values in one document, aliases expanded (split it)";
  }
  void stop(Position at, std::string message) {
    if (!fault_) fault_ = Fault{at, std::move(message)};
  }
  bool count(Position at) {
    if (fault_) return false;
    if (++nodes_ > limits_.nodes_max) stop(at, too_many());
    return !fault_;
  }
  void leaf(YamlNode node, YAML::anchor_t anchor) {
    if (!count(node.at)) return;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    place(std::move(node));
  }
  void begin(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    const Position at = position_of(mark);
    if (!count(at)) return;
    if (open_.size() >= limits_.depth_max) return stop(at, too_deep());
    open_.push_back({.node = {.kind = kind, .at = at}, .anchor = anchor});
  }
  void end() {
    if (fault_) return;
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = done.node;
    place(std::move(done.node));
  }
  void place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.key) {
      parent.node.members.emplace_back(std::move(*parent.key), std::move(node));
      parent.key.reset();
    } else {
      place_key(parent, std::move(node));
    }
  }
  void place_key(Open& parent, YamlNode node) {
    const bool null = node.kind == YamlNode::Kind::null && limits_.null_keys;
    if (!node.is_scalar() && !null) return stop(node.at, "a key that is no text (write a name)");
    if (node.plain && node.text == "<<") {
      return stop(node.at, "a merge key (write the members out)");
    }
    if (!parent.keys.insert(node.text).second) {
      return stop(node.at, "the key \"" + printable(node.text) + "\" is here twice (join the two)");
    }
    parent.key = std::move(node);
  }

  const YamlLimits& limits_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t nodes_ = 0;
  std::optional<Fault> fault_;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

std::vector<YamlNode> parse_yaml(const std::string& file, const std::string& text,
                                 Diagnostics& diagnostics, const YamlLimits& limits) {
  std::vector<YamlNode> documents;
  if (!is_utf8(text)) {
    diagnostics.add(file, {}, "", "not UTF-8 text (save it as UTF-8)");
    return documents;
  }
  // The one file that calls yaml-cpp's parser, hence the one that catches.
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (true) {
      TreeBuilder builder(limits);
      if (!parser.HandleNextDocument(builder)) return documents;
      if (builder.fault()) {
        diagnostics.add(file, builder.fault()->at, "", builder.fault()->message);
        continue;
      }
      if (documents.size() == limits.documents_max) {
        diagnostics.add(file, builder.take_root().at, "",
                        "more than " + std::to_string(limits.documents_max) +
                            " documents in one file (split it)");
        return documents;
      }
      documents.push_back(builder.take_root());
    }
  } catch (const YAML::Exception& e) {
    diagnostics.add(file, position_of(e.mark), "", "not YAML: " + e.msg + " (mend the syntax)");
  }
  return documents;
}

}  // namespace proviso::rules

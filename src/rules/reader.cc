// SPDX-License-Identifier: Apache-2.0
#include "rules/reader.h"

#include "base/encoding.h"

namespace proviso::rules {
namespace {

constexpr std::size_t kTitleBytesMax = 1024;

class RuleReader {
 public:
  RuleReader(const YamlNode& top, const ReadContext& context) : top_(top), context_(context) {}

  std::optional<RuleAst> run() {
    const std::size_t before = context_.diagnostics.count();
    if (!top_.is_map()) {
      context_.error(top_.at, "", "a rule must be a map (begin with `title:`)");
      return std::nullopt;
    }
    if (refused_kind()) return std::nullopt;
    read_info();
    read_proviso();
    read_body();
    if (context_.diagnostics.count() != before) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool refused_kind() {
    if (const YamlNode* action = top_.find("action")) {
      context_.error(action->at, "action", "is a legacy form (write each rule in full)");
      return true;
    }
    if (const YamlNode* filter = top_.find("filter")) {
      context_.error(filter->at, "filter",
                     "filters are not supported (write the exclusion into the rule's condition)");
      return true;
    }
    return false;
  }

  std::string text(std::string_view key) {
    const YamlNode* node = top_.find(key);
    if (node == nullptr || node->kind == YamlNode::Kind::null) return "";
    if (node->is_scalar()) return node->text;
    context_.error(node->at, std::string(key), "must be text");
    return "";
  }

  void read_info() {
    RuleInfo& info = out_.info;
    info.file = context_.file;
    info.at = top_.at;
    info.title = text("title");
    info.id = text("id");
    info.name = text("name");
    info.author = text("author");
    info.level = text("level");
    info.license = text("license");
    if (info.title.empty())
      context_.error(top_.at, "title", "is missing (say what the rule finds)");
    if (info.title.size() > kTitleBytesMax) {
      context_.error(top_.find("title")->at, "title", "is longer than 1,024 bytes (shorten it)");
    }
    read_logsource();
  }

  void read_logsource() {
    const YamlNode* node = top_.find("logsource");
    if (node == nullptr) return;
    if (!node->is_map()) return context_.error(node->at, "logsource", "must be a map");
    const auto attribute = [&](std::string_view key) -> std::string {
      const YamlNode* value = node->find(key);
      if (value == nullptr || value->kind == YamlNode::Kind::null) return "";
      if (value->is_scalar()) return value->text;
      context_.error(value->at, "logsource." + std::string(key), "must be text");
      return "";
    };
    out_.info.logsource = {attribute("category"), attribute("product"), attribute("service")};
  }

  // `proviso:` is open for attributes of later versions, but what it holds must be scalars, lists
  // of scalars or maps of them; the names known today must have their type.
  void read_proviso() {
    const YamlNode* node = top_.find("proviso");
    if (node == nullptr) return;
    if (!node->is_map()) return context_.error(node->at, "proviso", "must be a map");
    if (const YamlNode* terms = node->find("terms")) read_terms(*terms);
    if (const YamlNode* independence = node->find("independence")) {
      if (!independence->is_scalar() || independence->text.empty()) {
        context_.error(independence->at, "proviso.independence", "must be text");
      }
      out_.info.independence = independence->text;
    }
  }

  void read_terms(const YamlNode& node) {
    if (!node.is_list() || node.items.empty()) {
      return context_.error(node.at, "proviso.terms", "must be a list of term ids, e.g. [T-1]");
    }
    for (const YamlNode& term : node.items) {
      if (!term.is_scalar() || term.text.empty()) {
        context_.error(term.at, "proviso.terms", "must be term ids");
        continue;
      }
      out_.info.terms.push_back(term.text);
    }
  }

  void read_body() {
    const YamlNode* detection = top_.find("detection");
    const YamlNode* correlation = top_.find("correlation");
    if (detection != nullptr && correlation != nullptr) {
      context_.error(correlation->at, "correlation", "and detection in one rule (split it)");
    } else if (correlation != nullptr) {
      out_.correlation = read_correlation(*correlation, context_);
    } else if (detection != nullptr) {
      if (top_.find("logsource") == nullptr) {
        context_.error(top_.at, "logsource", "is missing (say what logs the rule is for)");
      }
      out_.detection = read_detection(*detection, context_);
    } else {
      context_.error(top_.at, "", "has neither detection nor correlation (add one)");
    }
  }

  const YamlNode& top_;
  const ReadContext& context_;
  RuleAst out_;
};

}  // namespace

std::optional<RuleAst> read_rule(const YamlNode& document, const ReadContext& context) {
  if (document.kind == YamlNode::Kind::null) return std::nullopt;
  return RuleReader(document, context).run();
}

}  // namespace proviso::rules

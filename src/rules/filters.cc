// SPDX-License-Identifier: Apache-2.0
#include "rules/filters.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "rules/compiler.h"
#include "rules/condition.h"

namespace proviso::rules {
namespace {

// Values that all filters together may add to all rules: each filtered rule has its own copy.
constexpr std::size_t kValuesMax = 5'000'000;

struct Size {
  std::size_t values = 0;
  bool placeholders = false;
};

void measure(const ResolvedSelection& selection, Size& size) {
  for (const ResolvedSelection& child : selection.children) measure(child, size);
  if (selection.kind != ResolvedSelection::Kind::item) return;
  size.values += 1 + selection.item.values.size();
  for (const ItemValue& value : selection.item.values) {
    size.values += value.strings.size();
    for (const Pieces& pieces : value.strings) {
      size.placeholders = size.placeholders || has_placeholder(pieces);
    }
  }
}

bool has_negation(const ConditionAst& node) {
  return node.kind == ConditionAst::Kind::negation ||
         std::ranges::any_of(node.children, has_negation);
}

class FilterRun {
 public:
  FilterRun(std::vector<ResolvedRule>& rules, Diagnostics& diagnostics)
      : rules_(rules), diagnostics_(diagnostics) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!rules[i].info.id.empty()) names_.emplace(rules[i].info.id, i);
      if (!rules[i].info.name.empty()) names_.emplace(rules[i].info.name, i);
    }
  }

  void apply(const ResolvedFilter& filter) {
    Size size;
    for (const NamedResolved& named : filter.detection.selections) measure(named.selection, size);
    if (!check(filter, size)) return;
    const AddedCondition added{filter.detection.selections, filter.detection.conditions.front(),
                               filter.info.file, "filter.condition"};
    for (const std::size_t rule : rules_of(filter)) {
      values_ += size.values;
      if (values_ > kValuesMax) {
        return diagnostics_.add(filter.info.file, filter.at, "filter",
                                "filters add more than 5,000,000 values (name fewer rules)");
      }
      rules_[rule].detection->added.push_back(added);
    }
  }

 private:
  // A filter is compiled once by itself, so that its faults are found whatever it is for.
  bool check(const ResolvedFilter& filter, const Size& size) {
    const std::size_t before = diagnostics_.count();
    const ReadContext context{filter.info.file, diagnostics_};
    const TextAst& condition = filter.detection.conditions.front();
    if (!size.placeholders) (void)compile_condition(filter.detection, context, "filter.condition");
    const auto parsed = parse_condition(condition.text);
    const auto* node = std::get_if<ConditionAst>(&parsed);
    if (node != nullptr && !has_negation(*node)) {
      context.warn(condition.at, "filter.condition",
                   "the rules only match what the filter matches; to exclude that write `not`");
    }
    return diagnostics_.count() == before;
  }

  std::vector<std::size_t> rules_of(const ResolvedFilter& filter) {
    std::vector<std::size_t> out;
    if (filter.any) {
      for (std::size_t i = 0; i < rules_.size(); ++i) {
        const bool fits = contains(filter.info.logsource, rules_[i].info.logsource);
        if (rules_[i].detection && fits) out.push_back(i);
      }
      return out;
    }
    for (const TextAst& name : filter.rules) {
      const auto found = names_.find(name.text);
      const auto vain = [&](const char* why) {
        diagnostics_.warn(filter.info.file, name.at, "filter.rules",
                          "\"" + printable(name.text) + "\" " + why);
      };
      if (found == names_.end()) {
        vain("is none of the rules that are loaded");
      } else if (rules_[found->second].correlation) {
        vain("is a correlation: filters do not apply to it (name its rules)");
      } else if (!contains(filter.info.logsource, rules_[found->second].info.logsource)) {
        vain("has another log source, so the filter does not apply to it");
      } else if (rules_[found->second].detection) {
        out.push_back(found->second);
      }
    }
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  std::vector<ResolvedRule>& rules_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::size_t, std::less<>> names_;
  std::size_t values_ = 0;
};

}  // namespace

bool contains(const LogSource& wide, const LogSource& narrow) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(wide.category, narrow.category) && fits(wide.product, narrow.product) &&
         fits(wide.service, narrow.service);
}

void apply_filters(const std::vector<ResolvedFilter>& filters, std::vector<ResolvedRule>& rules,
                   Diagnostics& diagnostics) {
  FilterRun run(rules, diagnostics);
  for (const ResolvedFilter& filter : filters) run.apply(filter);
}

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#include "rules/candidate_index.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "rules/fold.h"
#include "rules/necessity.h"
#include "rules/text_hash.h"

namespace proviso::rules {
namespace {

using Letters = NeedleScanner::Letters;
using SignKey = std::pair<std::size_t, std::string>;

// How often a value will be seen is guessed from what the rules ask for: the more of them ask for
// it (`eventSource: iam.amazonaws.com`), the more often; the more other values of the same field
// they ask for (`eventName` has hundreds), the less.
class Popularity {
 public:
  void count(const Expression& e) {
    std::set<SignKey> seen;
    collect(e, seen);
    for (const SignKey& key : seen) {
      if (++rules_[key] == 1) ++values_[key.first];
    }
  }
  [[nodiscard]] double weight(const Sign& sign) const {
    constexpr double kNeedle = 4;
    constexpr double kPresent = 10'000;
    constexpr double kKeyword = 20'000;
    switch (sign.kind) {
      case Sign::Kind::exact: {
        const auto found = rules_.find({index(sign.field), sign.text});
        if (found == rules_.end()) return 1;
        return static_cast<double>(found->second) /
               static_cast<double>(values_.at(index(sign.field)));
      }
      case Sign::Kind::needle: return kNeedle;
      case Sign::Kind::present: return kPresent;
      case Sign::Kind::keyword: return kKeyword;
    }
    return kKeyword;
  }

 private:
  static void collect(const Expression& e, std::set<SignKey>& seen) {
    if (e.kind == Expression::Kind::test && e.test.kind == TestKind::text &&
        e.test.pattern.shape() == TextPattern::Shape::equal) {
      seen.emplace(index(e.test.field), folded(e.test.pattern.needle()));
    }
    for (const Expression& child : e.children) collect(child, seen);
  }
  std::map<SignKey, std::size_t> rules_;
  std::map<std::size_t, std::size_t> values_;  ///< by field: how many of its values are asked for
};

// Mostly none or one: a loop is faster than a copy of a range.
void append(std::span<const RuleIndex> rules, std::vector<RuleIndex>& out) {
  for (const RuleIndex rule : rules) out.push_back(rule);
}

std::uint64_t size_bit(std::size_t bytes) {
  return std::uint64_t{1} << std::min<std::size_t>(bytes, 63);
}

}  // namespace

void CandidateIndex::Needles::build() {
  if (by_text.empty()) return;
  std::vector<std::string> texts;
  for (auto& [text, of_text] : by_text) {
    texts.push_back(text);
    rules.push_back(std::move(of_text));
  }
  by_text.clear();
  scanner = std::make_unique<NeedleScanner>(texts);
}

CandidateIndex::CandidateIndex(const Program& program, std::span<const RuleIndex> rules)
    : fields_(program.fields().size()) {
  Popularity popularity;
  for (const RuleIndex rule : rules) {
    if (program.expression(rule) != nullptr) popularity.count(*program.expression(rule));
  }
  const SignWeight weight = [&](const Sign& sign) { return popularity.weight(sign); };
  std::vector<std::pair<std::uint64_t, RuleIndex>> exact;
  for (const RuleIndex rule : rules) {
    if (program.expression(rule) == nullptr) continue;
    auto signs = necessary_signs(*program.expression(rule), weight);
    if (!signs) {
      always_.push_back(rule);
      continue;
    }
    for (Sign& sign : *signs) add(std::move(sign), rule, exact);
  }
  build_exact(std::move(exact));
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].used) used_.push_back(FieldId(i));
    if (fields_[i].needles) fields_[i].needles->build();
  }
  keywords_.build();
}

void CandidateIndex::add(Sign sign, RuleIndex rule,
                         std::vector<std::pair<std::uint64_t, RuleIndex>>& exact) {
  const auto put = [&](Rules& rules) {
    if (rules.empty() || rules.back() != rule) rules.push_back(rule);
  };
  if (sign.kind == Sign::Kind::keyword) return put(keywords_.by_text[std::move(sign.text)]);
  Field& field = fields_[index(sign.field)];
  field.used = true;
  if (sign.kind == Sign::Kind::present) return put(field.present);
  if (sign.kind == Sign::Kind::exact) {
    field.exact_sizes |= size_bit(sign.text.size());
    exact.emplace_back(hash_text(sign.text, index(sign.field)).value, rule);
    return;
  }
  if (sign.ascii_only) put(field.beyond_ascii);
  if (!field.needles) field.needles = std::make_unique<Needles>();
  put(field.needles->by_text[std::move(sign.text)]);
}

void CandidateIndex::build_exact(std::vector<std::pair<std::uint64_t, RuleIndex>> all) {
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  table_.resize(std::bit_ceil(all.size() * 4 + 1));
  for (std::size_t i = 0; i < all.size();) {
    Exact entry{all[i].first, static_cast<std::uint32_t>(exact_rules_.size()), 0};
    for (; i < all.size() && all[i].first == entry.hash; ++i, ++entry.count) {
      exact_rules_.push_back(all[i].second);
    }
    std::size_t at = entry.hash;
    while (table_[at & (table_.size() - 1)].count != 0) ++at;
    table_[at & (table_.size() - 1)] = entry;
  }
}

void CandidateIndex::look_up(std::uint64_t hash, std::vector<RuleIndex>& out) const {
  for (std::size_t at = hash;; ++at) {
    const Exact& entry = table_[at & (table_.size() - 1)];
    if (entry.count == 0) return;
    if (entry.hash != hash) continue;
    return append(std::span(exact_rules_).subspan(entry.begin, entry.count), out);
  }
}

void CandidateIndex::scan(Needles& needles, std::string_view text, NeedleScanner::Letters letters,
                          std::vector<RuleIndex>& out) {
  found_.clear();
  needles.scanner->scan(text, letters, found_);
  for (const std::uint32_t place : found_) append(needles.rules[place], out);
}

// `text` without escapes.
void CandidateIndex::find_text(FieldId f, std::string_view text, std::vector<RuleIndex>& out) {
  Field& field = fields_[index(f)];
  TextHash hash = hash_text(text, index(f));
  Letters letters = Letters::ascii;
  if (hash.beyond_ascii) {
    append(field.beyond_ascii, out);
    fold(text, folded_);
    text = folded_;
    hash = hash_text(text, index(f));
    letters = Letters::any;
  }
  if (field.exact_sizes != 0) look_up(hash.value, out);
  if (field.needles) scan(*field.needles, text, letters, out);
}

void CandidateIndex::find_values(FieldId f, EventView& event, std::vector<RuleIndex>& out) {
  for (const Value& value : event.values(f)) {
    if (value.kind != ValueKind::null) find_text(f, value.text, out);
  }
}

// `raw` is a string as it stands in the record.
void CandidateIndex::find_raw(FieldId f, std::string_view raw, JsonEvent& event,
                              std::vector<RuleIndex>& out) {
  Field& field = fields_[index(f)];
  if (!event.all_ascii() && !ascii::all_of(raw)) return find_values(f, event, out);
  if ((field.exact_sizes & size_bit(raw.size())) != 0) {
    look_up(hash_text(raw, index(f)).value, out);
  }
  if (field.needles) scan(*field.needles, raw, Letters::ascii, out);
}

void CandidateIndex::find(JsonEvent& event, std::vector<RuleIndex>& out) {
  append(always_, out);
  for (const FieldId f : event.present()) {
    if (index(f) >= fields_.size() || !fields_[index(f)].used) continue;
    const Field& field = fields_[index(f)];
    if (!field.present.empty()) append(field.present, out);
    if (field.exact_sizes == 0 && !field.needles) continue;
    if (const auto raw = event.raw_string(f)) {
      find_raw(f, *raw, event, out);
    } else {
      find_values(f, event, out);
    }
  }
  if (!event.lacks(keyword_in_all())) find_keywords(event, out);
}

std::string_view CandidateIndex::keyword_in_all() const {
  return keywords_.scanner ? std::string_view(keywords_.scanner->common_word()) : "";
}

void CandidateIndex::find(EventView& event, std::vector<RuleIndex>& out) {
  append(always_, out);
  for (const FieldId f : used_) {
    const Field& field = fields_[index(f)];
    if (!field.present.empty() && !event.values(f).empty()) append(field.present, out);
    if (field.exact_sizes != 0 || field.needles) find_values(f, event, out);
  }
  find_keywords(event, out);
}

void CandidateIndex::find_keywords(EventView& event, std::vector<RuleIndex>& out) {
  if (keywords_.rules.empty()) return;
  if (const auto text = event.plain_text()) return scan(keywords_, *text, Letters::ascii, out);
  for (const Value& value : event.leaves()) {
    if (ascii::all_of(value.text)) {
      scan(keywords_, value.text, Letters::ascii, out);
    } else {
      fold(value.text, folded_);
      scan(keywords_, folded_, Letters::any, out);
    }
  }
}

std::string CandidateIndex::summary() const {
  std::size_t needles = 0;
  std::size_t present = 0;
  for (const Field& field : fields_) {
    if (field.needles) needles += field.needles->rules.size();
    present += field.present.size();
  }
  std::size_t exact = 0;
  for (const Exact& entry : table_) exact += entry.count > 0 ? 1 : 0;
  return std::to_string(exact) + " exact values, " + std::to_string(needles) + " needles, " +
         std::to_string(present) + " rules by presence, " + std::to_string(keywords_.rules.size()) +
         " keywords, " + std::to_string(always_.size()) + " rules always";
}

}  // namespace proviso::rules

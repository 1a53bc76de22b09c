// SPDX-License-Identifier: Apache-2.0
#include "intake/layout.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// A log is written by a program: nearly every record has the same members in the same order, and
// only the values differ. So the layout of a record is kept as steps: the text that stands before a
// value, compared as it is, and then what kind of value comes. The steps of all layouts are one
// tree; where records part (one amount or two), a step has others for the same place.
//
//   {"specversion":"1.0","id":"  STRING  ","time":"  STRING  ","data":{"count":  NUMBER  }}  end
//
// Reading a record is then a few comparisons of text and the search for the ends of strings: no
// index of brackets, no look-up of names, no check for names that stand twice, as all that was
// found good in the record that the layout was learned from. Whatever is new (another order, an
// escape, a byte that is not ASCII, a value that is refused) goes the long way, through JsonRecord,
// which decides. The twin is that long way: tests and the fuzz target compare both.
namespace proviso::intake {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool starts_number(char c) { return (c >= '0' && c <= '9') || c == '-'; }

bool is_plain(char c) {
  const auto b = static_cast<unsigned char>(c);
  return b >= 0x20 && b < 0x7F && c != '"' && c != '\\';
}

}  // namespace

std::size_t plain_end(std::string_view text, std::size_t at) {
#if defined(__SSE2__)
  for (; at < text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // As signed numbers, bytes from 0x80 are below 0x20 too.
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
    const __m128i any = _mm_or_si128(_mm_or_si128(low, quote), _mm_or_si128(escape, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(any));
    if (mask == 0) continue;
    return std::min(text.size(), at + static_cast<std::size_t>(std::countr_zero(mask)));
  }
  return text.size();
#else
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
#endif
}

bool Layouts::begins_with(const char* at, const Step& step) {
  const char* text = step.text.data();
  std::size_t left = step.size;
  for (; left >= 8; left -= 8, at += 8, text += 8) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, at, 8);
    std::memcpy(&b, text, 8);
    if (a != b) return false;
  }
  for (; left > 0; --left) {
    if (*at++ != *text++) return false;
  }
  return true;
}

/// Reads the value of `step` at `at`, and goes behind it.
bool Layouts::take(const Step& step, std::string_view record, std::size_t& at,
                   EventBuilder& builder) const {
  const std::size_t begin = at;
  Scalar value;
  if (step.kind == Kind::string) {
    at = plain_end(record, at);
    if (at == record.size() || record[at] != '"') return false;
  } else {
    value.kind = Scalar::Kind::number;
    if (at == record.size() || !starts_number(record[at])) return false;
    while (at < record.size() && is_number_char(record[at])) ++at;
  }
  if (step.action == Action::pass_over) return true;
  value.text = record.substr(begin, at - begin);
  const Leaf& leaf = plan_.leaves[static_cast<std::size_t>(step.leaf)];
  switch (step.action) {
    case Action::text: return builder.take_plain_text(leaf.uses.front(), value.text);
    case Action::time: return builder.take_plain_time(leaf, value.text);
    case Action::count: return builder.take_plain_count(value.text);
    default: return builder.take(leaf, value, step.index).empty();
  }
}

Layouts::Action Layouts::action_of(Kind kind, std::int32_t index) const {
  if (index < 0) return Action::pass_over;
  const Leaf& leaf = plan_.leaves[static_cast<std::size_t>(index)];
  if (leaf.hashed) return Action::take;
  const bool is_time = std::ranges::all_of(leaf.uses, [](const FieldUse& use) {
    return use.kind == FieldUse::Kind::window_start || use.kind == FieldUse::Kind::window_end;
  });
  if (is_time && kind == Kind::string) return Action::time;
  if (leaf.uses.size() > 1) return Action::take;
  const FieldUse::Kind use = leaf.uses.front().kind;
  if (use == FieldUse::Kind::text && kind == Kind::string) return Action::text;
  if (use == FieldUse::Kind::count && kind == Kind::number) return Action::count;
  return Action::take;
}

bool Layouts::read(std::string_view record, EventBuilder& builder) {
  if (credit_ == 0 || steps_.empty()) return false;
  std::size_t at = 0;
  std::int32_t next = 0;
  while (next >= 0) {
    const Step& step = steps_[static_cast<std::size_t>(next)];
    if (step.size > record.size() - at || !begins_with(record.data() + at, step)) {
      next = step.other;
      continue;
    }
    at += step.size;
    builder.require(step.required);
    if (step.kind == Kind::end) {
      if (at != record.size()) break;
      credit_ = std::min(kCreditMax, credit_ + 1);
      return true;
    }
    if (!take(step, record, at, builder)) break;
    next = step.next;
  }
  --credit_;
  return false;
}

/// Walks a record and notes its steps. False where the layout is none that is kept.
class LayoutReader {
 public:
  using Step = Layouts::Step;
  LayoutReader(const FieldPolicy& policy, const Plan& plan, std::string_view record)
      : policy_(policy), plan_(plan), record_(record) {}

  bool read() {
    skip_space();
    if (!object(plan_.root, 0)) return false;
    skip_space();
    if (at_ != record_.size()) return false;
    finish_step(Layouts::Kind::end, -1, 0);
    return true;
  }
  std::vector<Step> steps;

 private:
  [[nodiscard]] char peek() const { return at_ < record_.size() ? record_[at_] : '\0'; }
  void skip_space() {
    while (is_space(peek())) ++at_;
  }
  bool expect(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  /// A plain string; leaves `at_` behind its closing quote.
  bool text(std::string_view& out) {
    if (!expect('"')) return false;
    const std::size_t begin = at_;
    while (is_plain(peek())) ++at_;
    out = record_.substr(begin, at_ - begin);
    return expect('"');
  }
  /// What stands from the last value to here is the text of a step.
  void finish_step(Layouts::Kind kind, int leaf, std::size_t index) {
    Step step;
    step.text.assign(record_.substr(literal_, at_ - literal_));
    step.size = step.text.size();
    step.text.append(8, '\0');
    step.kind = kind;
    step.leaf = leaf;
    step.index = static_cast<std::uint32_t>(index);
    step.required = std::exchange(required_, 0);
    steps.push_back(std::move(step));
  }
  bool object(const PlanNode& node, std::size_t index);
  bool array(const PlanNode& node);
  bool member(const PlanNode& node, std::string_view key, std::size_t index);
  bool scalar(int leaf, std::size_t index);
  bool required_value(const Leaf& leaf);

  const FieldPolicy& policy_;
  const Plan& plan_;
  std::string_view record_;
  std::size_t at_ = 0;
  std::size_t literal_ = 0;
  std::uint64_t required_ = 0;
  std::string path_;
};

bool LayoutReader::object(const PlanNode& node, std::size_t index) {
  if (node.is_bag || !expect('{')) return false;
  skip_space();
  if (peek() == '}') return expect('}');
  const std::size_t path = path_.size();
  do {
    skip_space();
    std::string_view key;
    if (!text(key) || !expect(':')) return false;
    path_.append(path == 0 ? "" : ".").append(key);
    skip_space();
    if (!member(node, key, index)) return false;
    path_.resize(path);
    skip_space();
  } while (peek() == ',' && expect(','));
  return expect('}');
}

bool LayoutReader::member(const PlanNode& node, std::string_view key, std::size_t index) {
  const int found = node.find(key);
  if (found < 0) {
    // A name that the policy does not have might say something itself: it is not kept.
    const bool known =
        policy_.keeps(path_) || std::ranges::find(policy_.drop, path_) != policy_.drop.end();
    return known && scalar(-1, index);
  }
  const PlanNode::Child& child = node.child(found);
  if (!child.node) return scalar(child.leaf, index);
  if (!child.is_array) return object(*child.node, index);
  path_ += "[]";
  return array(*child.node);
}

bool LayoutReader::array(const PlanNode& node) {
  if (!expect('[')) return false;
  skip_space();
  if (peek() == ']') return expect(']');
  std::size_t index = 0;
  do {
    skip_space();
    if (!object(node, index++)) return false;
    skip_space();
  } while (peek() == ',' && expect(','));
  return expect(']');
}

/// A value that the policy demands is part of the text.
bool LayoutReader::required_value(const Leaf& leaf) {
  std::string_view value;
  if (!text(value)) return false;
  for (const FieldUse& use : leaf.uses) {
    if (plan_.required[use.index] != value) return false;
    required_ |= std::uint64_t{1} << use.index;
  }
  return true;
}

bool LayoutReader::scalar(int leaf, std::size_t index) {
  const Leaf* known = leaf < 0 ? nullptr : &plan_.leaves[static_cast<std::size_t>(leaf)];
  const bool demanded = known != nullptr && !known->hashed &&
                        std::ranges::all_of(known->uses, [](const FieldUse& use) {
                          return use.kind == FieldUse::Kind::require;
                        });
  if (demanded) return required_value(*known);
  if (peek() == '"') {
    ++at_;
    finish_step(Layouts::Kind::string, leaf, index);
    while (is_plain(peek())) ++at_;
    literal_ = at_;
    return expect('"');
  }
  if (!starts_number(peek())) return false;
  finish_step(Layouts::Kind::number, leaf, index);
  while (is_number_char(peek())) ++at_;
  literal_ = at_;
  return true;
}

void Layouts::learn(std::string_view record) {
  if (credit_ == 0 || lessons_ == 0) return;
  --lessons_;
  LayoutReader reader(policy_, plan_, record);
  if (reader.read()) add(std::move(reader.steps));
}

void Layouts::add(std::vector<Step> steps) {
  std::size_t bytes = text_bytes_;
  for (const Step& step : steps) bytes += step.text.size();
  if (steps_.size() + steps.size() > kStepsMax || bytes > kTextMax) return;
  text_bytes_ = bytes;
  std::int32_t before = -1;
  std::int32_t at = steps_.empty() ? -1 : 0;
  for (Step& step : steps) {
    std::int32_t last = -1;
    while (at >= 0 && !(steps_[static_cast<std::size_t>(at)] == step)) {
      last = at;
      at = steps_[static_cast<std::size_t>(at)].other;
    }
    if (at < 0) {
      step.action = action_of(step.kind, step.leaf);
      at = static_cast<std::int32_t>(steps_.size());
      steps_.push_back(std::move(step));
      if (last >= 0) {
        steps_[static_cast<std::size_t>(last)].other = at;
      } else if (before >= 0) {
        steps_[static_cast<std::size_t>(before)].next = at;
      }
    }
    before = at;
    at = steps_[static_cast<std::size_t>(at)].next;
  }
}

}  // namespace proviso::intake

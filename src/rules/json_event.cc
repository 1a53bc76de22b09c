// SPDX-License-Identifier: Apache-2.0
#include "rules/json_event.h"

#include <array>
#include <cmath>
#include <limits>

#include "rules/json_text.h"

namespace proviso::rules {
namespace {

// Arrays directly in arrays of a wanted field: each level is also seen as JSON text of its own.
constexpr std::size_t kFanOutDepthMax = 16;
constexpr std::uint32_t kBroken = std::numeric_limits<std::uint32_t>::max();

constexpr std::array<std::string_view, 8> kTimeNames = {"eventTime", "timestamp",   "@timestamp",
                                                        "time",      "TimeCreated", "TimeGenerated",
                                                        "EventTime", "UtcTime"};

std::vector<FieldTree::Name> names_of(const Program& program, const JsonEvent::Options& options) {
  std::vector<FieldTree::Name> names;
  for (std::size_t i = 0; i < program.fields().size(); ++i) {
    // What is not wanted keeps its number, under a name that no key has: JSON text is UTF-8.
    const bool wanted = options.wanted.empty() || options.wanted[i];
    names.push_back(wanted ? FieldTree::Name{program.fields()[i], false}
                           : FieldTree::Name{"\xFF" + std::to_string(i), true});
  }
  for (const std::string& name : options.more) names.push_back({name, true});
  if (program.correlations().empty()) return names;
  for (const std::string_view name : kTimeNames) names.push_back({std::string(name), true});
  return names;
}

}  // namespace

JsonEvent::JsonEvent(std::shared_ptr<const Program> program, const Options& options)
    : program_(std::move(program)),
      tree_(names_of(*program_, options)),
      word_(options.word),
      visited_(tree_.size()) {
  const std::size_t named = program_->fields().size() + options.more.size();
  const bool times = !program_->correlations().empty();
  if (times) time_fields_at_ = named;
  slots_.resize(named + (times ? kTimeNames.size() : 0));
}

JsonEvent::JsonEvent(std::shared_ptr<const Program> program)
    : JsonEvent(std::move(program), Options{}) {}

bool JsonEvent::reset(std::string_view record) {
  record_ = record;
  texts_used_ = 0;
  broken_ = false;
  present_.clear();
  occurrences_.clear();
  if (++serial_ == 0) {  // after four billion records the marks of the first would count again
    for (Slot& slot : slots_) slot.serial = slot.made_for = 0;
    leaves_for_ = 0;
    serial_ = 1;
  }
  if (visit_ > (1U << 31U)) {
    visited_.assign(visited_.size(), 0);
    visit_ = 0;
  }
  const ascii::Survey survey = ascii::survey(record, word_);
  has_escapes_ = survey.backslash;
  beyond_ascii_ = survey.beyond;
  // Escapes and lower case beyond ASCII could hide it.
  lacks_word_ = !word_.empty() && !survey.word && !survey.backslash && !survey.beyond;
  if (!tokens_.read(record) || tokens_.kind(0) != '{') return false;
  return walk_object(tree_.root(), 0) == tokens_.size();
}

// The token behind the object that begins at `t`, or kBroken.
std::uint32_t JsonEvent::walk_object(const FieldTree::Node& node, std::uint32_t t) {
  const std::uint32_t visit = ++visit_;
  ++t;
  if (t < tokens_.size() && tokens_.kind(t) == '}') return t + 1;
  while (t + 2 < tokens_.size()) {
    if (tokens_.kind(t) != '"' || tokens_.kind(t + 1) != ':') return kBroken;
    const FieldTree::Node* child = tree_.child(node, string_of(t));
    t = child != nullptr ? take(*child, t + 2, visit) : tokens_.behind(t + 2);
    if (t >= tokens_.size()) return kBroken;
    const char next = tokens_.kind(t);
    ++t;
    if (next == '}') return t;
    if (next != ',') return kBroken;
  }
  return kBroken;
}

std::uint32_t JsonEvent::walk_array(const FieldTree::Node& node, std::uint32_t t,
                                    std::size_t depth) {
  if (depth > kFanOutDepthMax) return kBroken;
  ++t;
  if (t < tokens_.size() && tokens_.kind(t) == ']') return t + 1;
  while (t < tokens_.size()) {
    switch (tokens_.kind(t)) {
      case '{': t = walk_object(node, t); break;
      case '[': t = walk_array(node, t, depth + 1); break;
      default: t = tokens_.behind(t);
    }
    if (t >= tokens_.size()) return kBroken;
    const char next = tokens_.kind(t);
    ++t;
    if (next == ']') return t;
    if (next != ',') return kBroken;
  }
  return kBroken;
}

// The value of a wanted key. `visit` is the object's: a second equal key in it does not count.
std::uint32_t JsonEvent::take(const FieldTree::Node& node, std::uint32_t t, std::uint32_t visit) {
  if (visited_[node.number] == visit) return tokens_.behind(t);
  visited_[node.number] = visit;
  if (node.field != FieldTree::kNone) note(node, t);
  if (node.has_children) {
    if (tokens_.kind(t) == '{') return walk_object(node, t);
    if (tokens_.kind(t) == '[') return walk_array(node, t, 0);
  }
  return tokens_.behind(t);
}

void JsonEvent::note(const FieldTree::Node& node, std::uint32_t t) {
  Slot& slot = slots_[node.field];
  const auto here = static_cast<std::uint32_t>(occurrences_.size());
  occurrences_.push_back({t, 0});
  if (slot.serial != serial_) {
    slot.serial = serial_;
    present_.push_back(FieldId(node.field));
  } else if (slot.literal) {
    return;
  } else if (!node.literal) {
    occurrences_[slot.last].next = here;
    slot.last = here;
    return;
  }
  slot.literal = node.literal;
  slot.first = slot.last = here;
}

std::string& JsonEvent::fresh() {
  if (texts_used_ == texts_.size()) texts_.emplace_back();
  std::string& text = texts_[texts_used_++];
  text.clear();
  return text;
}

std::string_view JsonEvent::decoded(std::uint32_t t) {
  const std::string_view raw = tokens_.string(t);
  if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) return raw;
  std::string& text = fresh();
  text.resize(raw.size() + JsonTokens::kPadding);
  const char* end = tokens_.unescape(raw, text.data());
  if (end == nullptr) {
    broken_ = true;
    end = text.data();
  }
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

Value JsonEvent::scalar_value(std::uint32_t t) {
  const std::string_view token = tokens_.scalar(t);
  if (token == "null") return {};
  if (token == "true" || token == "false") return {ValueKind::boolean, 0, token};
  const auto number = parse_json_number(token);
  if (!number) {
    broken_ = true;
    return {};
  }
  if (number->plain) return {ValueKind::number, number->value, token};
  std::string& text = fresh();
  if (token == "-0") {
    text = "0";
  } else {
    write_json_double(number->value, text);
  }
  return {ValueKind::number, number->value, text};
}

Value JsonEvent::value_of(std::uint32_t t) {
  switch (tokens_.kind(t)) {
    case '"': return {ValueKind::string, 0, string_of(t)};
    case '{':
    case '[': {
      std::string& text = fresh();
      write_text(t, text);
      return {ValueKind::json, 0, text};
    }
    default: return scalar_value(t);
  }
}

// Brackets, colons and commas stand as they are; strings and numbers in their shortest form.
void JsonEvent::write_text(std::uint32_t t, std::string& out) {
  const std::uint32_t end = tokens_.behind(t);
  for (; t < end; ++t) {
    const char kind = tokens_.kind(t);
    if (kind == '"') {
      const std::string_view raw = tokens_.string(t);
      if (has_escapes_) {
        write_json_string(decoded(t), out);
      } else {
        out.append(raw.data() - 1, raw.size() + 2);
      }
    } else if (std::string_view("{}[],:").find(kind) != std::string_view::npos) {
      out.push_back(kind);
    } else {
      const Value value = scalar_value(t);
      out += value.kind == ValueKind::null ? std::string_view("null") : value.text;
    }
  }
}

void JsonEvent::add(std::uint32_t t, std::vector<Value>& out, std::size_t depth) {
  out.push_back(value_of(t));
  if (tokens_.kind(t) != '[') return;
  if (depth == kFanOutDepthMax) {
    broken_ = true;
    return;
  }
  ++t;
  if (tokens_.kind(t) == ']') return;
  while (true) {
    const char kind = tokens_.kind(t);
    if (t >= tokens_.size() || std::string_view("],:}").find(kind) != std::string_view::npos) break;
    add(t, out, depth + 1);
    t = tokens_.behind(t);
    if (tokens_.kind(t) == ']') return;
    if (tokens_.kind(t) != ',') break;
    ++t;
  }
  broken_ = true;
}

std::span<const Value> JsonEvent::values(FieldId field) {
  Slot& slot = slots_[index(field)];
  if (slot.serial != serial_) return {};
  if (slot.made_for == serial_) return slot.made;
  slot.made_for = serial_;
  slot.made = make(slot);
  return slot.made;
}

std::span<const Value> JsonEvent::make(Slot& slot) {
  const std::uint32_t first = occurrences_[slot.first].token;
  if (slot.first == slot.last && tokens_.kind(first) != '[') {
    slot.single = value_of(first);
    return {&slot.single, 1};
  }
  slot.values.clear();
  for (std::uint32_t o = slot.first;; o = occurrences_[o].next) {
    add(occurrences_[o].token, slot.values, 0);
    if (o == slot.last) break;
  }
  return slot.values;
}

std::optional<std::string_view> JsonEvent::raw_string(FieldId field) const {
  const Slot& slot = slots_[index(field)];
  if (slot.serial != serial_ || slot.first != slot.last) return std::nullopt;
  const std::uint32_t t = occurrences_[slot.first].token;
  if (tokens_.kind(t) != '"') return std::nullopt;
  const std::string_view raw = tokens_.string(t);
  if (has_escapes_ && std::memchr(raw.data(), '\\', raw.size()) != nullptr) return std::nullopt;
  return raw;
}

std::optional<std::string_view> JsonEvent::plain_text() {
  // But numbers such as 1.50 and 1e3 are seen as 1.5 and 1000.0.
  if (has_escapes_ || beyond_ascii_) return std::nullopt;
  return record_;
}

std::optional<bool> JsonEvent::some_leaf_contains(std::string_view needle) {
  if (has_escapes_ || beyond_ascii_ || is_part_of_number(needle)) return std::nullopt;
  std::size_t from = 0;
  while (true) {
    const std::size_t at = ascii::find(record_.substr(from), needle);
    if (at == std::string_view::npos) return false;
    if (stands_in_leaf(from + at, needle.size())) return true;
    from += at + 1;
  }
}

bool JsonEvent::stands_in_leaf(std::size_t at, std::size_t size) const {
  const std::uint32_t t = tokens_.at(at);
  const char kind = tokens_.kind(t);
  if (kind == '"') {
    const std::string_view text = tokens_.string(t);
    const auto begin = static_cast<std::size_t>(text.data() - record_.data());
    if (at < begin || at + size > begin + text.size()) return false;
    return t + 1 >= tokens_.size() || tokens_.kind(t + 1) != ':';
  }
  const std::string_view text = tokens_.scalar(t);
  const auto begin = static_cast<std::size_t>(text.data() - record_.data());
  return kind != 'n' && at >= begin && at + size <= begin + text.size() &&
         std::string_view("{}[],:").find(kind) == std::string_view::npos;
}

std::span<const Value> JsonEvent::leaves() {
  if (leaves_for_ == serial_) return leaves_;
  leaves_for_ = serial_;
  leaves_.clear();
  for (std::uint32_t t = 0; t < tokens_.size(); ++t) {
    const char kind = tokens_.kind(t);
    if (std::string_view("{}[],:").find(kind) != std::string_view::npos) continue;
    const bool is_key = kind == '"' && t + 1 < tokens_.size() && tokens_.kind(t + 1) == ':';
    if (!is_key) leaves_.push_back(value_of(t));
  }
  return leaves_;
}

std::optional<Time> JsonEvent::time() {
  constexpr double kMillisecondsFrom = 1e11;
  if (!time_fields_at_) return std::nullopt;
  for (std::size_t i = 0; i < kTimeNames.size(); ++i) {
    const auto all = values(FieldId(*time_fields_at_ + i));
    if (all.empty()) continue;
    const Value& value = all.front();
    if (value.kind == ValueKind::string) {
      const auto time = parse_time(value.text);
      if (time) return *time;
      continue;
    }
    if (value.kind != ValueKind::number) continue;
    const double seconds =
        std::fabs(value.number) >= kMillisecondsFrom ? value.number / 1000 : value.number;
    if (std::fabs(seconds) > 9e9) continue;  // outside of what Time can hold
    const double whole = std::floor(seconds);
    return from_unix_seconds(static_cast<std::int64_t>(whole)) +
           std::chrono::microseconds(std::llround((seconds - whole) * 1e6));
  }
  return std::nullopt;
}

}  // namespace proviso::rules

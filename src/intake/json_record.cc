// SPDX-License-Identifier: Apache-2.0
#include "intake/json_record.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <cstring>

#include <simdjson.h>

namespace proviso::intake {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kMembersMax = 1000;
constexpr std::string_view kBadJson = "is not valid JSON";
constexpr std::string_view kTooDeep = "is nested deeper than 64";

/// How many '{' and '[' there are, eight bytes at a time: a bracket becomes a zero byte, and the
/// zero bytes are counted by their marks.
std::size_t count_opening(std::span<const char> record) {
  constexpr std::uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
  std::size_t count = 0;
  std::size_t i = 0;
  for (; i + 8 <= record.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, record.data() + i, sizeof word);
    word = (word | 0x2020202020202020) ^ 0x7B7B7B7B7B7B7B7B;  // '[' | 0x20 is '{', 0x7B
    const std::uint64_t marks = ~(((word & kLow) + kLow) | word | kLow);
    count += static_cast<std::size_t>(std::popcount(marks));
  }
  for (; i < record.size(); ++i) count += (record[i] | 0x20) == '{' ? 1U : 0U;
  return count;
}

/// simdjson's on-demand parser passes over any depth; this holds it to ours. Nearly no record has
/// as many brackets as the limit, so that most are not looked at closely.
bool is_too_deep(std::span<const char> record) {
  if (count_opening(record) <= kDepthMax) return false;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

std::string_view trimmed(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return token.substr(0, last + 1);
}

bool looks_whole(std::string_view text) {
  return !text.empty() && text.size() <= 19 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

enum class Read : std::uint8_t { value, nothing, compound, broken };

/// The scalar in `value`; `nothing` for null, `compound` for objects and arrays.
Read read_scalar(ondemand::value& value, Scalar& out) {
  ondemand::json_type type{};
  if (value.type().get(type)) return Read::broken;
  switch (type) {
    case ondemand::json_type::string:
      out.kind = Scalar::Kind::string;
      return value.get_string().get(out.text) ? Read::broken : Read::value;
    case ondemand::json_type::number: {
      out = {Scalar::Kind::number, trimmed(value.raw_json_token())};
      return Read::value;
    }
    case ondemand::json_type::boolean: {
      bool flag = false;
      if (value.get_bool().get(flag)) return Read::broken;
      out = {Scalar::Kind::boolean, flag ? "true" : "false"};
      return Read::value;
    }
    case ondemand::json_type::null: {
      bool is_null = false;
      if (value.is_null().get(is_null) || !is_null) return Read::broken;
      return Read::nothing;
    }
    default: return Read::compound;
  }
}

/// A member's name. Names with escapes are decoded, so that they cannot slip past the plan.
bool read_key(ondemand::field& field, const char* end, std::string_view& key) {
  const char* const raw = field.key().raw();
  const char* p = raw;
  while (p < end && *p != '"' && *p != '\\') ++p;
  if (p < end && *p == '"') {
    key = {raw, static_cast<std::size_t>(p - raw)};
    return true;
  }
  return !field.unescaped_key().get(key);
}

}  // namespace

struct JsonRecord::State {
  ondemand::parser parser;
  const Plan* plan = nullptr;
  EventBuilder* builder = nullptr;
  const char* end = nullptr;

  std::string_view walk(const PlanNode& node, ondemand::object object, std::size_t index);
  std::string_view walk_array(const PlanNode& node, ondemand::array array);
  std::string_view walk_bag(const PlanNode& node, ondemand::array array);
  std::string_view take(const PlanNode::Child& child, ondemand::value value, std::size_t index);
  std::string_view take_leaf(const Leaf& leaf, ondemand::value value, std::size_t index);
  std::string_view take_list(const Leaf& leaf, ondemand::array array);
  std::string_view take_any_value(const Leaf& leaf, ondemand::object object);
};

JsonRecord::JsonRecord() : state_(std::make_unique<State>()) {}
JsonRecord::~JsonRecord() = default;
JsonRecord::JsonRecord(JsonRecord&&) noexcept = default;
JsonRecord& JsonRecord::operator=(JsonRecord&&) noexcept = default;

std::string_view JsonRecord::State::walk(const PlanNode& node, ondemand::object object,
                                         std::size_t index) {
  std::bitset<PlanNode::kChildrenMax> seen;
  for (auto result : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(result).get(field) || !read_key(field, end, key)) return kBadJson;
    const int found = node.find(key);
    if (found < 0) continue;
    const PlanNode::Child& child = node.child(found);
    if (seen[static_cast<std::size_t>(found)]) return builder->refuse(child.key, "stands twice");
    seen.set(static_cast<std::size_t>(found));
    const std::string_view problem = take(child, field.value(), index);
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string_view JsonRecord::State::take(const PlanNode::Child& child, ondemand::value value,
                                         std::size_t index) {
  if (child.leaf >= 0) {
    const Leaf& leaf = plan->leaves[static_cast<std::size_t>(child.leaf)];
    if (!child.node) return take_leaf(leaf, value, index);
  }
  ondemand::json_type type{};
  if (value.type().get(type)) return kBadJson;
  if (type == ondemand::json_type::object && !child.is_array) {
    ondemand::object object;
    if (value.get_object().get(object)) return kBadJson;
    return walk(*child.node, object, index);
  }
  if (type == ondemand::json_type::array && (child.is_array || child.node->is_bag)) {
    ondemand::array array;
    if (value.get_array().get(array)) return kBadJson;
    return child.is_array ? walk_array(*child.node, array) : walk_bag(*child.node, array);
  }
  if (type == ondemand::json_type::null) return {};
  return builder->refuse(child.key, "is neither the object nor the array that it should be");
}

std::string_view JsonRecord::State::walk_array(const PlanNode& node, ondemand::array array) {
  std::size_t index = 0;
  for (auto result : array) {
    ondemand::value value;
    ondemand::object object;
    if (std::move(result).get(value)) return kBadJson;
    if (value.get_object().get(object)) return "a member of an array is not an object";
    const std::string_view problem = walk(node, object, index++);
    if (!problem.empty()) return problem;
  }
  return {};
}

/// OTLP JSON: [{"key": NAME, "value": {"stringValue": ...}}, ...]
std::string_view JsonRecord::State::walk_bag(const PlanNode& node, ondemand::array array) {
  std::bitset<PlanNode::kChildrenMax> seen;
  for (auto result : array) {
    ondemand::value member;
    ondemand::object pair;
    if (std::move(result).get(member)) return kBadJson;
    if (member.get_object().get(pair)) return "a member of an attribute list is not an object";
    std::string_view key;
    if (pair.find_field_unordered("key").get_string().get(key)) {
      return "a member of an attribute list has no key";
    }
    const int found = node.find(key);
    if (found < 0) continue;
    const PlanNode::Child& child = node.child(found);
    if (seen[static_cast<std::size_t>(found)]) return builder->refuse(child.key, "stands twice");
    seen.set(static_cast<std::size_t>(found));
    ondemand::object any;
    if (pair.find_field_unordered("value").get_object().get(any)) {
      return builder->refuse(child.key, "has no value object");
    }
    const Leaf& leaf = plan->leaves[static_cast<std::size_t>(child.leaf)];
    const std::string_view problem = take_any_value(leaf, any);
    if (!problem.empty()) return problem;
  }
  return {};
}

/// OTLP AnyValue; intValue is a string of digits there.
std::string_view JsonRecord::State::take_any_value(const Leaf& leaf, ondemand::object object) {
  for (auto result : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(result).get(field) || !read_key(field, end, key)) return kBadJson;
    ondemand::value value = field.value();
    if (key == "arrayValue") {
      return leaf.only_kept() ? std::string_view() : builder->refuse(leaf.path, "is a list");
    }
    const bool known =
        key == "stringValue" || key == "intValue" || key == "doubleValue" || key == "boolValue";
    if (!known) return builder->refuse(leaf.path, "is of a kind that is not taken");
    Scalar scalar;
    const Read read = read_scalar(value, scalar);
    if (read == Read::broken || read == Read::compound) return kBadJson;
    if (read == Read::nothing) return {};
    if (key == "intValue" && looks_whole(scalar.text)) scalar.kind = Scalar::Kind::number;
    return builder->take(leaf, scalar, 0);
  }
  return {};
}

std::string_view JsonRecord::State::take_leaf(const Leaf& leaf, ondemand::value value,
                                              std::size_t index) {
  Scalar scalar;
  switch (read_scalar(value, scalar)) {
    case Read::value: return builder->take(leaf, scalar, index);
    case Read::nothing: return {};
    case Read::broken: return builder->refuse(leaf.path, "is not valid JSON");
    case Read::compound: break;
  }
  // What is inside an object was never named in the policy; a list of scalars fans out.
  if (!leaf.only_kept()) return builder->refuse(leaf.path, "is not a single value");
  ondemand::array array;
  if (value.get_array().get(array)) return {};
  return take_list(leaf, array);
}

std::string_view JsonRecord::State::take_list(const Leaf& leaf, ondemand::array array) {
  for (auto result : array) {
    ondemand::value value;
    Scalar scalar;
    if (std::move(result).get(value)) return kBadJson;
    const Read read = read_scalar(value, scalar);
    if (read == Read::broken) return kBadJson;
    if (read != Read::value) continue;
    const std::string_view problem = builder->take(leaf, scalar, 0);
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string_view JsonRecord::read(std::span<const char> record, const Plan& plan,
                                  EventBuilder& builder) {
  if (is_too_deep(record)) return kTooDeep;
  state_->plan = &plan;
  state_->builder = &builder;
  state_->end = record.data() + record.size();
  ondemand::document document;
  const simdjson::error_code error =
      state_->parser
          .iterate(record.data(), record.size(), record.size() + simdjson::SIMDJSON_PADDING)
          .get(document);
  if (error == simdjson::UTF8_ERROR) return "is not valid UTF-8";
  if (error) return kBadJson;
  ondemand::object object;
  const simdjson::error_code kind = document.get_object().get(object);
  if (kind) return kind == simdjson::INCORRECT_TYPE ? "is not a JSON object" : kBadJson;
  const std::string_view problem = state_->walk(plan.root, object, 0);
  if (!problem.empty()) return problem;
  // Only at the end of the text is there no current place.
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? std::string_view() : "goes on after the JSON object";
}

std::vector<std::string> JsonRecord::member_names(std::span<const char> record) {
  std::vector<std::string> names;
  if (is_too_deep(record)) return {};
  ondemand::document document;
  ondemand::object object;
  if (state_->parser
          .iterate(record.data(), record.size(), record.size() + simdjson::SIMDJSON_PADDING)
          .get(document)) {
    return {};
  }
  if (document.get_object().get(object)) return {};
  for (auto result : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(result).get(field)) return {};
    if (!read_key(field, record.data() + record.size(), key)) return {};
    if (names.size() < kMembersMax) names.emplace_back(key);
  }
  return names;
}

}  // namespace proviso::intake

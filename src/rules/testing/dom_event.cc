// SPDX-License-Identifier: Apache-2.0
#include "rules/testing/dom_event.h"

#include <array>
#include <charconv>

#include "rules/json_text.h"

namespace proviso::rules {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// simdjson itself refuses deeper documents (1,024).
constexpr std::size_t kDepthMax = 1100;

template <class T>
void write_integer(T number, std::string& out) {
  std::array<char, 24> buffer{};
  const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), done.ptr);
}

}  // namespace

void write_json(element e, std::string& out) {
  bool first = true;
  switch (e.type()) {
    case element_type::OBJECT:
      out.push_back('{');
      for (const auto field : simdjson::dom::object(e.get_object().value_unsafe())) {
        if (!first) out.push_back(',');
        first = false;
        write_json_string(field.key, out);
        out.push_back(':');
        write_json(field.value, out);
      }
      out.push_back('}');
      return;
    case element_type::ARRAY:
      out.push_back('[');
      for (const element child : simdjson::dom::array(e.get_array().value_unsafe())) {
        if (!first) out.push_back(',');
        first = false;
        write_json(child, out);
      }
      out.push_back(']');
      return;
    case element_type::STRING: return write_json_string(e.get_string().value_unsafe(), out);
    case element_type::INT64: return write_integer(e.get_int64().value_unsafe(), out);
    case element_type::UINT64: return write_integer(e.get_uint64().value_unsafe(), out);
    case element_type::DOUBLE: return write_json_double(e.get_double().value_unsafe(), out);
    case element_type::BOOL: out += e.get_bool().value_unsafe() ? "true" : "false"; return;
    case element_type::NULL_VALUE: out += "null"; return;
  }
}

DomEvent::DomEvent(std::shared_ptr<const Program> program)
    : program_(std::move(program)), slots_(program_->fields().size()) {}

void DomEvent::reset(simdjson::dom::object object) {
  object_ = object;
  texts_used_ = 0;
  ++serial_;
}

std::string& DomEvent::fresh() {
  if (texts_used_ == texts_.size()) texts_.emplace_back();
  std::string& text = texts_[texts_used_++];
  text.clear();
  return text;
}

Value DomEvent::value_of(element e) {
  Value value;
  switch (e.type()) {
    case element_type::NULL_VALUE: return value;
    case element_type::STRING: return {ValueKind::string, 0, e.get_string().value_unsafe()};
    case element_type::BOOL:
      return {ValueKind::boolean, 0, e.get_bool().value_unsafe() ? "true" : "false"};
    case element_type::OBJECT:
    case element_type::ARRAY: value.kind = ValueKind::json; break;
    default:
      value.kind = ValueKind::number;
      value.number = e.get_double().value_unsafe();
      break;
  }
  std::string& text = fresh();
  write_json(e, text);
  value.text = text;
  return value;
}

void DomEvent::add(element e, std::vector<Value>& out, std::size_t depth) {
  out.push_back(value_of(e));
  if (e.type() != element_type::ARRAY || depth > kDepthMax) return;
  for (const element child : simdjson::dom::array(e.get_array().value_unsafe())) {
    add(child, out, depth + 1);
  }
}

// The rest of a dotted path below `e`.
void DomEvent::collect(element e, std::string_view path, std::vector<Value>& out,
                       std::size_t depth) {
  if (depth > kDepthMax) return;
  if (e.type() == element_type::ARRAY) {
    for (const element child : simdjson::dom::array(e.get_array().value_unsafe())) {
      collect(child, path, out, depth + 1);
    }
    return;
  }
  if (e.type() != element_type::OBJECT) return;
  const std::size_t dot = path.find('.');
  element child;
  if (e.get_object().value_unsafe().at_key(path.substr(0, dot)).get(child)) return;
  if (dot == std::string_view::npos) return add(child, out, depth);
  collect(child, path.substr(dot + 1), out, depth + 1);
}

std::span<const Value> DomEvent::values(FieldId field) {
  Slot& slot = slots_[index(field)];
  if (slot.filled_for == serial_) return slot.values;
  slot.filled_for = serial_;
  slot.values.clear();
  const std::string& name = program_->fields()[index(field)];
  element child;
  if (!object_.at_key(name).get(child)) {
    add(child, slot.values, 0);
    return slot.values;
  }
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return slot.values;
  const std::string_view path = name;
  if (!object_.at_key(path.substr(0, dot)).get(child)) {
    collect(child, path.substr(dot + 1), slot.values, 0);
  }
  return slot.values;
}

void DomEvent::add_leaves(element e, std::size_t depth) {
  if (depth > kDepthMax) return;
  if (e.type() == element_type::OBJECT) {
    for (const auto field : simdjson::dom::object(e.get_object().value_unsafe())) {
      add_leaves(field.value, depth + 1);
    }
  } else if (e.type() == element_type::ARRAY) {
    for (const element child : simdjson::dom::array(e.get_array().value_unsafe())) {
      add_leaves(child, depth + 1);
    }
  } else {
    leaves_.push_back(value_of(e));
  }
}

std::span<const Value> DomEvent::leaves() {
  if (leaves_for_ == serial_) return leaves_;
  leaves_for_ = serial_;
  leaves_.clear();
  for (const auto field : object_) add_leaves(field.value, 0);
  return leaves_;
}

}  // namespace proviso::rules

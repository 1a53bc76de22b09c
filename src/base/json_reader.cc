// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/json.h"

namespace proviso {
namespace {

const Json kNull;
const Json::Array kNoItems;

}  // namespace

JsonReader::JsonReader(const Json& value, std::string where)
    : value_(value), where_(std::move(where)) {
  if (value_.if_object() == nullptr) {
    error_ = Error{Errc::invalid_input, (where_.empty() ? "document" : where_) + ": not an object"};
  }
}

std::string JsonReader::path(std::string_view name) const {
  return where_.empty() ? std::string(name) : where_ + "." + std::string(name);
}

void JsonReader::fail_at(std::string_view name, std::string_view what) {
  if (!error_) error_ = Error{Errc::invalid_input, path(name) + ": " + std::string(what)};
}

const Json* JsonReader::take(std::string_view name, bool required) {
  seen_.emplace_back(name);
  const Json* member = value_.find(name);
  if (member == nullptr && required) fail_at(name, "missing");
  return member;
}

std::string JsonReader::string(std::string_view name) {
  const Json* member = take(name, true);
  if (member == nullptr) return {};
  if (const std::string* s = member->if_string()) return *s;
  fail_at(name, "not a string");
  return {};
}

std::string JsonReader::string_or(std::string_view name, std::string fallback) {
  if (value_.find(name) == nullptr) {
    seen_.emplace_back(name);
    return fallback;
  }
  return string(name);
}

std::int64_t JsonReader::integer(std::string_view name) {
  const Json* member = take(name, true);
  if (member == nullptr) return 0;
  if (const std::int64_t* n = member->if_int()) return *n;
  fail_at(name, "not an integer");
  return 0;
}

std::int64_t JsonReader::integer_or(std::string_view name, std::int64_t fallback) {
  if (value_.find(name) == nullptr) {
    seen_.emplace_back(name);
    return fallback;
  }
  return integer(name);
}

bool JsonReader::boolean(std::string_view name) {
  const Json* member = take(name, true);
  if (member == nullptr) return false;
  if (const bool* b = member->if_bool()) return *b;
  fail_at(name, "neither true nor false");
  return false;
}

bool JsonReader::boolean_or(std::string_view name, bool fallback) {
  if (value_.find(name) == nullptr) {
    seen_.emplace_back(name);
    return fallback;
  }
  return boolean(name);
}

std::vector<std::string> JsonReader::strings(std::string_view name) {
  std::vector<std::string> out;
  for (const Json& item : array(name)) {
    const std::string* s = item.if_string();
    if (s == nullptr) {
      fail_at(name, "not a list of strings");
      return {};
    }
    out.push_back(*s);
  }
  return out;
}

std::vector<std::string> JsonReader::strings_or_empty(std::string_view name) {
  if (value_.find(name) == nullptr) {
    seen_.emplace_back(name);
    return {};
  }
  return strings(name);
}

const Json::Array& JsonReader::array(std::string_view name) {
  const Json* member = take(name, true);
  if (member == nullptr) return kNoItems;
  if (const Json::Array* a = member->if_array()) return *a;
  fail_at(name, "not a list");
  return kNoItems;
}

const Json& JsonReader::object(std::string_view name) {
  const Json* member = take(name, true);
  if (member == nullptr) return kNull;
  if (member->if_object() == nullptr) fail_at(name, "not an object");
  return *member;
}

const Json* JsonReader::optional(std::string_view name) { return take(name, false); }

Result<void> JsonReader::finish() {
  if (!error_) {
    for (const auto& [name, member] : *value_.if_object()) {
      if (std::find(seen_.begin(), seen_.end(), name) == seen_.end()) {
        fail_at(name, "unknown member");
        break;
      }
    }
  }
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace proviso

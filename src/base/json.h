// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace proviso {

/// Orders strings by UTF-16 code units, as RFC 8785 section 3.2.3 sorts member names.
struct Utf16Less {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// A JSON value of the kind that our own documents are made of: integers within ±(2^53-1), strings,
/// booleans, null, arrays, objects. No floating point: what is signed must have one text.
/// Our own small code rather than a library, since the gate library and ledger-verify link no
/// third-party code but cryptography.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, Utf16Less>;

  Json() : value_(nullptr) {}
  Json(std::nullptr_t) : value_(nullptr) {}
  Json(bool b) : value_(b) {}
  Json(int n) : value_(static_cast<std::int64_t>(n)) {}
  Json(std::int64_t n) : value_(n) {}
  Json(std::uint64_t n) : value_(static_cast<std::int64_t>(n)) {}
  Json(std::string s) : value_(std::move(s)) {}
  Json(std::string_view s) : value_(std::string(s)) {}
  Json(const char* s) : value_(std::string(s)) {}
  Json(Array a) : value_(std::move(a)) {}
  Json(Object o) : value_(std::move(o)) {}

  bool operator==(const Json&) const = default;

  /// Null unless it is of that kind.
  [[nodiscard]] const bool* if_bool() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* if_int() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::string* if_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* if_array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* if_object() const { return std::get_if<Object>(&value_); }
  [[nodiscard]] Array* if_array() { return std::get_if<Array>(&value_); }
  [[nodiscard]] Object* if_object() { return std::get_if<Object>(&value_); }
  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }

  /// The member, or null where this is no object or has none of that name.
  [[nodiscard]] const Json* find(std::string_view name) const;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t bytes_max = 16U << 20U;
  std::size_t depth_max = 64;
};

/// Parses one JSON text. Refuses: floats, integers beyond 2^53-1, duplicate names, broken UTF-8,
/// lone surrogates, trailing text, and what exceeds `limits`. The error begins "LINE:COLUMN: ".
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// RFC 8785 canonical text: sorted names, no white space, shortest escapes.
std::string canonical_json(const Json& value);
/// For people: two spaces of indentation, sorted names.
std::string pretty_json(const Json& value);

/// Reads members of an object, collecting the first thing that is wrong; each error names the
/// member ("scope[2].service: missing"). Every member must be asked for: finish() refuses others.
class JsonReader {
 public:
  explicit JsonReader(const Json& value, std::string where = "");

  std::string string(std::string_view name);
  std::string string_or(std::string_view name, std::string fallback);
  std::int64_t integer(std::string_view name);
  std::int64_t integer_or(std::string_view name, std::int64_t fallback);
  bool boolean(std::string_view name);
  bool boolean_or(std::string_view name, bool fallback);
  /// Empty where the member is missing and `required` is not set.
  std::vector<std::string> strings(std::string_view name);
  std::vector<std::string> strings_or_empty(std::string_view name);
  /// Objects of an array; each comes with the path to it for JsonReader.
  const Json::Array& array(std::string_view name);
  const Json& object(std::string_view name);
  const Json* optional(std::string_view name);

  [[nodiscard]] std::string path(std::string_view name) const;
  void fail_at(std::string_view name, std::string_view what);
  [[nodiscard]] bool ok() const { return !error_; }
  /// Refuses members that nobody asked for; returns the first error.
  Result<void> finish();

 private:
  const Json* take(std::string_view name, bool required);
  const Json& value_;
  std::string where_;
  std::vector<std::string> seen_;
  std::optional<Error> error_;
};

}  // namespace proviso

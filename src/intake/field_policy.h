// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

namespace proviso::intake {

/// Canonical fields of a usage event that a source field can fill with text.
enum class TextTarget : std::uint8_t {
  id,
  provider,
  billing_account,
  subscription,
  service,
  service_category,
  operation,
  region,
  resource_type,
  resource_ref,
  status
};
inline constexpr std::size_t kTextTargets = 11;
/// Names as in a mapping file, by TextTarget.
std::string_view name_of(TextTarget target);

enum class Syntax : std::uint8_t { json, csv };

/// One quantity of a format. Entries with the same unit are added up.
struct AmountMapping {
  std::string unit;                 ///< fixed unit; empty where `unit_field` tells it
  std::string unit_field;           ///< path of the unit
  std::vector<std::string> fields;  ///< paths of the quantity; the first one present counts
};

/// A mapping file: what of one format's fields is taken, and as what. This is the field policy
/// (I1): what stands neither in `keep` nor in `hash` never leaves the parser.
/// docs/formats/field-policy.md is its specification. Paths: member names joined by '.', "[]" after
/// an array.
struct FieldPolicy {
  std::string format;
  Syntax syntax = Syntax::json;
  /// Alternatives: a record that has all top-level members of one of them is of this format.
  std::vector<std::vector<std::string>> detect;
  /// Members that must have this value.
  std::map<std::string, std::string> require;
  /// Canonical field -> source paths, the most wanted first.
  std::vector<std::vector<std::string>> text{kTextTargets};
  std::vector<std::vector<std::string>> constants{kTextTargets};  ///< empty or one value
  std::vector<std::string> window_start;
  std::vector<std::string> window_end;
  std::vector<std::string> count;
  std::vector<std::string> operation_index;
  std::vector<AmountMapping> amounts;
  bool numbers_as_strings = false;
  /// Nanoseconds per unit of a time that is a number; 0 = such times are refused.
  std::int64_t numeric_time_ns = 0;
  /// Member names hold dots (attribute names): paths are not split.
  bool literal_names = false;
  /// Where attributes are found, as an object or as an OTLP key/value list.
  std::vector<std::string> attribute_bags;
  std::vector<std::string> keep;
  std::vector<std::string> hash;
  std::vector<std::string> drop;

  /// True where `field` (source's own path, with or without "[]") is kept or hashed.
  [[nodiscard]] bool keeps(std::string_view field) const;
  [[nodiscard]] bool hashes(std::string_view field) const;
};

/// The policies of all formats, by format name.
class FieldPolicies {
 public:
  /// invalid_input where the format is there already.
  Result<void> add(FieldPolicy policy);
  [[nodiscard]] const FieldPolicy* find(std::string_view format) const;
  /// False also where the format is unknown.
  [[nodiscard]] bool keeps(std::string_view format, std::string_view field) const;
  /// True where any format keeps or hashes it.
  [[nodiscard]] bool keeps(std::string_view field) const;
  [[nodiscard]] const std::map<std::string, FieldPolicy, std::less<>>& all() const { return all_; }

 private:
  std::map<std::string, FieldPolicy, std::less<>> all_;
};

/// Reads one mapping file. `name` is for messages. invalid_input: not JSON, unknown members, a
/// mapped field that is not kept, a field that is kept and dropped; denied: a field of the
/// never-list.
Result<FieldPolicy> parse_field_policy(std::string_view name, std::string_view text);
/// Reads every *.json of a folder; at least one.
Result<FieldPolicies> load_field_policies(FileSystem& files, const std::string& folder);

/// The path without its "[]": how rules name a field.
std::string rule_name(std::string_view path);

}  // namespace proviso::intake

// SPDX-License-Identifier: Apache-2.0
#include "probes/toml_json.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace proviso::probes {
namespace {

std::unexpected<Error> fault_at(const std::string& file, const toml::source_region& where,
                                std::string_view what) {
  return fail(Errc::invalid_input, file + ":" + std::to_string(where.begin.line) + ":" +
                                       std::to_string(where.begin.column) + ": " +
                                       std::string(what));
}

// As deep as toml++ itself goes (TOML_MAX_NESTED_VALUES). NOLINTNEXTLINE(misc-no-recursion)
Result<Json> convert(const std::string& file, const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return Json(*text);
  if (const auto number = node.value_exact<std::int64_t>()) return Json(*number);
  if (const auto truth = node.value_exact<bool>()) return Json(*truth);
  if (const toml::array* array = node.as_array()) {
    Json::Array out;
    for (const auto& item : *array) out.push_back(TRY(convert(file, item)));
    return Json(std::move(out));
  }
  if (const toml::table* table = node.as_table()) {
    Json::Object out;
    for (const auto& [key, value] : *table) {
      out.emplace(std::string(key.str()), TRY(convert(file, value)));
    }
    return Json(std::move(out));
  }
  return fault_at(file, node.source(), "neither a text, a whole number, true nor false");
}

}  // namespace

Result<Json> json_of_toml(const std::string& file, std::string_view text) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) return fault_at(file, parsed.error().source(), parsed.error().description());
  return convert(file, parsed.table());
}

}  // namespace proviso::probes

// SPDX-License-Identifier: Apache-2.0
#include "model/catalogue.h"

#include <algorithm>

#include "model/ids.h"

namespace proviso::model {
namespace {

constexpr std::size_t kServicesMax = 10'000;
constexpr std::size_t kOperationsMax = 100'000;
constexpr std::size_t kRegionsMax = 100'000;

// Nothing where the member is missing; an empty list would make every region unknown.
Result<std::set<std::string, std::less<>>> read_regions(JsonReader& line) {
  std::set<std::string, std::less<>> regions;
  const bool named = line.optional("regions") != nullptr;
  for (const std::string& region : line.strings_or_empty("regions")) {
    if (!is_valid_id(region)) line.fail_at("regions", "not a valid identifier");
    if (!regions.insert(region).second) line.fail_at("regions", "a region stands twice");
  }
  if (named && line.ok() && regions.empty()) line.fail_at("regions", "empty (leave it out)");
  return regions;
}

Result<std::map<std::string, ActionClass, std::less<>>> read_operations(const Json& map,
                                                                        const JsonReader& line) {
  std::map<std::string, ActionClass, std::less<>> known;
  for (const auto& [operation, value] : *map.if_object()) {
    const std::string* text = value.if_string();
    const auto action_class = text != nullptr ? parse_action_class(*text) : std::nullopt;
    if (!action_class) {
      return fail(Errc::invalid_input, line.path("operations." + operation) +
                                           ": not an action class (read, write, compute, admin, "
                                           "export, other)");
    }
    known.emplace(operation, *action_class);
  }
  return known;
}

}  // namespace

Result<Catalogue> Catalogue::parse(const Json& document) {
  Catalogue catalogue;
  JsonReader reader(document, "catalogue");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  std::size_t operations = 0;
  std::size_t regions = 0;
  std::size_t index = 0;
  for (const Json& item : reader.array("services")) {
    JsonReader line(item, reader.path("services[" + std::to_string(index++) + "]"));
    const std::string service = line.string("service");
    if (line.ok() && !is_valid_id(service)) line.fail_at("service", "not a valid identifier");
    if (catalogue.services_.contains(service)) line.fail_at("service", "stands twice");
    const Json& map = line.object("operations");
    Regions offered = TRY(read_regions(line));
    TRY_VOID(line.finish());
    Operations known = TRY(read_operations(map, line));
    operations += known.size();
    regions += offered.size();
    catalogue.services_.emplace(service, std::move(known));
    if (!offered.empty()) catalogue.regions_.emplace(service, std::move(offered));
  }
  TRY_VOID(reader.finish());
  if (index > kServicesMax || operations > kOperationsMax || regions > kRegionsMax) {
    return fail(Errc::exhausted,
                "catalogue: more than 10000 services, 100000 operations or 100000 regions");
  }
  catalogue.document_ = document;
  catalogue.digest_ = sha256(canonical_json(document));
  return catalogue;
}

bool Catalogue::knows(std::string_view service) const { return services_.contains(service); }

ActionClass Catalogue::class_of(std::string_view service, std::string_view operation) const {
  const auto it = services_.find(service);
  if (it == services_.end()) return ActionClass::other;
  const auto found = it->second.find(operation);
  return found == it->second.end() ? ActionClass::other : found->second;
}

const Catalogue::Regions* Catalogue::regions_of(std::string_view service) const {
  const auto it = regions_.find(service);
  return it == regions_.end() ? nullptr : &it->second;
}

bool Catalogue::has_export(std::string_view service) const {
  const auto it = services_.find(service);
  return it != services_.end() &&
         std::any_of(it->second.begin(), it->second.end(),
                     [](const auto& o) { return o.second == ActionClass::export_data; });
}

}  // namespace proviso::model

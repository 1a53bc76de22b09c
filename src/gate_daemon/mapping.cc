// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/mapping.h"

#include "model/ids.h"

namespace proviso::gate_daemon {
namespace {

struct PlaceName {
  std::string_view text;
  Place::Of of;
  bool has_name;
};
constexpr std::array kPlaces{
    PlaceName{"subject.type", Place::Of::subject_type, false},
    PlaceName{"subject.id", Place::Of::subject_id, false},
    PlaceName{"subject.properties.", Place::Of::subject_property, true},
    PlaceName{"resource.type", Place::Of::resource_type, false},
    PlaceName{"resource.id", Place::Of::resource_id, false},
    PlaceName{"resource.properties.", Place::Of::resource_property, true},
    PlaceName{"action.name", Place::Of::action_name, false},
    PlaceName{"action.properties.", Place::Of::action_property, true},
    PlaceName{"context.", Place::Of::context, true},
    PlaceName{"=", Place::Of::fixed, true},
};

}  // namespace

Result<Place> Place::parse(std::string_view text) {
  for (const PlaceName& place : kPlaces) {
    if (!place.has_name && text == place.text) return Place{place.of, {}};
    if (!place.has_name || !text.starts_with(place.text)) continue;
    const std::string_view name = text.substr(place.text.size());
    if (model::is_valid_id(name)) return Place{place.of, std::string(name)};
  }
  return fail(Errc::invalid_input,
              "no place of a request (subject.id, subject.properties.NAME, the same of resource, "
              "action.name, action.properties.NAME, context.NAME, or =VALUE)");
}

std::string to_string(const Place& place) {
  for (const PlaceName& each : kPlaces) {
    if (each.of == place.of) return std::string(each.text) + place.name;
  }
  return {};
}

}  // namespace proviso::gate_daemon

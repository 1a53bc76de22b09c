// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso::gate_daemon {

/// Where in an AuthZEN request a value stands.
struct Place {
  enum class Of : std::uint8_t {
    subject_type,
    subject_id,
    subject_property,
    resource_type,
    resource_id,
    resource_property,
    action_name,
    action_property,
    context,
    fixed,  ///< nowhere: it is always `name`
  };
  Of of = Of::fixed;
  std::string name;  ///< of the property or member

  /// "subject.id", "subject.type", "subject.properties.NAME", the same of "resource";
  /// "action.name", "action.properties.NAME"; "context.NAME"; "=VALUE". `invalid_input` otherwise.
  static Result<Place> parse(std::string_view text);
};
std::string to_string(const Place& place);

/// What of an AuthZEN request is what to a gate.
struct AuthzenMapping {
  Place subscription{Place::Of::subject_id, {}};
  Place service{Place::Of::resource_id, {}};
  Place operation{Place::Of::action_name, {}};
  Place region{Place::Of::context, "region"};
  Place resource{Place::Of::context, "resource"};
  /// In searches, what subscriptions and services are called; of another type there are none.
  /// Evaluations don't look at types: an unknown one must not loosen a restriction.
  std::string subject_type = "subscription";
  std::string resource_type = "service";
};

/// In which header fields /check finds what it is asked about.
struct CheckMapping {
  std::string subscription = "X-Proviso-Subscription";
  std::string service = "X-Proviso-Service";
  std::string operation = "X-Proviso-Operation";
  std::string region = "X-Proviso-Region";
  std::string resource = "X-Proviso-Resource";
  /// Whether it may stand in the query as well (subscription=...&service=...).
  bool queries = false;
};

}  // namespace proviso::gate_daemon

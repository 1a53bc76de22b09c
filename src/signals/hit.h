// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "rules/event_view.h"

namespace proviso::signals {

/// A group-by field and its value at the event. A missing field is null: a group of its own.
struct GroupValue {
  std::string name;
  rules::ValueKind kind = rules::ValueKind::null;
  std::string text;
  bool operator==(const GroupValue&) const = default;
};

/// A place in the stream: time, then line.
struct Place {
  Time time{};
  std::uint64_t line = 0;
  auto operator<=>(const Place&) const = default;
};

}  // namespace proviso::signals

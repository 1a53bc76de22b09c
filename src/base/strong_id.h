// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace proviso {

/// A string that names one kind of thing. `Tag` makes each kind its own type, so that a service
/// cannot be passed where a subscription is meant.
template <class Tag>
struct StrongId {
  std::string value;

  StrongId() = default;
  explicit StrongId(std::string v) : value(std::move(v)) {}
  [[nodiscard]] bool empty() const { return value.empty(); }
  auto operator<=>(const StrongId&) const = default;
};

}  // namespace proviso

template <class Tag>
struct std::hash<proviso::StrongId<Tag>> {
  std::size_t operator()(const proviso::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "signals/hit.h"

namespace proviso::server {

/// Stands for a customer's own identifier where nobody may see whose usage it is (I14, decision
/// 0013): "p-" and twelve digits of a keyed hash. The same key gives the same one. One thread.
class Pseudonyms {
 public:
  /// An empty key: a random one, so that what is printed once fits nothing printed later.
  explicit Pseudonyms(std::string key);
  [[nodiscard]] std::string of(std::string_view identifier) const;
  /// Whether values of this field tell nothing about who the customer is (region, service, ...).
  [[nodiscard]] static bool is_harmless(std::string_view field);
  /// "subscription=p-0123456789ab region=eu-central-1"; "all" for an empty group.
  [[nodiscard]] std::string group_text(const std::vector<signals::GroupValue>& group) const;

 private:
  KeyedHash hash_;
};

}  // namespace proviso::server

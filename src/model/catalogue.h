// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"
#include "model/effect.h"

namespace proviso::model {

/// Which class each operation of each service belongs to. Immutable; orders pin it by digest (I3).
class Catalogue {
 public:
  /// {"version":1,"services":[SERVICE,...]}, a SERVICE being
  /// {"service":S,"operations":{OPERATION:CLASS,...},"regions":[R,...]}; "regions" may be missing.
  /// At most 10,000 services, 100,000 operations and 100,000 regions.
  /// Errors name the member.
  static Result<Catalogue> parse(const Json& document);

  [[nodiscard]] bool knows(std::string_view service) const;
  /// `other` for what the catalogue does not know.
  [[nodiscard]] ActionClass class_of(std::string_view service, std::string_view operation) const;
  using Operations = std::map<std::string, ActionClass, std::less<>>;
  /// All that it knows, by service.
  [[nodiscard]] const std::map<std::string, Operations, std::less<>>& services() const {
    return services_;
  }
  using Regions = std::set<std::string, std::less<>>;
  /// Where the service is offered; null where the catalogue does not say.
  [[nodiscard]] const Regions* regions_of(std::string_view service) const;
  [[nodiscard]] bool has_export(std::string_view service) const;
  /// SHA-256 of the canonical document.
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] const Json& document() const { return document_; }

 private:
  Json document_;
  Digest digest_;
  std::map<std::string, Operations, std::less<>> services_;
  std::map<std::string, Regions, std::less<>> regions_;
};

}  // namespace proviso::model

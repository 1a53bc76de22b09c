// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "gate_daemon/authzen_request.h"
#include "gate_daemon/checks.h"
#include "gate_daemon/latest.h"
#include "gate_daemon/names.h"

namespace proviso::gate_daemon {

/// AuthZEN's searches, over what a gate can name (names.h): subscriptions that orders in force
/// name, services and operations of their catalogues. Each result is one that the gate lets through
/// now. A subscription that no order names is unknown here, and finds nothing; evaluations of it
/// say `true`. Searches are not counted as checks. One event loop's thread.
class AuthzenSearch {
 public:
  static constexpr std::size_t kResultsMax = 1'000;  ///< on a page
  static constexpr std::size_t kChecksMax = 20'000;  ///< for a page; then there is a next one

  AuthzenSearch(const Checks& checks, const Latest<Names>& names, const AuthzenMapping& mapping);

  /// Where the mapping takes what is searched for from elsewhere than its id or name, it can't be.
  [[nodiscard]] bool offers(Searched searched) const;

  /// Append the answer's body. `invalid_input`: the request; nothing was appended.
  Result<void> subjects(simdjson::dom::object body, std::string& out) const;
  Result<void> resources(simdjson::dom::object body, std::string& out) const;
  Result<void> actions(simdjson::dom::object body, std::string& out) const;

 private:
  struct Page;
  using Check = std::function<bool(std::string_view candidate)>;
  [[nodiscard]] Check allows(const gates::Request& request, Searched searched) const;
  Result<Page> page_of(simdjson::dom::object body, const gates::Request& request,
                       Searched searched) const;
  [[nodiscard]] bool types_fit(const AuthzenParts& parts) const;

  const Checks& checks_;
  const Latest<Names>& names_;
  const AuthzenMapping& mapping_;
};

}  // namespace proviso::gate_daemon

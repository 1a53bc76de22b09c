// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gate_daemon/authzen_request.h"
#include "gate_daemon/authzen_search.h"
#include "gate_daemon/checks.h"
#include "gate_daemon/http_message.h"
#include "gate_daemon/latest.h"
#include "gate_daemon/mapping.h"
#include "gate_daemon/names.h"

namespace proviso::gate_daemon {

struct AuthzenSettings {
  AuthzenMapping mapping;
  /// Where clients reach it, for the metadata; empty: no metadata is served. Never from a request's
  /// Host, which a client chooses.
  std::string base_url;
  std::size_t evaluations_max = 1'000;  ///< in one request

  /// `invalid_input`: the base URL is not https, or has a query, a fragment or a '/' at its end.
  [[nodiscard]] Result<void> check() const;
};

/// OpenID AuthZEN Authorization API 1.0: evaluation, evaluations, the three searches, metadata. One
/// event loop's thread.
class Authzen final : public HttpHandler {
 public:
  /// What is given outlives it.
  Authzen(Checks& checks, const Latest<Names>& names, AuthzenSettings settings);
  void answer(const HttpRequest& request, HttpAnswer& answer) override;

 private:
  using Api = Result<void> (Authzen::*)(simdjson::dom::object, std::string&);
  [[nodiscard]] Api api_of(std::string_view path) const;
  void post(Api api, const HttpRequest& request, HttpAnswer& answer);
  void metadata(HttpAnswer& answer) const;
  Result<void> evaluation(simdjson::dom::object body, std::string& out);
  Result<void> evaluations(simdjson::dom::object body, std::string& out);
  Result<void> subjects(simdjson::dom::object body, std::string& out);
  Result<void> resources(simdjson::dom::object body, std::string& out);
  Result<void> actions(simdjson::dom::object body, std::string& out);
  /// Whether the item was permitted.
  bool evaluate_item(const AuthzenParts& defaults, simdjson::dom::element item, std::string& out);

  Checks& checks_;
  const AuthzenSettings settings_;
  std::string base_path_;
  AuthzenReader reader_;
  AuthzenSearch search_;
};

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace proviso::http {

/// Who may call a route. There is no default: a route says it, or does not compile.
class Access {
 public:
  /// Everyone.
  static Access open() { return {Kind::open, {}}; }
  /// Whoever has a token with this scope.
  static Access token(std::string scope) { return {Kind::token, std::move(scope)}; }
  /// The same, and programs on this machine (not through a proxy) without one.
  static Access token_or_loopback(std::string scope) {
    return {Kind::token_or_loopback, std::move(scope)};
  }
  [[nodiscard]] bool is_open() const { return kind_ == Kind::open; }
  [[nodiscard]] bool allows_loopback() const { return kind_ == Kind::token_or_loopback; }
  [[nodiscard]] const std::string& scope() const { return scope_; }
  /// "open", "token SCOPE", "token SCOPE or loopback".
  [[nodiscard]] std::string describe() const;

 private:
  enum class Kind : std::uint8_t { open, token, token_or_loopback };
  Access(Kind kind, std::string scope) : kind_(kind), scope_(std::move(scope)) {}
  Kind kind_;
  std::string scope_;
};

/// What the segments in braces of a pattern matched.
using PathValues = std::vector<std::pair<std::string, std::string>>;

struct Route {
  Method method;
  /// "/a/{name}/b", or with a last segment "{name...}" that matches one or more segments.
  std::string pattern;
  Access access;
  std::function<Response(const Request&, const PathValues&)> handle;
  std::size_t body_bytes_max = 0;
};

/// What a token is good for.
enum class Grant : std::uint8_t { unknown, other_scope, granted };
using Authoriser = std::function<Grant(std::string_view token, std::string_view scope)>;

/// Finds a request's route and asks whether it may be called. HEAD goes the way of GET.
/// Threads: build it on one; then any may call. Handlers are called on the caller's thread.
class Router {
 public:
  explicit Router(Authoriser authoriser) : authoriser_(std::move(authoriser)) {}
  /// A pattern and method stand once.
  void add(Route route);
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  /// Where a request is refused by its head alone (404, 405, 401, 403), the answer; so nobody who
  /// may not call a route makes us read a body.
  [[nodiscard]] std::optional<Response> refuse(const Request& head) const;
  /// How long a body this request may have: that of its route, or 0.
  [[nodiscard]] std::size_t body_bytes_max(const Request& head) const;
  /// The pattern, for logs and figures, which must not hold what a client wrote; "none" without
  /// one.
  [[nodiscard]] std::string_view pattern_of(const Request& head) const;
  /// Checks again, then handles.
  [[nodiscard]] Response dispatch(const Request& request) const;

 private:
  struct Found {
    const Route* route = nullptr;
    PathValues values;
    std::string allowed;  // methods of the path, where the method is not among them
  };
  [[nodiscard]] Found find(const Request& head) const;
  [[nodiscard]] std::optional<Response> refuse(const Request& head, const Found& found) const;

  Authoriser authoriser_;
  std::vector<Route> routes_;
};

}  // namespace proviso::http

// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <algorithm>

#include "base/check.h"
#include "http/target.h"

namespace proviso::http {
namespace {

std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);  // the slash
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// Both begin with '/'. One pass, no way back: a pattern has one tail at most.
bool matches(std::string_view pattern, std::string_view path, PathValues& values) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view rest = path.substr(1);
    const std::string_view wanted = next_segment(pattern);
    const std::string_view segment = next_segment(path);
    if (!wanted.starts_with('{')) {
      if (wanted != segment) return false;
      continue;
    }
    if (segment.empty()) return false;
    const std::string_view name = wanted.substr(1, wanted.size() - 2);
    if (name.ends_with("...")) {
      values.emplace_back(name.substr(0, name.size() - 3), rest);
      return true;
    }
    values.emplace_back(name, segment);
  }
  return pattern.empty() && path.empty();
}

Response unauthorised(std::string_view what) {
  Response out = problem(401, what);
  out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"proviso\"");
  return out;
}

}  // namespace

std::string Access::describe() const {
  switch (kind_) {
    case Kind::open: return "open";
    case Kind::token: return "token " + scope_;
    case Kind::token_or_loopback: return "token " + scope_ + " or loopback";
  }
  return "";
}

void Router::add(Route route) {
  CHECK(route.pattern.starts_with('/') && route.handle);
  CHECK(route.access.is_open() || !route.access.scope().empty());
  CHECK(std::none_of(routes_.begin(), routes_.end(), [&](const Route& other) {
    return other.method == route.method && other.pattern == route.pattern;
  }));
  routes_.push_back(std::move(route));
}

Router::Found Router::find(const Request& head) const {
  Found found;
  const Method method = head.method == Method::head ? Method::get : head.method;
  for (const Route& route : routes_) {
    PathValues values;
    if (!matches(route.pattern, head.path, values)) continue;
    if (route.method == method) return {&route, std::move(values), {}};
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += to_string(route.method);
    if (route.method == Method::get) found.allowed += ", HEAD";
  }
  return found;
}

std::optional<Response> Router::refuse(const Request& head, const Found& found) const {
  if (found.route == nullptr) {
    if (found.allowed.empty()) return problem(404, "there is nothing at this path");
    Response out = problem(405, "this path has other methods, see Allow");
    out.headers.emplace_back("Allow", found.allowed);
    return out;
  }
  const Access& access = found.route->access;
  if (access.is_open()) return std::nullopt;
  const std::string_view authorization = head.header("authorization");
  // A token that was sent is judged, also from this machine: a wrong one is a mistake to be seen.
  if (authorization.empty() && access.allows_loopback() && head.loopback) return std::nullopt;
  const std::string_view token = bearer_token(authorization);
  if (token.empty()) return unauthorised("this path needs a bearer token");
  switch (authoriser_(token, access.scope())) {
    case Grant::unknown: return unauthorised("the token is not known, or has ended");
    case Grant::other_scope: return problem(403, "the token does not have the scope for this");
    case Grant::granted: break;
  }
  return std::nullopt;
}

std::optional<Response> Router::refuse(const Request& head) const {
  return refuse(head, find(head));
}

std::size_t Router::body_bytes_max(const Request& head) const {
  const Found found = find(head);
  return found.route == nullptr ? 0 : found.route->body_bytes_max;
}

std::string_view Router::pattern_of(const Request& head) const {
  const Found found = find(head);
  return found.route == nullptr ? std::string_view("none") : found.route->pattern;
}

Response Router::dispatch(const Request& request) const {
  const Found found = find(request);
  auto refused = refuse(request, found);
  if (refused) return std::move(*refused);
  return found.route->handle(request, found.values);
}

}  // namespace proviso::http

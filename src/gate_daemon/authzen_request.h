// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/result.h"
#include "gate_daemon/mapping.h"
#include "gates/request.h"

// From the body of an AuthZEN request to what a gate is asked. Robust to untrusted bytes. Errors
// are for the client: they name the member that is wrong, and hold nothing of its value (I1).
namespace proviso::gate_daemon {

inline constexpr std::size_t kAuthzenDepthMax = 32;

/// Reads bodies; one at a time, what it returned is gone with the next. One thread.
class AuthzenReader {
 public:
  AuthzenReader();
  /// The whole text must be one JSON object of I-JSON (RFC 7493): UTF-8, no name twice in an
  /// object; at most kAuthzenDepthMax deep. Also where nobody looks at it. `invalid_input`.
  Result<simdjson::dom::object> read(std::string_view body);

 private:
  simdjson::dom::parser parser_;
};

/// The four members that an evaluation may have, as they stand; not checked.
struct AuthzenParts {
  using Member = std::optional<simdjson::dom::element>;
  Member subject;
  Member action;
  Member resource;
  Member context;

  static AuthzenParts of(simdjson::dom::object object);
  /// Of an item of a batch: what it has replaces the whole default.
  [[nodiscard]] AuthzenParts with(const AuthzenParts& item) const;
};

/// What is searched for: that part needs no id (or name), and the whole action may be missing.
enum class Searched : std::uint8_t { nothing, subjects, resources, actions };

/// What the gate is asked, as `mapping` says. Views into the reader's document and the mapping.
/// What is searched for stays empty. `invalid_input`: a required member is missing, or of a wrong
/// type; a value that is no name.
Result<gates::Request> to_request(const AuthzenParts& parts, const AuthzenMapping& mapping,
                                  Searched searched = Searched::nothing);

/// A string member; null where it is missing or something else.
std::optional<std::string_view> text_member(simdjson::dom::object object, std::string_view name);

}  // namespace proviso::gate_daemon

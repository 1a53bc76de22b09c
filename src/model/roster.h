// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/signing.h"

namespace proviso::model {

/// What a key is on the roster for. An approver may also propose. The last three can neither
/// propose nor approve; what else they may do is not decided by the roster (docs/formats/entry.md).
enum class Role : std::uint8_t { proposer, approver, reviewer, case_manager, auditor };
/// "proposer", "approver", "reviewer", "case-manager", "auditor".
std::string_view to_string(Role role);
/// The same with its article, for messages: "an approver".
std::string with_article(Role role);
std::optional<Role> parse_role(std::string_view text);
[[nodiscard]] inline bool may_propose(Role role) {
  return role == Role::proposer || role == Role::approver;
}

/// A key, what it is for, and the pseudonymous person who holds it (I11: no name). A person may
/// hold several keys; a key has one role.
struct RosterMember {
  PublicKey key;
  std::string person;
  Role role = Role::approver;
  bool outside = false;  ///< not of the operator's organisation (I15)
  /// An approver whose approval counts for an emergency.
  bool on_call = false;
  /// The key signs in the operator's web console: the server decides what its owner sees, so that
  /// such keys alone decide nothing (I2).
  bool server_mediated = false;
};

/// `on_call` and `server_mediated` stand only where they are true.
Json roster_to_json(const std::vector<RosterMember>& roster);
/// Distinct keys; each key a point of large order; at most 1,000 members; only approvers on call;
/// no person both of the organisation and from outside.
Result<std::vector<RosterMember>> roster_from_json(const Json& value);

}  // namespace proviso::model

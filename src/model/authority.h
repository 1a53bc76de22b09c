// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/signing.h"
#include "model/order.h"

namespace proviso::model {

enum class Role : std::uint8_t { approver, proposer };
std::string_view to_string(Role role);

/// A key and the pseudonymous person who holds it (I11: no name). An approver may also propose.
struct RosterMember {
  PublicKey key;
  std::string person;
  Role role = Role::approver;
  bool outside = false;  ///< not of the operator's organisation (I15)
};

/// Who may decide, and how many it takes: the roster and policy in force at one time.
struct Authority {
  std::vector<RosterMember> roster;
  /// Approvals per kind of order, by its name; at least 2 for all but `lift` (no single person).
  std::map<std::string, std::int64_t, std::less<>> approvals;

  [[nodiscard]] const RosterMember* find(std::string_view key_id) const;
};

Json roster_to_json(const std::vector<RosterMember>& roster);
/// Distinct keys; each key a point of large order; at most 1,000 members.
Result<std::vector<RosterMember>> roster_from_json(const Json& value);
Json policy_to_json(const Authority& authority);
/// Fills `authority.approvals`; 1..100 for lift, 2..100 for the others.
Result<void> policy_from_json(const Json& value, Authority& authority);
/// Refuses a roster with fewer distinct approvers than the policy asks for.
Result<void> check_enough_people(const Authority& authority);

/// A signature by a roster key; the payload type tells proposal and approval apart.
struct Signature {
  std::string key_id;
  std::string bytes;  ///< 64
};

Json signature_to_json(const Signature& signature);
Result<Signature> signature_from_json(const Json& value, const std::string& where);
/// At most kSignaturesMax, so that a hostile list costs no more than that many verifications.
Result<std::vector<Signature>> signatures_from_json(const Json::Array& items,
                                                    const std::string& where);
inline constexpr std::size_t kSignaturesMax = 1'000;

/// What a proposer and what an approver sign: DSSE's pre-authentication encoding of the canonical
/// order under a payload type of its own, so that neither can stand for the other.
std::string proposal_message(std::string_view canonical_order);
std::string approval_message(std::string_view canonical_order);
inline constexpr std::string_view kApprovalPayloadType = "application/vnd.proviso.approval.v1+json";
inline constexpr std::string_view kProposalPayloadType = "application/vnd.proviso.proposal.v1+json";

/// An order with what people signed.
struct SignedOrder {
  Order order;
  std::string canonical;
  std::optional<Signature> proposal;  ///< none for a lift
  std::vector<Signature> approvals;
};

/// Where an order stands under `authority`.
struct Standing {
  std::int64_t needed = 0;
  std::int64_t valid = 0;  ///< distinct approvers in good standing, the proposer not among them
  bool outside_needed = false;
  bool outside_present = false;
  [[nodiscard]] bool enough() const {
    return valid >= needed && (!outside_needed || outside_present);
  }
};

/// Counts (I2, I6, I15). Signatures that do not verify, unknown keys, a second key of one person
/// and the proposer's own count nothing. `invalid_input` where the proposal itself is not valid.
Result<Standing> standing(const SignedOrder& order, const Authority& authority);

/// Whether one more approval may be added: names what is wrong with it, else nothing.
Result<void> check_approval(const SignedOrder& order, const Authority& authority,
                            const Signature& approval);

}  // namespace proviso::model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/order.h"
#include "model/policy.h"
#include "model/roster.h"

namespace proviso::model {

/// Who may decide, and how many it takes: the roster and policy in force at one time.
struct Authority {
  std::vector<RosterMember> roster;
  Policy policy;

  [[nodiscard]] const RosterMember* find(std::string_view key_id) const;
};

/// `denied` for a roster that its policy could not work with: fewer distinct approvers than the
/// policy asks for, server-mediated keys that it does not allow, or approvers of whom none has a
/// key of their own.
Result<void> check_authority(const Authority& authority);

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
  std::int64_t protected_more = 0;  ///< of those needed, because the subject is protected (I15)
  std::int64_t outside_needed = 0;
  std::int64_t outside_valid = 0;
  std::int64_t own_keys = 0;  ///< of `valid`, who approved by a key that is not server-mediated
  [[nodiscard]] bool enough() const {
    return valid >= needed && outside_valid >= outside_needed && own_keys >= 1;
  }
};

/// Counts (I2, I6, I15). Signatures that do not verify, unknown keys, keys of another role, a
/// second key of one person and the proposer's own count nothing; nor, for an emergency, do
/// approvers who are not on call. `denied` where the proposal itself is not valid.
Result<Standing> standing(const SignedOrder& order, const Authority& authority);

/// The same, but `denied` where that is not enough, saying what is missing.
Result<Standing> check_enough(const SignedOrder& order, const Authority& authority);

/// Whether one more approval may be added: names what is wrong with it, else nothing. Who approved
/// by a server-mediated key may do so again by a key of their own.
Result<void> check_approval(const SignedOrder& order, const Authority& authority,
                            const Signature& approval);

}  // namespace proviso::model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/authority.h"

namespace proviso::model {

/// Digests of the operator's documents in force; each changes only by an order (I1).
struct Documents {
  Digest catalogue;
  Digest field_policy;
  Digest rulebook;
  Digest terms;
};

/// The ledger's first entry: everything else is trusted because it chains from here (design §7).
struct Genesis {
  std::string ledger;      ///< origin line
  std::string ledger_key;  ///< the log's signed-note verifier key
  std::string nonce;
  Time sealed_at{};
  Authority authority;
  Documents documents;
  /// The founders' witness policy, as in TrustRoot. For the record: what a verifier asks for stands
  /// in its trust file, so that witnesses can be replaced.
  std::string witnesses = {};
};

Json genesis_to_json(const Genesis& genesis);
Result<Genesis> genesis_from_json(const Json& document);

/// What a gate's owner or a verifier is given by hand. Nothing in a snapshot can vouch for itself.
struct TrustRoot {
  std::string ledger;
  std::string ledger_key;
  Digest genesis;  ///< SHA-256 of the genesis entry's bytes
  /// Text of a witness policy (docs/formats/witness.md): whose cosignatures a checkpoint must have.
  /// Each line ends with a line feed. Empty: nobody's. Not judged here, gates/trusted_policy.h
  /// does.
  std::string witnesses = {};
};

std::string write_trust(const TrustRoot& trust);
Result<TrustRoot> parse_trust(std::string_view text);

/// What stands in a trust file for a witness policy: its lines without comments and empty ones.
std::string witness_lines(std::string_view policy);

}  // namespace proviso::model

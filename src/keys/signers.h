// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/signing.h"

namespace proviso::keys {

/// Asks the key's owner for a passphrase or PIN; only called where one is needed.
using AskPassphrase = std::function<Result<std::string>()>;

/// The signer that `place` names. A person's key stays where it lives:
///
///     FILE                    PKCS #8 PEM, with a passphrase or without
///     ssh-agent:[WHICH]       an Ed25519 key of the agent at $SSH_AUTH_SOCK; WHICH is its comment
///                             or its fingerprint (SHA256:...), and may be left out for the only
///                             one
///     pkcs11:...              an Ed25519 key on a token or card, by a PKCS #11 URI (RFC 7512),
///                             e.g. pkcs11:token=desk;object=approver?module-path=/usr/lib/x.so
///
/// Every signature of an agent or token is verified before it is given out. Errors name the place.
Result<std::unique_ptr<Signer>> open_signer(const std::string& place, const AskPassphrase& ask);

/// Whether `place` is a file (and not an agent's or a token's key).
bool is_key_file(const std::string& place);

Result<std::unique_ptr<Signer>> open_ssh_agent(const std::string& socket, const std::string& which);
Result<std::unique_ptr<Signer>> open_pkcs11(const std::string& uri, const AskPassphrase& ask);

/// `signature` if it is one of `key` over `message`, else `corrupt`.
Result<std::string> checked_signature(const PublicKey& key, std::string_view message,
                                      std::string signature);

}  // namespace proviso::keys

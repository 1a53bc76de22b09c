// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "base/result.h"

// Private keys as PKCS #8 PEM (RFC 5958, RFC 7468), with or without a passphrase. Any thread.
namespace proviso {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;

/// With a passphrase encrypted by AES-256-CBC and scrypt (N=2^14, r=8, p=5).
Result<std::string> pem_of_key(EVP_PKEY* key, std::string_view passphrase);
/// A key of the type EVP_PKEY_...; `other_type` is what is said of another. `denied` where the
/// passphrase is missing or wrong, `invalid_input` for what is no such key. At most 64 KiB.
Result<KeyPtr> key_of_pem(std::string_view pem, std::string_view passphrase, int type,
                          std::string_view other_type);
/// Whether the PEM text asks for a passphrase.
bool pem_is_encrypted(std::string_view pem);

}  // namespace proviso

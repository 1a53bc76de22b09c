// SPDX-License-Identifier: Apache-2.0
#include "base/signing.h"

#include <cstring>

#include <openssl/evp.h>
#include <sodium.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/key_pem.h"

namespace proviso {
namespace {

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<EVP_MD_CTX, ContextFree>;

const unsigned char* u(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

PublicKey public_part(EVP_PKEY* key) {
  PublicKey out;
  std::size_t size = out.bytes.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, out.bytes.data(), &size) == 1 && size == 32);
  return out;
}

// The y coordinates of the eight points of small order (RFC 8032's curve), canonical encodings.
constexpr std::array<std::string_view, 5> kSmallOrder = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"};

// y < 2^255 - 19, the sign bit apart.
bool is_canonical(std::string_view bytes) {
  if ((static_cast<unsigned char>(bytes[31]) & 0x7FU) != 0x7FU) return true;
  for (std::size_t i = 30; i > 0; --i) {
    if (static_cast<unsigned char>(bytes[i]) != 0xFFU) return true;
  }
  return static_cast<unsigned char>(bytes[0]) < 0xEDU;
}

bool has_small_order(std::string_view bytes) {
  std::string y(bytes);
  y[31] = static_cast<char>(static_cast<unsigned char>(y[31]) & 0x7FU);
  const std::string text = hex_encode(y);
  for (const std::string_view small : kSmallOrder) {
    if (text == small) return true;
  }
  return false;
}

static_assert(crypto_sign_PUBLICKEYBYTES == 32 && crypto_sign_BYTES == 64);

// Both decode key and S alike, compute S*B - h*A without a cofactor, and compare its encoding with
// R. This one refuses more (an R or a key of small order, a key that is not canonical) and never
// less, so that its "yes" is OpenSSL's, too. It draws nothing at random and chooses no
// implementation as it runs: it needs no sodium_init(), which could end the process.
bool accepted_by_sodium(const PublicKey& key, std::string_view message,
                        std::string_view signature) {
  return crypto_sign_verify_detached(u(signature), u(message), message.size(), key.bytes.data()) ==
         0;
}

bool accepted_by_openssl(const PublicKey& key, std::string_view message,
                         std::string_view signature) {
  const KeyPtr pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size()));
  const ContextPtr context(EVP_MD_CTX_new());
  if (!pkey || !context) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), u(signature), signature.size(), u(message),
                          message.size()) == 1;
}

}  // namespace

std::string PublicKey::id() const { return sha256(view()).hex(); }

Result<PublicKey> PublicKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != 32) return fail(Errc::invalid_input, "an Ed25519 public key has 32 bytes");
  if (!is_canonical(bytes)) return fail(Errc::invalid_input, "a non-canonical Ed25519 key");
  if (has_small_order(bytes)) return fail(Errc::invalid_input, "an Ed25519 key of small order");
  PublicKey key;
  std::memcpy(key.bytes.data(), bytes.data(), bytes.size());
  return key;
}

bool verify_signature(const PublicKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != 64) return false;
  return accepted_by_sodium(key, message, signature) ||
         accepted_by_openssl(key, message, signature);
}

struct SigningKey::Impl {
  KeyPtr key;
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl, PublicKey key)
    : impl_(std::move(impl)), public_key_(key) {}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

SigningKey SigningKey::generate(Random& random) {
  auto key = from_seed(random.bytes(32));
  CHECK(key.has_value());
  return std::move(*key);
}

Result<SigningKey> SigningKey::from_seed(std::string_view seed) {
  if (seed.size() != 32) return fail(Errc::invalid_input, "an Ed25519 seed has 32 bytes");
  KeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, u(seed), seed.size()));
  CHECK(key != nullptr);
  const PublicKey pub = public_part(key.get());
  return SigningKey(std::make_unique<Impl>(Impl{std::move(key)}), pub);
}

Result<std::string> SigningKey::to_pem(std::string_view passphrase) const {
  return pem_of_key(impl_->key.get(), passphrase);
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem, std::string_view passphrase) {
  KeyPtr key = TRY(key_of_pem(pem, passphrase, EVP_PKEY_ED25519,
                              "not an Ed25519 key (make one with: proviso key new)"));
  const PublicKey pub = public_part(key.get());
  return SigningKey(std::make_unique<Impl>(Impl{std::move(key)}), pub);
}

std::string SigningKey::sign(std::string_view message) const {
  const ContextPtr context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       u(message), message.size()) == 1);
  CHECK(size == 64);
  return signature;
}

}  // namespace proviso

// SPDX-License-Identifier: Apache-2.0
#include "base/signing.h"

#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/encoding.h"

namespace proviso {
namespace {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, ContextFree>;
using BioPtr = std::unique_ptr<BIO, BioFree>;

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

int give_passphrase(char* buffer, int size, int /*writing*/, void* context) {
  const auto* passphrase = static_cast<const std::string_view*>(context);
  const auto n = std::min(static_cast<std::size_t>(size), passphrase->size());
  std::memcpy(buffer, passphrase->data(), n);
  return static_cast<int>(n);
}

std::string bio_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// OpenSSL refuses scrypt of over 32 MiB in a PKCS #8 file, so N = 2^15 does not work; p = 5 makes
// up for it (the cost that OWASP recommends for this N).
constexpr std::uint64_t kScryptN = 1U << 14U;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 5;

Result<std::string> encrypted_pem(EVP_PKEY* key, std::string_view passphrase) {
  const auto salt = SystemRandom{}.bytes(16);
  const auto iv = SystemRandom{}.bytes(16);
  std::string salt_copy = salt;
  std::string iv_copy = iv;
  X509_ALGOR* algorithm = PKCS5_pbe2_set_scrypt(
      EVP_aes_256_cbc(), reinterpret_cast<unsigned char*>(salt_copy.data()),
      static_cast<int>(salt_copy.size()), reinterpret_cast<unsigned char*>(iv_copy.data()),
      kScryptN, kScryptR, kScryptP);
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  CHECK(algorithm != nullptr && info != nullptr);
  X509_SIG* sealed =
      PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), info, algorithm);
  PKCS8_PRIV_KEY_INFO_free(info);
  if (sealed == nullptr) {
    X509_ALGOR_free(algorithm);
    return fail(Errc::unavailable, "the key could not be encrypted");
  }
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const int written = PEM_write_bio_PKCS8(bio.get(), sealed);
  X509_SIG_free(sealed);
  CHECK(written == 1);
  return bio_text(bio.get());
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
  const KeyPtr pkey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), key.bytes.size()));
  const ContextPtr context(EVP_MD_CTX_new());
  if (!pkey || !context) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), u(signature), signature.size(), u(message),
                          message.size()) == 1;
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
  if (!passphrase.empty()) return encrypted_pem(impl_->key.get(), passphrase);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1);
  return bio_text(bio.get());
}

bool SigningKey::pem_is_encrypted(std::string_view pem) {
  return pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos;
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem, std::string_view passphrase) {
  const bool encrypted = pem_is_encrypted(pem);
  if (encrypted && passphrase.empty()) return fail(Errc::denied, "the key needs its passphrase");
  if (pem.size() > 65536) return fail(Errc::invalid_input, "not a private key file");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase));
  ERR_clear_error();
  if (!key) {
    if (encrypted) return fail(Errc::denied, "wrong passphrase, or a damaged key file");
    return fail(Errc::invalid_input, "not a private key file (PKCS #8 PEM)");
  }
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return fail(Errc::invalid_input, "not an Ed25519 key (make one with: proviso key new)");
  }
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

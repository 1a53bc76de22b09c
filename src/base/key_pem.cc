// SPDX-License-Identifier: Apache-2.0
#include "base/key_pem.h"

#include <algorithm>
#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/random.h"

namespace proviso {
namespace {

constexpr std::size_t kPemMax = 65536;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;

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

Result<std::string> pem_of_key(EVP_PKEY* key, std::string_view passphrase) {
  if (!passphrase.empty()) return encrypted_pem(key, passphrase);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return bio_text(bio.get());
}

bool pem_is_encrypted(std::string_view pem) {
  return pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos;
}

Result<KeyPtr> key_of_pem(std::string_view pem, std::string_view passphrase, int type,
                          std::string_view other_type) {
  const bool encrypted = pem_is_encrypted(pem);
  if (encrypted && passphrase.empty()) return fail(Errc::denied, "the key needs its passphrase");
  if (pem.size() > kPemMax) return fail(Errc::invalid_input, "not a private key file");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase));
  ERR_clear_error();
  if (!key) {
    if (encrypted) return fail(Errc::denied, "wrong passphrase, or a damaged key file");
    return fail(Errc::invalid_input, "not a private key file (PKCS #8 PEM)");
  }
  if (EVP_PKEY_get_id(key.get()) != type) {
    return fail(Errc::invalid_input, std::string(other_type));
  }
  return key;
}

}  // namespace proviso

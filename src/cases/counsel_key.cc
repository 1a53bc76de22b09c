// SPDX-License-Identifier: Apache-2.0
#include "cases/counsel_key.h"

#include <algorithm>

#include <sodium.h>

#include "base/check.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/key_pem.h"
#include "model/ids.h"

namespace proviso::cases {
namespace {

constexpr std::string_view kFileHead = "proviso-counsel/v1 ";
constexpr std::string_view kBoxHead = "box1:";
constexpr std::size_t kFileMax = 512;

static_assert(crypto_box_PUBLICKEYBYTES == 32 && crypto_box_SECRETKEYBYTES == 32);

// Once per process, before anything else of the library.
void start_library() {
  static const int started = sodium_init();
  CHECK(started >= 0);
}

const unsigned char* u(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

unsigned char* u(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

// Empty where nothing can be sealed to the key.
std::string sealed_box(const unsigned char* key, std::string_view plain) {
  start_library();
  std::string box(plain.size() + crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal(u(box), u(plain), plain.size(), key) != 0) return {};
  return box;
}

}  // namespace

Result<CounselPublicKey> CounselPublicKey::from_hex(std::string_view hex) {
  const std::string bytes = TRY(hex_decode(hex));
  CounselPublicKey key;
  if (bytes.size() != key.bytes_.size()) {
    return fail(Errc::invalid_input, "an X25519 public key has 32 bytes");
  }
  std::copy_n(u(bytes), bytes.size(), key.bytes_.begin());
  if (sealed_box(key.bytes_.data(), "").empty()) {
    return fail(Errc::invalid_input, "an X25519 key of small order: anyone could open its boxes");
  }
  return key;
}

Result<CounselPublicKey> CounselPublicKey::parse(const std::string& file_name,
                                                 std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return fail(Errc::invalid_input,
                file_name + ":1:1: " + std::string(what) + " (make one with: proviso key counsel)");
  };
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (!text.starts_with(kFileHead) || text.size() > kFileMax) {
    return wrong("not a public key of counsel");
  }
  text.remove_prefix(kFileHead.size());
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || !model::is_valid_id(std::string(text.substr(0, space)))) {
    return wrong("not a name and a key");
  }
  const auto bytes = base64_decode(text.substr(space + 1));
  if (!bytes) return wrong("the key is not base64");
  auto key = from_hex(hex_encode(*bytes));
  if (!key) return wrong(key.error().message);
  return key;
}

std::string CounselPublicKey::hex() const {
  return hex_encode({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

std::string CounselPublicKey::id() const {
  return sha256({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}).hex();
}

std::string CounselPublicKey::file_text(const std::string& name) const {
  return std::string(kFileHead) + name + " " +
         base64_encode({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}) + "\n";
}

std::string CounselPublicKey::seal(std::string_view plain) const {
  const std::string box = sealed_box(bytes_.data(), plain);
  CHECK(!box.empty());  // from_hex() tried it
  return std::string(kBoxHead) + base64_encode(box);
}

bool is_box(std::string_view text) { return text.starts_with(kBoxHead); }

CounselKey CounselKey::generate() {
  start_library();
  CounselKey key;
  crypto_box_keypair(key.public_.bytes_.data(), key.secret_.data());
  return key;
}

Result<CounselKey> CounselKey::from_pem(std::string_view pem, std::string_view passphrase) {
  const KeyPtr pkey =
      TRY(key_of_pem(pem, passphrase, EVP_PKEY_X25519,
                     "not a key of counsel (X25519; make one with: proviso key counsel)"));
  CounselKey key;
  std::size_t secret_size = key.secret_.size();
  std::size_t public_size = key.public_.bytes_.size();
  CHECK(EVP_PKEY_get_raw_private_key(pkey.get(), key.secret_.data(), &secret_size) == 1);
  CHECK(EVP_PKEY_get_raw_public_key(pkey.get(), key.public_.bytes_.data(), &public_size) == 1);
  return key;
}

Result<std::string> CounselKey::to_pem(std::string_view passphrase) const {
  const KeyPtr pkey(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret_.data(), secret_.size()));
  CHECK(pkey != nullptr);
  return pem_of_key(pkey.get(), passphrase);
}

CounselKey::~CounselKey() { sodium_memzero(secret_.data(), secret_.size()); }

CounselKey::CounselKey(CounselKey&& other) noexcept
    : public_(other.public_), secret_(other.secret_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}

Result<std::string> CounselKey::open(std::string_view box) const {
  start_library();
  if (!is_box(box)) return fail(Errc::invalid_input, "not a sealed box");
  const std::string bytes = TRY(base64_decode(box.substr(kBoxHead.size())));
  if (bytes.size() < crypto_box_SEALBYTES) return fail(Errc::denied, "a sealed box that was cut");
  std::string plain(bytes.size() - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(u(plain), u(bytes), bytes.size(), public_.bytes_.data(),
                           secret_.data()) != 0) {
    return fail(Errc::denied, "sealed to another key, or damaged");
  }
  return plain;
}

}  // namespace proviso::cases

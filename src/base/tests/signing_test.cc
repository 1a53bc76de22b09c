// SPDX-License-Identifier: Apache-2.0
#include "base/signing.h"

#include <cstring>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "base/encoding.h"

// verify_signature() asks two libraries. Its answers are held against OpenSSL's alone, on
// signatures that libraries are known to disagree about: of small order, of mixed order, with S
// beyond L.
namespace proviso {
namespace {

using Bytes32 = std::array<unsigned char, 32>;

constexpr const char* kIdentity =
    "0100000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kOrder8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
constexpr const char* kL = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

Bytes32 from_hex(const char* hex) {
  const std::string bytes = hex_decode(hex).value();
  Bytes32 out;
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

const unsigned char* u(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

bool openssl_alone(const PublicKey& key, std::string_view message, std::string_view signature) {
  EVP_PKEY* pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), 32);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool good =
      EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, pkey) == 1 &&
      EVP_DigestVerify(context, u(signature), signature.size(), u(message), message.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(pkey);
  return good;
}

bool sodium_alone(const PublicKey& key, std::string_view message, std::string_view signature) {
  return crypto_sign_verify_detached(u(signature), u(message), message.size(), key.bytes.data()) ==
         0;
}

// A scalar and its multiple of the base point.
struct Pair {
  Bytes32 scalar;
  Bytes32 point;
};

Pair pair_of(SeededRandom& random) {
  const std::string wide = random.bytes(64);
  Pair out;
  crypto_core_ed25519_scalar_reduce(out.scalar.data(), u(wide));
  EXPECT_EQ(crypto_scalarmult_ed25519_base_noclamp(out.point.data(), out.scalar.data()), 0);
  return out;
}

Bytes32 sum_of(const Bytes32& a, const Bytes32& b) {
  Bytes32 out;
  EXPECT_EQ(crypto_core_ed25519_add(out.data(), a.data(), b.data()), 0);
  return out;
}

// R and S = r + h*a: what a signer makes who chooses R and the key's bytes as he likes.
std::string signature_of(const Bytes32& a, const Bytes32& key, const Bytes32& r, const Bytes32& big,
                         std::string_view message) {
  std::string hashed(reinterpret_cast<const char*>(big.data()), 32);
  hashed.append(reinterpret_cast<const char*>(key.data()), 32).append(message);
  std::array<unsigned char, 64> wide;
  crypto_hash_sha512(wide.data(), u(hashed), hashed.size());
  Bytes32 s;
  crypto_core_ed25519_scalar_reduce(s.data(), wide.data());
  crypto_core_ed25519_scalar_mul(s.data(), s.data(), a.data());
  crypto_core_ed25519_scalar_add(s.data(), s.data(), r.data());
  std::string out(reinterpret_cast<const char*>(big.data()), 32);
  return out.append(reinterpret_cast<const char*>(s.data()), 32);
}

struct Tally {
  int good = 0;
  int bad = 0;
  int sodium_refused = 0;  // good ones

  void hold(const PublicKey& key, std::string_view message, std::string_view signature) {
    const bool is_good = verify_signature(key, message, signature);
    ASSERT_EQ(is_good, openssl_alone(key, message, signature))
        << hex_encode(key.view()) << " " << message << " " << hex_encode(signature);
    if (is_good && !sodium_alone(key, message, signature)) ++sodium_refused;
    ++(is_good ? good : bad);
  }
};

TEST(Signing, AnRofSmallOrderIsJudgedAsOpensslDoes) {
  SeededRandom random(1);
  Tally tally;
  for (int i = 0; i < 64; ++i) {
    const Pair key = pair_of(random);
    const std::string message = "m" + std::to_string(i);
    tally.hold({key.point}, message,
               signature_of(key.scalar, key.point, {}, from_hex(kIdentity), message));
  }
  EXPECT_EQ(tally.good, 64);
  EXPECT_EQ(tally.sodium_refused, 64) << "libsodium alone would have done";
}

TEST(Signing, KeysOfMixedOrderAreJudgedAsOpensslDoes) {
  SeededRandom random(2);
  Tally tally;
  for (int i = 0; i < 256; ++i) {
    const Pair key = pair_of(random);
    const Pair r = pair_of(random);
    const Bytes32 mixed = sum_of(key.point, from_hex(kOrder8));
    const std::string message = "m" + std::to_string(i);
    tally.hold({mixed}, message, signature_of(key.scalar, mixed, r.scalar, r.point, message));
    const Bytes32 mixed_r = sum_of(r.point, from_hex(kOrder8));
    tally.hold({mixed}, message, signature_of(key.scalar, mixed, r.scalar, mixed_r, message));
  }
  EXPECT_GT(tally.good, 20);  // one of eight: no cofactor is multiplied away
  EXPECT_GT(tally.bad, 200);
}

TEST(Signing, KeysOfSmallOrderAreJudgedAsOpensslDoes) {
  SeededRandom random(3);
  Tally tally;
  for (int i = 0; i < 64; ++i) {
    const Pair r = pair_of(random);
    const std::string message = "m" + std::to_string(i);
    for (const char* point : {kIdentity, kOrder8}) {
      const Bytes32 key = from_hex(point);  // which PublicKey::from_bytes() refuses
      tally.hold({key}, message, signature_of({}, key, r.scalar, r.point, message));
    }
  }
  EXPECT_GE(tally.sodium_refused, 64);
}

TEST(Signing, WhatIsChangedIsRefused) {
  SeededRandom random(4);
  Tally tally;
  for (int i = 0; i < 32; ++i) {
    const SigningKey key = SigningKey::generate(random);
    const std::string message = random.bytes(random.below(200));
    const std::string good = key.sign(message);
    tally.hold(key.public_key(), message, good);
    std::string flipped = good;
    flipped[random.below(64)] ^= static_cast<char>(1U << random.below(8));
    tally.hold(key.public_key(), message, flipped);
    std::string more = good;  // S + L: the same S to whoever does not compare it with L
    unsigned carry = 0;
    const Bytes32 order = from_hex(kL);
    for (std::size_t at = 0; at < 32; ++at) {
      carry += static_cast<unsigned char>(more[32 + at]);
      carry += order.at(at);
      more[32 + at] = static_cast<char>(carry);
      carry >>= 8U;
    }
    tally.hold(key.public_key(), message, more);
  }
  EXPECT_EQ(tally.good, 32);
  EXPECT_EQ(tally.bad, 64);
  EXPECT_EQ(tally.sodium_refused, 0) << "ordinary signatures are to be verified by the fast one";
}

}  // namespace
}  // namespace proviso

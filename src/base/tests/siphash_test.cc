// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <random>
#include <string>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/encoding.h"

namespace proviso {
namespace {

std::string hex(const std::array<std::uint8_t, 16>& bytes) {
  return hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// OpenSSL's, with the key bytes 00 01 .. 0f of the authors' vectors.
std::string openssl_siphash(std::string_view text) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  std::array<std::uint8_t, 16> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  std::size_t size = 16;
  const OSSL_PARAM options[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                OSSL_PARAM_construct_end()};
  EXPECT_EQ(EVP_MAC_init(context, key.data(), key.size(), options), 1);
  EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<std::uint8_t, 16> out{};
  std::size_t written = 0;
  EXPECT_EQ(EVP_MAC_final(context, out.data(), &written, out.size()), 1);
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  return hex(out);
}

constexpr SipKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(SipHash, AuthorsVectors) {
  EXPECT_EQ(hex(siphash128(kKey, "")), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(hex(siphash128(kKey, std::string_view("\0", 1))), "da87c1d86b99af44347659119b22fc45");
}

TEST(SipHash, SameAsOpenSsl) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    ASSERT_EQ(hex(siphash128(kKey, text)), openssl_siphash(text)) << size;
  }
}

}  // namespace
}  // namespace proviso

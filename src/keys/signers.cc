// SPDX-License-Identifier: Apache-2.0
#include "keys/signers.h"

#include <cstdlib>

#include "base/file_system.h"
#include "base/key_pem.h"

namespace proviso::keys {
namespace {

constexpr std::string_view kAgent = "ssh-agent:";
constexpr std::string_view kToken = "pkcs11:";
constexpr std::size_t kKeyFileBytesMax = 65'536;

Result<std::unique_ptr<Signer>> open_file(const std::string& path, const AskPassphrase& ask) {
  auto pem = real_file_system().read(path, kKeyFileBytesMax);
  if (!pem) return std::unexpected(std::move(pem).error());
  std::string passphrase;
  if (pem_is_encrypted(*pem)) passphrase = TRY(ask());
  auto key = SigningKey::from_pem(*pem, passphrase);
  if (!key) return fail_in(path + ":1:1", key.error());
  return std::make_unique<SigningKey>(std::move(*key));
}

Result<std::unique_ptr<Signer>> open_agent(const std::string& place) {
  const char* socket = std::getenv("SSH_AUTH_SOCK");
  if (socket == nullptr || *socket == '\0') {
    return fail(Errc::unavailable, "SSH_AUTH_SOCK is not set (start ssh-agent, and ssh-add a key)");
  }
  return open_ssh_agent(socket, place.substr(kAgent.size()));
}

}  // namespace

bool is_key_file(const std::string& place) {
  return !place.starts_with(kAgent) && !place.starts_with(kToken);
}

Result<std::unique_ptr<Signer>> open_signer(const std::string& place, const AskPassphrase& ask) {
  if (is_key_file(place)) return open_file(place, ask);
  auto signer = place.starts_with(kAgent) ? open_agent(place) : open_pkcs11(place, ask);
  if (!signer) return fail_in(place, signer.error());
  return signer;
}

Result<std::string> checked_signature(const PublicKey& key, std::string_view message,
                                      std::string signature) {
  if (verify_signature(key, message, signature)) return signature;
  return fail(Errc::corrupt, "the signature that came back is not one of this key");
}

}  // namespace proviso::keys

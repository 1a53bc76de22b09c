// SPDX-License-Identifier: Apache-2.0
// The agent's side of the talk is draft-miller-ssh-agent: a frame is a big-endian length, a type
// and a body of length-prefixed strings.
#include <algorithm>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "keys/signers.h"
#include "keys/ssh_frame.h"

namespace proviso::keys {
namespace {

constexpr std::uint8_t kFailure = 5;
constexpr std::uint8_t kListKeys = 11;
constexpr std::uint8_t kKeys = 12;
constexpr std::uint8_t kSign = 13;
constexpr std::uint8_t kSigned = 14;
// An agent may ask its owner first (ssh-add -c).
constexpr int kWaitMilliseconds = 120'000;

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  static Result<std::unique_ptr<Connection>> open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
      return fail(Errc::invalid_input, "the path of the agent's socket is too long");
    }
    std::ranges::copy(path, address.sun_path);
    auto out = std::make_unique<Connection>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    if (out->fd_ < 0 || ::connect(out->fd_, to, sizeof address) != 0) {
      return fail(Errc::unavailable, "no agent answers at SSH_AUTH_SOCK");
    }
    return out;
  }

  /// The answer's type and body.
  Result<std::string> ask(std::string_view request) {
    TRY_VOID(send(ssh_string(request)));
    const std::string size = TRY(receive(4));
    SshFrame head(size);
    const std::uint32_t bytes = head.number();
    if (bytes == 0 || bytes > kSshFrameBytesMax) {
      return fail(Errc::corrupt, "the agent's answer is empty or too long");
    }
    return receive(bytes);
  }

 private:
  Result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return fail(Errc::unavailable, "the agent hung up");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<std::string> receive(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t at = 0; at < size;) {
      pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
      const int count = ::poll(&ready, 1, kWaitMilliseconds);
      if (count < 0 && errno == EINTR) continue;
      if (count == 0) return fail(Errc::unavailable, "the agent did not answer within 2 minutes");
      const ssize_t n = ::recv(fd_, out.data() + at, size - at, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return fail(Errc::unavailable, "the agent hung up");
      at += static_cast<std::size_t>(n);
    }
    return out;
  }

  int fd_;
};

class AgentSigner final : public Signer {
 public:
  AgentSigner(std::unique_ptr<Connection> connection, SshKey key)
      : connection_(std::move(connection)), key_(std::move(key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return key_.key; }

  [[nodiscard]] Result<std::string> try_sign(std::string_view message) const override {
    std::string request(1, static_cast<char>(kSign));
    request += ssh_string(key_.blob) + ssh_string(message) + std::string(4, '\0');
    const std::string answer = TRY(connection_->ask(request));
    if (answer.front() == static_cast<char>(kFailure)) {
      return fail(Errc::denied, "the agent refused to sign");
    }
    SshFrame frame(answer);
    if (frame.byte() != kSigned) return fail(Errc::corrupt, "not an agent's answer");
    SshFrame signature(frame.string());
    const std::string_view kind = signature.string();
    const std::string_view bytes = signature.string();
    if (!frame.good() || !signature.good() || kind != kSshEd25519) {
      return fail(Errc::corrupt, "not an Ed25519 signature");
    }
    return checked_signature(key_.key, message, std::string(bytes));
  }

 private:
  std::unique_ptr<Connection> connection_;
  SshKey key_;
};

bool fits(const SshKey& key, const std::string& which) {
  if (which.empty() || which == key.comment) return true;
  std::string fingerprint = base64_encode(sha256(key.blob).view());
  while (fingerprint.ends_with('=')) fingerprint.pop_back();
  return which == "SHA256:" + fingerprint;
}

}  // namespace

Result<std::unique_ptr<Signer>> open_ssh_agent(const std::string& socket,
                                               const std::string& which) {
  auto connection = TRY(Connection::open(socket));
  const std::string answer = TRY(connection->ask(std::string(1, static_cast<char>(kListKeys))));
  SshFrame frame(answer);
  if (frame.byte() != kKeys) return fail(Errc::unavailable, "the agent does not list its keys");
  std::vector<SshKey> found = TRY(read_ssh_keys(frame));
  std::erase_if(found, [&](const SshKey& key) { return !fits(key, which); });
  if (found.empty()) {
    return fail(Errc::not_found, "the agent has no such Ed25519 key (ssh-add -l shows them)");
  }
  if (found.size() > 1) {
    std::string names;
    for (const SshKey& key : found) names += " " + printable(key.comment);
    return fail(Errc::invalid_input, "which of these keys? ssh-agent:COMMENT names it:" + names);
  }
  return std::make_unique<AgentSigner>(std::move(connection), std::move(found.front()));
}

}  // namespace proviso::keys

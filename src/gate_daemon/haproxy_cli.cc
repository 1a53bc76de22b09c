// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_cli.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/encoding.h"

namespace proviso::gate_daemon {
namespace {

// In interactive mode each answer ends with this; each line of a payload is answered with "+ ".
constexpr std::string_view kPrompt = "\n> ";
// syslog's: up to here something went wrong, from here on HAProxy just tells.
constexpr char kWarning = '4';

std::unexpected<Error> system_fault(std::string_view what) {
  return fail(Errc::unavailable, std::string(what) + ": " + std::strerror(errno));
}

// "+ + + \n> ", "[6]: New version created: 1\n\n> ": what is left without the frame around it.
std::string_view inside(std::string_view answer) {
  answer.remove_suffix(kPrompt.size());
  while (answer.starts_with("+ ")) answer.remove_prefix(2);
  while (answer.starts_with('\n')) answer.remove_prefix(1);
  while (answer.ends_with('\n')) answer.remove_suffix(1);
  return answer;
}

Result<std::string> judged(std::string_view text) {
  const bool marked =
      text.size() >= 4 && text[0] == '[' && text[1] >= '0' && text[1] <= '7' && text[2] == ']';
  if (!marked) return std::string(text);
  const char severity = text[1];
  text.remove_prefix(text.substr(3).starts_with(": ") ? 5 : 3);
  if (severity > kWarning) return std::string(text);
  const bool missing = text.find("not found") != std::string_view::npos;
  return fail(missing ? Errc::not_found : Errc::conflict, "HAProxy says: " + printable(text));
}

}  // namespace

Result<HaproxyCli> HaproxyCli::connect(const std::string& socket, const Limits& limits) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  static_assert(kSocketPathMax + 1 == sizeof(address.sun_path));
  if (socket.empty() || socket.size() > kSocketPathMax) {
    return fail(Errc::invalid_input, "a socket's path has 1 to 107 bytes");
  }
  std::ranges::copy(socket, address.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return system_fault("socket");
  HaproxyCli out(fd, limits);
  // The system's interface takes all kinds of addresses as one.
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address),  // NOLINT
                sizeof(address)) != 0) {
    return system_fault(socket);
  }
  TRY(out.ask("prompt\n"));
  TRY(out.ask("set severity-output number\n"));
  return out;
}

HaproxyCli::~HaproxyCli() {
  if (fd_ >= 0) ::close(fd_);
}
HaproxyCli::HaproxyCli(HaproxyCli&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), limits_(other.limits_) {}

Result<std::string> HaproxyCli::ask(std::string_view command) {
  const Deadline deadline = std::chrono::steady_clock::now() + limits_.answer;
  TRY_VOID(send(command, deadline));
  const std::string answer = TRY(receive(deadline));
  return judged(inside(answer));
}

Result<void> HaproxyCli::wait_for(short events, Deadline deadline) const {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(Errc::unavailable, "HAProxy did not answer in time");
    pollfd poll{fd_, events, 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return system_fault("poll");
  }
}

Result<void> HaproxyCli::send(std::string_view bytes, Deadline deadline) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      TRY_VOID(wait_for(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return system_fault("HAProxy hung up");
    }
  }
  return {};
}

Result<std::string> HaproxyCli::receive(Deadline deadline) const {
  std::string out;
  while (!out.ends_with(kPrompt)) {
    TRY_VOID(wait_for(POLLIN, deadline));
    char piece[4096];
    const ssize_t got = ::recv(fd_, piece, sizeof(piece), 0);
    if (got == 0) {
      return fail(Errc::unavailable,
                  "HAProxy hung up (a payload beyond its tune.bufsize, perhaps, or it ended)");
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR) return system_fault("HAProxy hung up");
    if (got > 0) out.append(piece, static_cast<std::size_t>(got));
    if (out.size() > limits_.answer_bytes_max) {
      return fail(Errc::unavailable, "HAProxy says more than is taken of one answer");
    }
  }
  return out;
}

}  // namespace proviso::gate_daemon

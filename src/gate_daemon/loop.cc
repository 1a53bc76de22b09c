// SPDX-License-Identifier: Apache-2.0
// A plain epoll loop: at a hundred thousand requests a second the system calls are nearly all of
// the cost, and each request here takes recv, send and its share of one epoll_wait.
// Level-triggered: what is not read now is told again. Time limits are looked at in one sweep a few
// times a second, so that no request pays for a timer (docs/decisions/0032).
#include "gate_daemon/loop.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace proviso::gate_daemon {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Moment = SteadyClock::time_point;

constexpr std::size_t kReadBytes = 64U << 10U;
constexpr int kEventsMax = 64;
constexpr int kAcceptsAtOnce = 64;
// After its last answer a client is read a little longer: closing a socket with unread input resets
// the connection, and the client may lose the answer that says why.
constexpr std::chrono::milliseconds kLinger{1'000};
constexpr std::size_t kLingerBytesMax = 16U << 20U;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

enum class Kind : std::uint8_t { wake, listener, client };

/// What an epoll event points to.
struct Source {
  Source(Kind its_kind, int descriptor) : kind(its_kind), fd(descriptor) {}
  const Kind kind;
  Descriptor fd;
};

struct Listener : Source {
  Listener(int descriptor, Loop::Factory make_connection)
      : Source(Kind::listener, descriptor), factory(std::move(make_connection)) {}
  Loop::Factory factory;
};

enum class State : std::uint8_t {
  open,
  draining,   // what it is still to get is written; nothing is read
  lingering,  // all is written; what comes is thrown away
  dead,
};

struct Client : Source {
  Client(int descriptor, std::unique_ptr<Connection> its)
      : Source(Kind::client, descriptor), connection(std::move(its)) {}
  std::unique_ptr<Connection> connection;
  std::string unsent;
  std::size_t at = 0;  // in the loop's list
  State state = State::open;
  bool is_last = false;  // once all is written, it is ended
  bool in_request = false;
  Moment since{};  // of its state, its request, its unsent output, or its idling
  std::size_t lingered = 0;
};

}  // namespace

struct Loop::Impl {
  Impl(const LoopLimits& its_limits, int epoll_fd, int wake_fd)
      : limits(its_limits), epoll(epoll_fd), wake(Kind::wake, wake_fd), buffer(kReadBytes, '\0') {}

  Result<std::uint16_t> listen(const Address& address, Factory factory);
  void run();
  void handle(Source& source, std::uint32_t events);
  void accept_from(Listener& listener);
  bool make_room();
  void add_client(int fd, Listener& listener);
  void read_from(Client& client);
  void took(Client& client, bool goes_on);
  void send_to(Client& client);
  void ended_input(Client& client);
  void linger(Client& client);
  void finish(Client& client);
  void watch(Client& client, std::uint32_t events);
  void sweep();
  [[nodiscard]] bool is_late(const Client& client) const;
  void begin_stop();
  [[nodiscard]] std::chrono::milliseconds sweep_every() const;

  const LoopLimits limits;
  Descriptor epoll;
  Source wake;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<Client>> dead;  // until the events of this round are all handled
  std::string buffer;
  std::string out;
  LoopCounts counts;
  Moment now = SteadyClock::now();
  bool listening_paused = false;  // no more file descriptors
  bool stopping = false;
  Moment stop_until{};
};

Result<Address> Address::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(Errc::invalid_input, "'" + std::string(text.substr(0, 80)) +
                                         "' is no address (write 127.0.0.1:8181 or [::1]:8181)");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  Address out;
  std::string_view ip = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  out.ip = ip;
  const auto end = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (port.empty() || end.ec != std::errc() || end.ptr != port.data() + port.size()) return bad();
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  if (inet_pton(AF_INET, out.ip.c_str(), bytes.data()) != 1 &&
      inet_pton(AF_INET6, out.ip.c_str(), bytes.data()) != 1) {
    return bad();
  }
  return out;
}

Result<std::unique_ptr<Loop>> Loop::make(const LoopLimits& limits) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  auto impl = std::make_unique<Impl>(limits, epoll, wake);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &impl->wake}};
  if (epoll < 0 || wake < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) != 0) {
    return fail(Errc::unavailable, std::string("no event loop: ") + std::strerror(errno));
  }
  return std::unique_ptr<Loop>(new Loop(std::move(impl)));
}

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loop::~Loop() = default;
Result<std::uint16_t> Loop::listen(const Address& address, Factory factory) {
  return impl_->listen(address, std::move(factory));
}
void Loop::run() { impl_->run(); }
void Loop::stop() {
  const std::uint64_t one = 1;
  // Nothing can be done about a failure; an eventfd that is full wakes the loop as well.
  [[maybe_unused]] const auto written = ::write(impl_->wake.fd.get(), &one, sizeof one);
}
const LoopCounts& Loop::counts() const { return impl_->counts; }

Result<std::uint16_t> Loop::Impl::listen(const Address& address, Factory factory) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_in);
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, address.ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
  } else if (inet_pton(AF_INET6, address.ip.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    length = sizeof(sockaddr_in6);
  } else {
    return fail(Errc::invalid_input, address.ip + ": no IP address");
  }
  auto listener = std::make_unique<Listener>(
      ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
      std::move(factory));
  const int fd = listener->fd.get();
  const int on = 1;
  auto* const at = reinterpret_cast<sockaddr*>(&storage);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Source*>(listener.get())}};
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, at, length) != 0 || ::listen(fd, SOMAXCONN) != 0 ||
      ::getsockname(fd, at, &length) != 0 ||
      epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail(Errc::unavailable, address.ip + ":" + std::to_string(address.port) +
                                       ": cannot be listened on (" + std::strerror(errno) + ")");
  }
  listeners.push_back(std::move(listener));
  return ntohs(storage.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
}

std::chrono::milliseconds Loop::Impl::sweep_every() const {
  const auto least = std::min({limits.idle, limits.request, limits.write, limits.stop, kLinger});
  return std::clamp(least / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{250});
}

void Loop::Impl::run() {
  std::array<epoll_event, kEventsMax> events;
  const auto every = sweep_every();
  Moment next_sweep = SteadyClock::now() + every;
  while (!stopping || !clients.empty()) {
    const int count =
        epoll_wait(epoll.get(), events.data(), kEventsMax, static_cast<int>(every.count()));
    now = SteadyClock::now();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      handle(*static_cast<Source*>(event.data.ptr), event.events);
    }
    if (now >= next_sweep) {
      sweep();
      next_sweep = now + every;
    }
    dead.clear();
  }
}

void Loop::Impl::handle(Source& source, std::uint32_t events) {
  if (source.kind == Kind::wake) return begin_stop();
  if (source.kind == Kind::listener) return accept_from(static_cast<Listener&>(source));
  auto& client = static_cast<Client&>(source);
  if (client.state == State::dead) return;  // ended by another event of this round
  if (client.state == State::lingering) return linger(client);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return finish(client);
  if ((events & EPOLLOUT) != 0) return send_to(client);
  if ((events & EPOLLIN) != 0 && client.state == State::open) read_from(client);
}

void Loop::Impl::accept_from(Listener& listener) {
  if (stopping) return;
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int fd = ::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      add_client(fd, listener);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // Told again at once for as long as one waits: rest until the next sweep.
      for (const auto& each : listeners) {
        epoll_event event{.events = 0, .data = {.ptr = static_cast<Source*>(each.get())}};
        epoll_ctl(epoll.get(), EPOLL_CTL_MOD, each->fd.get(), &event);
      }
      listening_paused = true;
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

bool Loop::Impl::make_room() {
  if (clients.size() < limits.connections_max) return true;
  Client* oldest = nullptr;
  for (const auto& client : clients) {
    const bool idle =
        client->state == State::lingering ||
        (client->state == State::open && !client->in_request && client->unsent.empty());
    if (idle && (oldest == nullptr || client->since < oldest->since)) oldest = client.get();
  }
  ++counts.turned_away;
  if (oldest == nullptr) return false;
  finish(*oldest);
  return true;
}

void Loop::Impl::add_client(int fd, Listener& listener) {
  if (!make_room()) {
    ::close(fd);
    return;
  }
  const int on = 1;
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  auto client = std::make_unique<Client>(fd, listener.factory());
  client->since = now;
  client->at = clients.size();
  epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Source*>(client.get())}};
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;
  clients.push_back(std::move(client));
  ++counts.accepted;
  counts.connections = clients.size();
}

void Loop::Impl::read_from(Client& client) {
  const ssize_t count = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) finish(client);
    return;
  }
  if (count == 0) return ended_input(client);
  out.clear();
  const bool goes_on =
      client.connection->take({buffer.data(), static_cast<std::size_t>(count)}, out);
  took(client, goes_on);
}

// What to send stands in `out`.
void Loop::Impl::took(Client& client, bool goes_on) {
  const bool was_in_request = client.in_request;
  client.in_request = client.connection->in_request();
  // An answer went out: what is under way now is another request.
  if (!out.empty() || client.in_request != was_in_request) client.since = now;
  client.is_last = client.is_last || !goes_on;
  if (out.empty()) {
    if (client.is_last) linger(client);
    return;
  }
  // Nearly always the socket takes all of it at once, and nothing is copied.
  const ssize_t sent = ::send(client.fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return finish(client);
  const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (done == out.size()) {
    if (client.is_last) linger(client);
    return;
  }
  client.unsent.assign(out, done);
  client.state = State::draining;
  watch(client, EPOLLOUT);
}

void Loop::Impl::send_to(Client& client) {
  const ssize_t sent =
      ::send(client.fd.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) finish(client);
    return;
  }
  client.unsent.erase(0, static_cast<std::size_t>(sent));
  if (!client.unsent.empty()) return;
  client.unsent = {};
  client.since = now;
  if (client.is_last) return linger(client);
  client.state = State::open;
  watch(client, EPOLLIN);
}

void Loop::Impl::ended_input(Client& client) {
  out.clear();
  client.connection->end_of_input(out);
  if (out.empty()) return finish(client);
  took(client, false);
}

void Loop::Impl::linger(Client& client) {
  if (client.state != State::lingering) {
    client.state = State::lingering;
    client.since = now;
    watch(client, EPOLLIN);
    ::shutdown(client.fd.get(), SHUT_WR);
  }
  const ssize_t count = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) client.lingered += static_cast<std::size_t>(count);
  const bool waits = count < 0 && (errno == EAGAIN || errno == EINTR);
  if ((count <= 0 && !waits) || client.lingered > kLingerBytesMax) finish(client);
}

void Loop::Impl::finish(Client& client) {
  if (client.state == State::dead) return;
  client.state = State::dead;
  // Closes the socket now, which takes it out of the set; the rest when this round is over.
  ::shutdown(client.fd.get(), SHUT_RDWR);
  epoll_ctl(epoll.get(), EPOLL_CTL_DEL, client.fd.get(), nullptr);
  const std::size_t at = client.at;
  dead.push_back(std::move(clients[at]));
  if (at + 1 != clients.size()) {
    clients[at] = std::move(clients.back());
    clients[at]->at = at;
  }
  clients.pop_back();
  counts.connections = clients.size();
}

void Loop::Impl::watch(Client& client, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = static_cast<Source*>(&client)}};
  epoll_ctl(epoll.get(), EPOLL_CTL_MOD, client.fd.get(), &event);
}

bool Loop::Impl::is_late(const Client& client) const {
  const auto age = now - client.since;
  switch (client.state) {
    case State::open: return age > (client.in_request ? limits.request : limits.idle);
    case State::draining: return age > limits.write;
    case State::lingering: return age > kLinger;
    case State::dead: return false;
  }
  return false;
}

void Loop::Impl::sweep() {
  // From the end: finish() puts the last one where the ended one was.
  for (std::size_t i = clients.size(); i-- > 0;) {
    Client& client = *clients[i];
    const bool late = is_late(client);
    if (late && client.state != State::lingering) ++counts.timed_out;
    const bool done =
        stopping && (now > stop_until || (client.state == State::open && !client.in_request));
    if (late || done) finish(client);
  }
  if (listening_paused && !stopping) {
    listening_paused = false;
    for (const auto& each : listeners) {
      epoll_event event{.events = EPOLLIN, .data = {.ptr = static_cast<Source*>(each.get())}};
      epoll_ctl(epoll.get(), EPOLL_CTL_MOD, each->fd.get(), &event);
    }
  }
}

void Loop::Impl::begin_stop() {
  std::uint64_t times = 0;
  [[maybe_unused]] const auto read = ::read(wake.fd.get(), &times, sizeof times);
  if (stopping) return;
  stopping = true;
  stop_until = now + limits.stop;
  for (const auto& each : listeners) {
    epoll_ctl(epoll.get(), EPOLL_CTL_DEL, each->fd.get(), nullptr);
    ::shutdown(each->fd.get(), SHUT_RDWR);  // refuses from now on; closed with the loop
  }
  for (std::size_t i = clients.size(); i-- > 0;) {
    Client& client = *clients[i];
    if (client.state != State::open) continue;
    out.clear();
    client.connection->shut_down(out);
    if (!out.empty()) took(client, true);
  }
}

}  // namespace proviso::gate_daemon

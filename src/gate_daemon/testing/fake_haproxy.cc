// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/testing/fake_haproxy.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <sstream>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace proviso::gate_daemon::testing {
namespace {

constexpr const char* kPrompt = "\n> ";

void say(int client, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = ::send(client, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<std::size_t>(n);
  }
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

// A client's lines, one by one; none where it is gone.
class Lines {
 public:
  explicit Lines(int client) : client_(client) {}
  std::optional<std::string> next() {
    while (true) {
      const std::size_t end = kept_.find('\n');
      if (end != std::string::npos) {
        std::string line = kept_.substr(0, end);
        kept_.erase(0, end + 1);
        return line;
      }
      char piece[4096];
      const ssize_t got = ::recv(client_, piece, sizeof(piece), 0);
      if (got <= 0) return std::nullopt;
      kept_.append(piece, static_cast<std::size_t>(got));
    }
  }

 private:
  int client_;
  std::string kept_;
};

void wait_until_gone(int client) {
  char piece[4096];
  while (::recv(client, piece, sizeof(piece), 0) > 0) {
  }
}

}  // namespace

FakeHaproxy::FakeHaproxy(std::string socket, std::string map) : map_name_(std::move(map)) {
  ::unlink(socket.c_str());
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket, address.sun_path);
  ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));  // NOLINT
  ::listen(listener_, 8);
  thread_ = std::thread([this] { serve(); });
}

FakeHaproxy::~FakeHaproxy() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

FakeHaproxy::Map FakeHaproxy::map() const {
  const std::lock_guard lock(mutex_);
  return map_;
}
std::size_t FakeHaproxy::versions() const {
  const std::lock_guard lock(mutex_);
  return prepared_.size();
}
std::vector<std::string> FakeHaproxy::commands() {
  const std::lock_guard lock(mutex_);
  return std::exchange(commands_, {});
}
void FakeHaproxy::start_again(Map from_file) {
  const std::lock_guard lock(mutex_);
  map_ = std::move(from_file);
  prepared_.clear();
  next_version_ = 1;
}
void FakeHaproxy::fail_at(std::string at, Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_at_ = std::move(at);
  fault_ = fault;
}

void FakeHaproxy::serve() {
  while (true) {
    const int client = ::accept(listener_, nullptr, nullptr);
    {
      const std::lock_guard lock(mutex_);
      if (over_) {
        if (client >= 0) ::close(client);
        return;
      }
    }
    if (client < 0) continue;
    converse(client);
    ::close(client);
  }
}

void FakeHaproxy::converse(int client) {
  Lines lines(client);
  while (const auto line = lines.next()) {
    Fault fault = Fault::none;
    {
      const std::lock_guard lock(mutex_);
      if (fault_ != Fault::none && line->starts_with(fault_at_)) {
        fault = std::exchange(fault_, Fault::none);
      }
    }
    std::string answer;
    std::vector<std::string> payload;
    if (line->ends_with(" <<")) {
      while (const auto more = lines.next()) {
        answer += "+ ";
        if (more->empty()) break;
        payload.push_back(*more);
      }
    }
    if (fault != Fault::none) {
      if (misbehave(client, fault)) return;
      continue;
    }
    say(client, answer + act(*line, payload) + kPrompt);
  }
}

bool FakeHaproxy::misbehave(int client, Fault fault) {
  switch (fault) {
    case Fault::none:
    case Fault::hang_up: return true;
    case Fault::silence: wait_until_gone(client); return true;
    case Fault::half_line: say(client, "[6]: New ver"); return true;
    case Fault::endless:
      say(client, std::string(3U << 20U, 'x'));
      wait_until_gone(client);
      return true;
    case Fault::refuse: say(client, "[3]: no such right.\n\n> "); return false;
    case Fault::babble: say(client, "[6]: hello\n\n> "); return false;
  }
  return true;
}

std::string FakeHaproxy::act(const std::string& command, const std::vector<std::string>& payload) {
  const std::lock_guard lock(mutex_);
  if (command == "prompt" || command == "set severity-output number") return "";
  const std::vector<std::string> words = words_of(command);
  commands_.push_back(words.at(0) + (words.at(0) == "add" && !payload.empty() ? "s" : ""));
  const bool versioned = words.size() > 2 && words[2].starts_with('@');
  const std::string name = words.at(versioned ? 3 : 2);
  if (name != map_name_) return "[3]: Unknown map identifier. Please use #<id> or <file>.\n";
  if (words[0] == "prepare") {
    const std::string number = std::to_string(next_version_++);
    prepared_["@" + number];
    return "[6]: New version created: " + number + "\n";
  }
  if (versioned && !prepared_.contains(words[2])) return "[3]: Version number out of range.\n";
  if (words[0] == "commit") {
    map_ = prepared_[words[2]];
    prepared_.clear();
    return "";
  }
  return act_on(versioned ? prepared_[words[2]] : map_, words, payload);
}

std::string FakeHaproxy::act_on(Map& map, const std::vector<std::string>& words,
                                const std::vector<std::string>& payload) {
  if (words[0] == "add" && !payload.empty()) {
    for (const std::string& line : payload) map.emplace(words_of(line).at(0), words_of(line).at(1));
    return "";
  }
  if (words[0] == "add") return map.emplace(words.at(3), words.at(4)), "";
  if (words[0] == "del") return map.erase(words.at(3)) == 1 ? "" : "[3]: Key not found.\n";
  if (words[0] != "set") return "[3]: Unknown command.\n";
  const auto at = map.find(words.at(3));
  if (at == map.end()) return "[3]: entry not found.\n";
  at->second = words.at(4);
  return "";
}

}  // namespace proviso::gate_daemon::testing

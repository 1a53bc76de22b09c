// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace proviso::gate_daemon::testing {

/// A runtime socket with one map, as HAProxy 2.6 has it in interactive mode, that can also fail in
/// the ways of a HAProxy that ends, hangs or is somebody else. Serves one client after the other on
/// a thread of its own; its members: any thread.
class FakeHaproxy {
 public:
  explicit FakeHaproxy(std::string socket, std::string map = "/m.map");
  ~FakeHaproxy();
  FakeHaproxy(const FakeHaproxy&) = delete;
  FakeHaproxy& operator=(const FakeHaproxy&) = delete;

  using Map = std::map<std::string, std::string>;
  [[nodiscard]] Map map() const;
  /// Also of what was never committed.
  [[nodiscard]] std::size_t versions() const;
  /// First words of the commands since the last call, without those that begin a conversation.
  std::vector<std::string> commands();
  /// HAProxy was started again: the map is as its file has it.
  void start_again(Map from_file = {});

  enum class Fault {
    none,
    hang_up,    ///< at the command, without an answer
    silence,    ///< never answers it
    refuse,     ///< answers it with an error
    babble,     ///< answers it with a line that means nothing
    endless,    ///< answers without end
    half_line,  ///< ends in the middle of its answer
  };
  /// The next command that begins with `at` meets `fault`, once.
  void fail_at(std::string at, Fault fault);

 private:
  void serve();
  void converse(int client);
  std::string act(const std::string& command, const std::vector<std::string>& payload);
  std::string act_on(Map& map, const std::vector<std::string>& words,
                     const std::vector<std::string>& payload);
  /// Whether the conversation is over with it.
  bool misbehave(int client, Fault fault);

  const std::string map_name_;
  int listener_ = -1;
  mutable std::mutex mutex_;  // guards all below
  Map map_;
  std::map<std::string, Map> prepared_;
  unsigned next_version_ = 1;
  std::vector<std::string> commands_;
  std::string fault_at_;
  Fault fault_ = Fault::none;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace proviso::gate_daemon::testing

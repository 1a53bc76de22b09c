// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/gate_peers/load.h"
#include "bench/gate_peers/process.h"
#include "bench/gate_peers/set.h"

// The servers that are measured beside each other, each with the same pairs restricted.
namespace proviso::bench {

/// A port of a server, and how questions are put there.
struct Endpoint {
  std::string name;
  std::uint16_t port = 0;
  Says says = Says::by_status;
  std::string (*request)(std::string_view subscription, std::size_t service) = nullptr;
};

struct Server {
  std::unique_ptr<Process> process;
  std::vector<Endpoint> endpoints;
  double start_ms = 0;  ///< from its start to the first refusal
  /// Has it restrict `set.later[turn]` in the first service as well.
  std::function<void(std::size_t turn)> change;
};

inline constexpr std::size_t kFileChanges = 5;

/// Writes what the servers start with into `dir`: our snapshot, those with one to kFileChanges
/// orders more, and the maps.
void write_files(const Set& set, const std::string& dir);

Server start_gate(const std::string& program, const Set& set, const std::string& dir);
Server start_nginx(const std::string& program, const Set& set, const std::string& dir);
Server start_haproxy(const std::string& program, const Set& set, const std::string& dir);

/// What start_gate() starts: `proviso gate serve` with a clock that stands where the orders are in
/// force. Returns when it is told to stop.
int serve_gate(const std::string& dir, std::uint16_t http, std::uint16_t authzen);

}  // namespace proviso::bench

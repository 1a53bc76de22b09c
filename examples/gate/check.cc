// SPDX-License-Identifier: Apache-2.0
// A program in C++23 asks a gate (CMakeLists.txt beside this file builds it):
//
//   ./check trust.json snapshot.json SUBSCRIPTION SERVICE OPERATION
//
// Ends with 0 where the request may pass, 1 where it may not, 2 where it can't tell.
#include <fstream>
#include <iostream>
#include <iterator>
#include <proviso/gate.hpp>
#include <string>

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int give_up(const proviso::GateProblem& problem) {
  std::cerr << "check: " << problem.message << "\n";
  return 2;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) return give_up({2, "usage: check TRUST SNAPSHOT SUBSCRIPTION SERVICE OPERATION"});
  const std::string trust = read_file(words[1]);
  auto gate = proviso::Gate::open({.trust = trust});
  if (!gate) return give_up(gate.error());
  const auto taken = gate->offer(read_file(words[2]));
  if (!taken) return give_up(taken.error());

  const proviso_answer answer = gate->check(proviso::GateRequest(words[3], words[4], words[5]));
  const bool refused = answer.outcome == PROVISO_NO;
  std::cout << (refused ? gate->explain(answer).user : "go on") << "\n";
  return refused ? 1 : 0;
}

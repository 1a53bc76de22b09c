// SPDX-License-Identifier: Apache-2.0
// A program that lets its gate record, and prints the lines:
//
//   ./refusals trust.json snapshot.json SUBSCRIPTION SERVICE OPERATION
//
// Asks many times from several threads, so that more wait than one call gives.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <proviso/gate.hpp>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int give_up(const std::string& what) {
  std::fprintf(stderr, "refusals: %s\n", what.c_str());
  return 2;
}

// What the C functions say to a caller who is wrong.
bool misuse_is_told(const std::string& trust) {
  auto silent = proviso::Gate::open({.trust = trust});
  return silent && silent->refusals().empty();
}

// Keys of subscription, service and operation answer as their texts do.
bool keys_agree(const std::string& trust, const std::string& snapshot, char** asked) {
  auto silent = proviso::Gate::open({.trust = trust});
  if (!silent || !silent->offer(snapshot)) return false;
  for (const char* subscription : {static_cast<const char*>(asked[0]), "nobody"}) {
    const proviso::GateRequest request(subscription, asked[1], asked[2]);
    const proviso_answer by_text = silent->check(request);
    const proviso_answer by_keys = silent->check(
        proviso::Gate::key(subscription), proviso::Gate::service_keys(asked[1], asked[2]), request);
    if (std::memcmp(&by_text, &by_keys, sizeof by_text) != 0) return false;
    if ((by_text.outcome == PROVISO_NO) != (subscription == asked[0])) return false;
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) return give_up("usage: refusals TRUST SNAPSHOT SUBSCRIPTION SERVICE OPERATION");
  const std::string trust = read_file(words[1]);
  auto gate = proviso::Gate::open({.trust = trust, .record = true});
  if (!gate) return give_up(gate.error().message);
  const auto taken = gate->offer(read_file(words[2]));
  if (!taken) return give_up(taken.error().message);
  if (!keys_agree(trust, read_file(words[2]), words + 3)) return give_up("keys answer otherwise");
  if (!misuse_is_told(trust)) return give_up("a gate that does not record gives lines");

  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int asked = 0; asked < 100; ++asked) {
        static_cast<void>(gate->check(proviso::GateRequest(words[3], words[4], words[5])));
        static_cast<void>(gate->check(proviso::GateRequest("nobody", words[4], words[5])));
      }
    });
  }
  threads.clear();  // waits for them
  for (std::string lines = gate->refusals(); !lines.empty(); lines = gate->refusals()) {
    std::fwrite(lines.data(), 1, lines.size(), stdout);
  }
  return 0;
}

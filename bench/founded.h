// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/random.h"
#include "cases/register_store.h"
#include "provider_sim/line_file.h"
#include "provider_sim/simulate.h"
#include "server/founding.h"

// What benchmarks begin with: a simulated log, and a founded data folder with its register in it.
namespace proviso::bench {

/// Called with each line of the log, its line feed included; returns what is to be written for it.
using Rewrite = std::string (*)(std::string_view line);

inline Result<void> simulate(const provider_sim::Options& options, const std::string& log,
                             const std::string& register_path, Rewrite rewrite = nullptr) {
  auto reg = TRY(provider_sim::LineFile::create(register_path));
  TRY_VOID(provider_sim::write_register(options, [&](std::string_view l) { return reg.write(l); }));
  TRY_VOID(reg.close());
  auto file = TRY(provider_sim::LineFile::create(log));
  const auto write = [&](std::string_view line) {
    return rewrite == nullptr ? file.write(line) : file.write(rewrite(line));
  };
  const auto summary = TRY(provider_sim::simulate(options, provider_sim::Format::usage, write));
  static_cast<void>(summary);
  return file.close();
}

inline Result<void> found(const std::string& root, const std::string& register_path) {
  SystemClock clock;
  SystemRandom random;
  TRY_VOID(server::init_folder(root, "bench.example.com/log", random));
  auto folder = TRY(server::DataFolder::open(root, clock, random));
  for (const char* name : {"proposer", "counsel", "executive"}) {
    const SigningKey key = SigningKey::generate(random);
    const bool proposes = std::string_view(name) == "proposer";
    TRY_VOID(server::add_founder(*folder,
                                 {.key = {name, key.public_key()},
                                  .role = proposes ? model::Role::proposer : model::Role::approver,
                                  .person = {}}));
  }
  TRY_VOID(server::seal(*folder, server::uniform_policy(2), clock));
  const std::string text = TRY(real_file_system().read(register_path, std::uint64_t{1} << 32U));
  TRY_VOID(cases::load_register(folder->record(), register_path, text));
  return {};
}

}  // namespace proviso::bench

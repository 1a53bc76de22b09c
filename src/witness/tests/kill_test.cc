// SPDX-License-Identifier: Apache-2.0
// kill -9 of a witness at random moments, on the real disk (W1, W2): what it answered it still
// knows, and it never cosigns another tree of that size. 20 times, 200 in the soak tier.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing/faulty_file_system.h"
#include "ledger/log.h"
#include "witness/request.h"
#include "witness/witness.h"

namespace proviso::witness {
namespace {

const std::string kOrigin = "log.example/kill";
constexpr std::size_t kSteps = 1500;

SigningKey key_of(char c) { return SigningKey::from_seed(std::string(32, c)).value(); }

class WitnessKillTest : public ::testing::Test {
 protected:
  // All requests are made before a child is forked: the log's threads are gone by then.
  void SetUp() override {
    dir_ = (std::filesystem::temp_directory_path() /
            ("proviso-witness-kill-" + std::to_string(::getpid())))
               .string();
    std::filesystem::remove_all(dir_);
    proviso::testing::FaultyFileSystem memory;
    const auto log = ledger::Log::create(memory, "d", {kOrigin, key_of('l')}, kOrigin).value();
    for (std::size_t n = 0; n < kSteps; ++n) {
      const ledger::NewEntry entry{std::to_string(n), std::to_string(n)};
      ASSERT_TRUE(log->append({&entry, 1}));
      const std::string note = log->head()->checkpoint;
      AddCheckpoint step{n, {}, note};
      if (n > 0) step.proof = log->prove_consistency(n, n + 1).value();
      steps_.push_back(format_add_checkpoint(step));
      const ledger::Checkpoint other{kOrigin, n + 1, sha256(note)};
      forks_.push_back(format_add_checkpoint(
          {n + 1, {}, ledger::sign_note({kOrigin, key_of('l')}, other.format())}));
    }
  }
  void TearDown() override {
    if (!HasFailure()) std::filesystem::remove_all(dir_);
  }

  [[nodiscard]] std::unique_ptr<Witness> open() const {
    const ledger::NoteVerifier log{kOrigin, key_of('l').public_key()};
    return std::make_unique<Witness>(Witness::Files{real_file_system(), dir_}, "w.example",
                                     key_of('w'), std::vector<ledger::NoteVerifier>{log}, clock_);
  }

  // The child: goes on from what it knows, tells each size that it answered for, and shows every
  // 50th the other tree, until it is killed.
  [[noreturn]] void run_child(int pipe) const {
    const auto witness = open();
    const auto seen = witness->seen(kOrigin);
    for (std::size_t n = seen ? seen->checkpoint.size : 0; n < kSteps; ++n) {
      if (witness->add_checkpoint(steps_[n]).status != 200) std::_Exit(8);
      const std::uint64_t size = n + 1;
      if (::write(pipe, &size, sizeof(size)) != sizeof(size)) std::_Exit(7);
      if (n % 50 == 0 && witness->add_checkpoint(forks_[n]).status != 422) std::_Exit(9);
    }
    while (true) std::this_thread::sleep_for(std::chrono::seconds{1});
  }

  // Returns the largest size that was answered for; 0 where none was.
  std::uint64_t kill_one(std::chrono::microseconds delay) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      run_child(ends[1]);
    }
    ::close(ends[1]);
    std::jthread killer([&] {
      std::this_thread::sleep_for(delay);
      ::kill(child, SIGKILL);
    });
    std::uint64_t told = 0;
    std::uint64_t size = 0;
    while (::read(ends[0], &size, sizeof(size)) == sizeof(size)) told = size;
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    return told;
  }

  SystemClock clock_;
  std::string dir_;
  std::vector<std::string> steps_;  // from a size to the next
  std::vector<std::string> forks_;  // another tree of that next size
};

TEST_F(WitnessKillTest, WhatWasAnsweredIsKnown) {
  const char* tier = std::getenv("PROVISO_TIER");
  const int kills = tier != nullptr && std::string_view(tier) == "soak" ? 200 : 20;
  std::mt19937_64 random(1);
  std::uint64_t before = 0;
  int busy = 0;
  for (int round = 0; round < kills; ++round) {
    const std::uint64_t told = kill_one(std::chrono::microseconds(random() % 60'000));
    const auto witness = open();
    const auto seen = witness->seen(kOrigin);
    ASSERT_TRUE(seen || seen.error().code == Errc::not_found) << seen.error().message;
    const std::uint64_t size = seen ? seen->checkpoint.size : 0;
    ASSERT_GE(size, std::max(told, before));
    // What was written last may not have been answered any more.
    ASSERT_LE(size, std::max(told, before) + 1);
    if (size > 0) {
      ASSERT_EQ(witness->add_checkpoint(forks_[size - 1]).status, 422);
      ASSERT_EQ(witness->add_checkpoint(steps_[size - 1]).status, 409);
    }
    ASSERT_TRUE(list_evidence(real_file_system(), dir_));
    busy += size > before ? 1 : 0;
    before = size;
    if (size < kSteps) continue;
    std::filesystem::remove_all(dir_);  // the history is at its end: another one from the start
    before = 0;
  }
  EXPECT_GE(busy, kills / 4) << "the children were killed before they did anything";
}

}  // namespace
}  // namespace proviso::witness

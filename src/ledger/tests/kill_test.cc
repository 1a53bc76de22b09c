// SPDX-License-Identifier: Apache-2.0
// kill -9 under load, on the real disk: nothing acknowledged is lost, nothing is invented. 20
// times, 500 in the soak tier (PROVISO_TIER=soak). PROVISO_SEED chooses the moments.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <semaphore>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/log.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

const std::string kOrigin = "log.example/kill";
constexpr std::uint64_t kPerRound = 10'000'000;
constexpr int kWriters = 8;
constexpr std::size_t kInFlight = 256;

NoteSigner signer() {
  return NoteSigner{kOrigin, SigningKey::from_seed(std::string(32, 'x')).value()};
}

// Every entry can be told from its number alone, so an invented one is seen.
NewEntry entry_of(std::uint64_t number) {
  const std::string id = std::to_string(number);
  return {id, id + ":" + std::string(1 + number * 7919 % 3000, 'k')};
}

/// What the child says of each acknowledged entry. Shorter than PIPE_BUF, so written at once.
struct Acknowledged {
  std::uint64_t number;
  EntryIndex index;
};

/// The child: appends from many threads and compacts, and tells of each acknowledgement, until it
/// is killed.
class Load {
 public:
  Load(std::unique_ptr<Log> log, int pipe, std::uint64_t first)
      : log_(std::move(log)), pipe_(pipe), next_(first) {}

  [[noreturn]] void run() {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWriters; ++i) threads.emplace_back([this] { write_blocked(); });
    threads.emplace_back([this] { compact(); });
    while (true) submit();
  }

 private:
  void tell(std::uint64_t number, EntryIndex index) const {
    const Acknowledged told{number, index};
    if (::write(pipe_, &told, sizeof(told)) != sizeof(told)) std::_Exit(7);
  }
  void write_blocked() {
    while (true) {
      const std::uint64_t number = next_++;
      const NewEntry entry = entry_of(number);
      const auto index = log_->append({&entry, 1});
      if (!index) std::_Exit(8);
      tell(number, index->front());
    }
  }
  void submit() {
    while (in_flight_ >= kInFlight) std::this_thread::yield();
    ++in_flight_;
    const std::uint64_t number = next_++;
    const auto done = [this, number](const Result<EntryIndex>& index) {
      if (!index) std::_Exit(8);
      tell(number, *index);
      --in_flight_;
    };
    if (!log_->submit(entry_of(number), done)) std::_Exit(8);
  }
  void compact() {
    while (true) {
      std::this_thread::sleep_for(std::chrono::milliseconds{15});
      if (!log_->compact()) std::_Exit(8);
    }
  }

  std::unique_ptr<Log> log_;
  int pipe_;
  std::atomic<std::uint64_t> next_;
  std::atomic<std::size_t> in_flight_ = 0;
};

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = (std::filesystem::temp_directory_path() / ("proviso-kill-" + std::to_string(::getpid())))
               .string();
    std::filesystem::remove_all(dir_);
    ASSERT_TRUE(Log::create(real_file_system(), dir_, signer(), kOrigin).has_value());
  }
  void TearDown() override {
    if (!HasFailure()) std::filesystem::remove_all(dir_);
  }

  /// When the delay begins: with the child, which may then be killed while it recovers, or with its
  /// first acknowledgement.
  enum class From : std::uint8_t { start, first_acknowledgement };
  void kill_one(std::uint64_t round, From from, std::chrono::microseconds delay) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      auto log = Log::open(real_file_system(), dir_, signer(), kOrigin);
      if (!log) std::_Exit(9);
      Load(std::move(*log), ends[1], round * kPerRound).run();
    }
    ::close(ends[1]);
    std::counting_semaphore<4> began(from == From::start ? 1 : 0);
    std::jthread killer([&] {
      (void)began.try_acquire_for(std::chrono::seconds{30});
      std::this_thread::sleep_for(delay);
      ::kill(child, SIGKILL);
    });
    Acknowledged told{};
    std::uint64_t acknowledged_in_round = 0;
    while (::read(ends[0], &told, sizeof(told)) == sizeof(told)) {
      if (acknowledged_in_round++ == 0 && from == From::first_acknowledgement) began.release();
      EXPECT_TRUE(acknowledged_.emplace(told.number, told.index).second);
    }
    began.release();
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  }

  // As it lies there, before anything of ours has recovered it: whoever looks at the public files
  // sees a log that begins as the one that was seen before.
  void look_at_public_files() {
    const LogReport report =
        verify_log(real_file_system(), dir_, signer().verifier(), {.origin = "", .since = seen_});
    ASSERT_TRUE(report.ok) << report.error_class << " " << report.where << " " << report.detail;
    seen_ = real_file_system().read(dir_ + "/log/checkpoint", kNoteBytesMax).value();
  }

  void recover_and_check(std::uint64_t round) {
    auto log = Log::open(real_file_system(), dir_, signer(), kOrigin);
    ASSERT_TRUE(log.has_value()) << log.error().message;
    for (const auto& [number, index] : acknowledged_) {
      ASSERT_EQ((*log)->find(std::to_string(number)).value(), index) << "lost";
    }
    log->reset();
    std::set<std::uint64_t> numbers;
    const EntryVisitor visit = [&](EntryIndex index, std::string_view bytes) -> Result<void> {
      const std::uint64_t number = std::strtoull(std::string(bytes).c_str(), nullptr, 10);
      EXPECT_EQ(bytes, entry_of(number).bytes) << "invented";
      EXPECT_TRUE(numbers.insert(number).second) << "twice";
      EXPECT_LT(number, (round + 1) * kPerRound);
      const auto told = acknowledged_.find(number);
      EXPECT_TRUE(told == acknowledged_.end() || told->second == index);
      return {};
    };
    const auto report = verify_log(real_file_system(), dir_, signer().verifier(),
                                   {.origin = "", .since = seen_}, visit);
    ASSERT_TRUE(report->ok) << report->error_class << " " << report->where;
    ASSERT_GE(numbers.size(), acknowledged_.size());
    seen_ = real_file_system().read(dir_ + "/log/checkpoint", kNoteBytesMax).value();
  }

  std::string dir_;
  std::map<std::uint64_t, EntryIndex> acknowledged_;
  std::optional<std::string> seen_;
};

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST_F(KillTest, NothingAcknowledgedIsLostNothingIsInvented) {
  const char* tier = std::getenv("PROVISO_TIER");
  const bool soak = tier != nullptr && std::string_view(tier) == "soak";
  const std::uint64_t kills = number_of("PROVISO_KILLS", soak ? 500 : 20);
  std::mt19937_64 random(number_of("PROVISO_SEED", 1));
  std::size_t before = 0;
  std::uint64_t busy = 0;
  for (std::uint64_t round = 1; round <= kills; ++round) {
    const From from = random() % 4 == 0 ? From::start : From::first_acknowledgement;
    kill_one(round, from, std::chrono::microseconds(random() % 150'000));
    if (HasFatalFailure()) return;
    look_at_public_files();
    // Recovery now and then after several kills only.
    if (round % 3 != 0 || round == kills) recover_and_check(round);
    if (HasFailure()) return;
    busy += acknowledged_.size() > before ? 1U : 0U;
    before = acknowledged_.size();
  }
  EXPECT_GE(busy, kills / 2) << "the children were killed before they did anything";
  std::printf("%llu kills (%llu of them under load), %zu entries acknowledged, all there\n",
              static_cast<unsigned long long>(kills), static_cast<unsigned long long>(busy),
              acknowledged_.size());
}

TEST_F(KillTest, ASecondProcessIsRefused) {
  const auto log = Log::open(real_file_system(), dir_, signer(), kOrigin);
  ASSERT_TRUE(log.has_value());
  const pid_t child = ::fork();
  if (child == 0) {
    const auto second = Log::open(real_file_system(), dir_, signer(), kOrigin);
    std::_Exit(!second && second.error().code == Errc::conflict ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace proviso::ledger

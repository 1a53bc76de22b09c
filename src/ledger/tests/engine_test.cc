// SPDX-License-Identifier: Apache-2.0
// Many at once: threads, appends in flight, closing, disks that refuse.
#include <atomic>
#include <latch>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "ledger/log.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

const std::string kOrigin = "log.example/many";

NoteSigner signer() {
  return NoteSigner{kOrigin, SigningKey::from_seed(std::string(32, 'm')).value()};
}
std::unique_ptr<Log> create(FileSystem& fs) {
  return Log::create(fs, "d", signer(), kOrigin).value();
}
NewEntry entry_of(const std::string& id) { return {id, "entry " + id}; }

/// Counts what reaches the disk.
class CountingFileSystem final : public FileSystem {
 public:
  std::atomic<std::uint64_t> syncs{0};

  Result<std::string> read(const std::string& path, std::uint64_t bytes_max) override {
    return inner_.read(path, bytes_max);
  }
  Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                         std::string& out) override {
    return inner_.read_into(path, bytes_max, out);
  }
  Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override {
    return inner_.open_read(path);
  }
  Result<std::unique_ptr<HeldLock>> lock(const std::string& path) override {
    return inner_.lock(path);
  }
  Result<void> write_durable(const std::string& path, std::string_view bytes) override {
    return inner_.write_durable(path, bytes);
  }
  Result<void> write_atomic(const std::string& path, std::string_view bytes) override {
    return inner_.write_atomic(path, bytes);
  }
  Result<void> sync_all(const std::string& path) override { return inner_.sync_all(path); }
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override {
    auto file = TRY(inner_.open_append(path));
    return std::unique_ptr<AppendFile>(std::make_unique<File>(std::move(file), syncs));
  }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    return inner_.truncate(path, size);
  }
  Result<void> make_directories(const std::string& path) override {
    return inner_.make_directories(path);
  }
  Result<void> remove(const std::string& path) override { return inner_.remove(path); }
  bool exists(const std::string& path) override { return inner_.exists(path); }
  bool is_own(const std::string& path) override { return inner_.is_own(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return inner_.list(path);
  }

 private:
  class File final : public AppendFile {
   public:
    File(std::unique_ptr<AppendFile> inner, std::atomic<std::uint64_t>& syncs)
        : inner_(std::move(inner)), syncs_(syncs) {}
    Result<void> append(std::string_view bytes) override { return inner_->append(bytes); }
    Result<void> sync() override {
      ++syncs_;
      // As slow as a disk, so that others queue up meanwhile.
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
      return inner_->sync();
    }

   private:
    std::unique_ptr<AppendFile> inner_;
    std::atomic<std::uint64_t>& syncs_;
  };
  FaultyFileSystem inner_;
};

TEST(LogThreads, ManyWritersShareSyncs) {
  CountingFileSystem fs;
  auto log = create(fs);
  constexpr int kWriters = 32;
  constexpr int kEach = 20;
  std::map<EntryIndex, std::string> where;
  std::mutex mutex;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        for (int i = 0; i < kEach; ++i) {
          const NewEntry entry = entry_of(std::to_string(w) + "." + std::to_string(i));
          const auto indexes = log->append({&entry, 1});
          const std::lock_guard guard(mutex);
          ASSERT_TRUE(indexes.has_value());
          EXPECT_TRUE(where.emplace(indexes->front(), entry.bytes).second) << "an index twice";
        }
      });
    }
  }
  EXPECT_EQ(log->size(), kWriters * kEach);
  EXPECT_LT(fs.syncs, kWriters * kEach / 4) << "they did not share";
  for (const auto& [index, bytes] : where) EXPECT_EQ(log->entry(index).value(), bytes);
  EXPECT_TRUE(log->head().has_value());
  EXPECT_EQ(verify_log(fs, "d", signer().verifier()).error_class, "OK");
}

TEST(LogThreads, AnIdleAppendIsOneSync) {
  CountingFileSystem fs;
  auto log = create(fs);
  const NewEntry one = entry_of("one");
  ASSERT_TRUE(log->append({&one, 1}).has_value());
  EXPECT_EQ(fs.syncs, 1U);
  ASSERT_TRUE(log->append({&one, 1}).has_value());
  EXPECT_EQ(fs.syncs, 1U) << "it is known, and durable";
}

TEST(LogThreads, SubmittedInOrderAndToldOnce) {
  FaultyFileSystem fs;
  auto log = create(fs);
  std::vector<EntryIndex> told;  // only the log's one thread writes it
  std::latch all(1000);
  for (int i = 0; i < 1000; ++i) {
    const auto done = [&](Result<EntryIndex> index) {
      told.push_back(index.value());
      all.count_down();
    };
    ASSERT_TRUE(log->submit(entry_of(std::to_string(i % 900)), done).has_value());
  }
  all.wait();
  for (EntryIndex i = 0; i < 1000; ++i) EXPECT_EQ(told[i], i % 900);
  EXPECT_EQ(log->size(), 900U);
}

TEST(LogThreads, OneIdFromManyThreadsIsOneEntry) {
  FaultyFileSystem fs;
  auto log = create(fs);
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 8; ++w) {
      writers.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const NewEntry entry = entry_of(std::to_string(i));
          const auto index = log->append({&entry, 1}).value().front();
          EXPECT_EQ(log->find(entry.id).value(), index);
        }
      });
    }
  }
  EXPECT_EQ(log->size(), 50U);
}

TEST(LogThreads, ClosingFinishesWhatWasTakenAndPublishesIt) {
  FaultyFileSystem fs;
  std::atomic<int> told = 0;
  auto log = create(fs);
  for (int i = 0; i < 300; ++i) {
    const auto done = [&](const Result<EntryIndex>& index) { told += index ? 1 : 0; };
    ASSERT_TRUE(log->submit(entry_of(std::to_string(i)), done).has_value());
  }
  log.reset();
  EXPECT_EQ(told, 300);
  const LogReport report = verify_log(fs, "d", signer().verifier());
  EXPECT_EQ(report.error_class, "OK");
  EXPECT_EQ(report.size, 300U);
}

// After a failed write each caller hears of it, and nobody is told that anything went well after
// it.
TEST(LogThreads, AFailureReachesEverybody) {
  for (std::uint64_t n = 1; n < 40; ++n) {
    FaultyFileSystem fs;
    auto log = create(fs);
    fs.fail_at(n, n % 2 == 0 ? Fault::not_done : Fault::done);
    std::atomic<int> good = 0;
    std::atomic<int> bad = 0;
    {
      std::vector<std::jthread> writers;
      for (int w = 0; w < 4; ++w) {
        writers.emplace_back([&, w] {
          for (int i = 0; i < 10; ++i) {
            const NewEntry entry = entry_of(std::to_string(w) + "." + std::to_string(i));
            ++(log->append({&entry, 1}) ? good : bad);
          }
        });
      }
    }
    EXPECT_EQ(good + bad, 40);
    const auto size = log->size();
    EXPECT_EQ(size, static_cast<std::uint64_t>(good));
    if (fs.failed()) {
      EXPECT_EQ(log->head().error().code, Errc::unavailable);
      EXPECT_EQ(log->compact().error().code, Errc::unavailable);
      const auto done = [](const Result<EntryIndex>&) { FAIL() << "told after a failure"; };
      EXPECT_EQ(log->submit(entry_of("x"), done).error().code, Errc::unavailable);
    }
    log.reset();
    fs.crash(Unsynced::dropped);
    log = Log::open(fs, "d", signer(), kOrigin).value();
    EXPECT_GE(log->size(), size) << "lost";
    EXPECT_LE(log->size(), 40U) << "invented";
  }
}

TEST(LogThreads, AFullOrReadOnlyDiskIsSaidAndLosesNothing) {
  const std::pair<Errc, const char*> disks[] = {{Errc::exhausted, "no space left"},
                                                {Errc::unavailable, "read-only file system"}};
  for (const auto& [code, message] : disks) {
    FaultyFileSystem fs;
    auto log = create(fs);
    const NewEntry first = entry_of("first");
    const NewEntry second = entry_of("second");
    ASSERT_TRUE(log->append({&first, 1}).has_value());
    fs.refuse_writes(code, std::string("disk: ") + message);
    const auto refused = log->append({&second, 1});
    ASSERT_FALSE(refused.has_value());
    // Said by whichever write came first: this one, or the publication of the one before.
    EXPECT_NE(refused.error().message.find(message), std::string::npos) << refused.error().message;
    log.reset();
    // Opening writes what an earlier process may have failed to sync: it refuses, and says why.
    const auto opened = Log::open(fs, "d", signer(), kOrigin);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, code);
    fs.accept_writes();
    log = Log::open(fs, "d", signer(), kOrigin).value();
    EXPECT_EQ(log->find("first").value(), 0U);
    EXPECT_EQ(log->append({&second, 1}).value().front(), 1U);
  }
}

TEST(LogThreads, AScrubSeesWhatOpeningDoesNot) {
  FaultyFileSystem fs;
  auto log = create(fs);
  std::latch all(600);
  for (int i = 0; i < 600; ++i) {
    const auto done = [&](const Result<EntryIndex>& index) {
      EXPECT_TRUE(index.has_value());
      all.count_down();
    };
    ASSERT_TRUE(log->submit(entry_of(std::to_string(i)), done).has_value());
  }
  all.wait();  // what is still on its way would not be in the files that are damaged below
  ASSERT_TRUE(log->head().has_value());
  ASSERT_TRUE(log->compact().has_value());
  EXPECT_TRUE(log->scrub({}, 0).value().ok);
  log.reset();
  const std::pair<std::string, std::string> damages[] = {{"d/log/tile/entries/000", "leaf-hash"},
                                                         {"d/log/tile/0/001", "leaf-hash"},
                                                         {"d/index/0-600", "corrupt"}};
  for (const auto& [path, said] : damages) {
    FaultyFileSystem copy = fs;
    ASSERT_TRUE(copy.files().contains(path)) << path;
    copy.files()[path][4] ^= 4;
    const auto damaged = Log::open(copy, "d", signer(), kOrigin).value();
    const auto report = damaged->scrub({}, 0);
    if (report) {
      EXPECT_EQ(report->error_class, said) << path;
    } else {
      EXPECT_EQ(report.error().code, Errc::corrupt) << path;
      EXPECT_EQ(said, "corrupt") << path;
    }
  }
  // At 600 bytes a second it would take a minute.
  log = Log::open(fs, "d", signer(), kOrigin).value();
  std::jthread scrubbing([&](const std::stop_token& stop) {
    EXPECT_EQ(log->scrub(stop, 600).error().code, Errc::unavailable);
  });
  EXPECT_TRUE(log->append(std::vector{entry_of("while it scrubs")}).has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
}

TEST(LogThreads, GrowsBeyondOneWriteAheadFile) {
  FaultyFileSystem fs;
  auto log = create(fs);
  const std::string large(60'000, 'x');
  std::latch all(1200);
  for (int i = 0; i < 1200; ++i) {
    NewEntry entry{"large-" + std::to_string(i), large};
    while (!log->submit(entry, [&](const Result<EntryIndex>& r) {
      EXPECT_TRUE(r.has_value());
      all.count_down();
    })) {
      std::this_thread::yield();
    }
  }
  all.wait();
  ASSERT_TRUE(log->head().has_value());
  ASSERT_TRUE(log->compact().has_value());
  EXPECT_EQ(fs.list("d/frames").value().size(), 1U);
  log.reset();
  fs.crash(Unsynced::dropped);
  log = Log::open(fs, "d", signer(), kOrigin).value();
  EXPECT_EQ(log->size(), 1200U);
  EXPECT_EQ(log->find("large-777").value(), 777U);
  EXPECT_EQ(verify_log(fs, "d", signer().verifier()).error_class, "OK");
}

}  // namespace
}  // namespace proviso::ledger

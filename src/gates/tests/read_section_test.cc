// SPDX-License-Identifier: Apache-2.0
#include "gates/read_section.h"

#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "gates/retired.h"

namespace proviso::gates {
namespace {

struct Value {
  explicit Value(std::uint64_t number) : first(number), second(~number) {}
  ~Value() { first = second = 0; }
  std::uint64_t first;
  std::uint64_t second;
};

// Readers never see a value that is gone, nor one that goes back.
TEST(ReadSection, NobodyReadsWhatIsGone) {
  std::atomic<Value*> current = new Value(1);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> broken = 0;
  std::vector<std::jthread> readers;
  std::latch reading(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      bool told = false;
      while (!stop.load(std::memory_order_relaxed)) {
        const ReadSection outer;
        const ReadSection nested;
        const Value* value = current.load(std::memory_order_acquire);
        const std::uint64_t number = value->first;
        if (value->second != ~number || number < last) ++broken;
        last = number;
        if (!told) reading.count_down();
        told = true;
      }
    });
  }
  reading.wait();
  for (std::uint64_t number = 2; number < 5000; ++number) {
    Value* old = current.exchange(new Value(number));
    wait_for_readers();
    delete old;
  }
  stop = true;
  readers.clear();
  EXPECT_EQ(broken, 0U);
  delete current.load();
}

TEST(ReadSection, TheWriterWaitsForWhoIsInside) {
  std::atomic<bool> inside = false;
  std::atomic<bool> leave = false;
  std::atomic<bool> called = false;
  std::atomic<bool> returned = false;
  std::jthread reader([&] {
    const ReadSection section;
    inside = true;
    inside.notify_all();
    leave.wait(false);
    EXPECT_FALSE(returned);
  });
  inside.wait(false);
  std::jthread writer([&] {
    called = true;
    called.notify_all();
    wait_for_readers();
    returned = true;
  });
  called.wait(false);
  for (int i = 0; i < 1000; ++i) {  // time enough for a writer that does not wait
    const ReadSection section;      // one that begins now holds up nobody, and is not held up
    std::this_thread::yield();
    ASSERT_FALSE(returned);
  }
  leave = true;
  leave.notify_all();
  writer.join();
  EXPECT_TRUE(returned);
}

// A thread that stays in a section until it is told to leave.
class Inside {
 public:
  Inside() : reader_([this] { stay(); }) { inside_.wait(); }
  void leave() {
    leave_.count_down();
    reader_.join();
  }

 private:
  void stay() {
    const ReadSection section;
    inside_.count_down();
    leave_.wait();
  }
  std::latch inside_{1};
  std::latch leave_{1};
  std::jthread reader_;
};

TEST(ReadSection, AGraceHasPassedWhenWhoWasInsideHasLeft) {
  Inside reader;
  const std::uint64_t grace = begin_grace();
  EXPECT_FALSE(has_passed(grace));
  {
    const ReadSection later;  // it can't see what is replaced
    EXPECT_FALSE(has_passed(grace));
  }
  reader.leave();
  const ReadSection later;
  EXPECT_TRUE(has_passed(grace));
}

struct Counted {
  explicit Counted(int& alive) : alive_(alive) { ++alive_; }
  ~Counted() { --alive_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int& alive_;
};

TEST(Retired, IsFreedOnceItsReadersHaveLeft) {
  int alive = 0;
  Retired<Counted> retired;
  Inside reader;
  for (std::size_t i = 0; i < Retired<Counted>::kMax; ++i) {  // none of these waits
    retired.add(std::make_unique<Counted>(alive));
  }
  EXPECT_EQ(alive, static_cast<int>(Retired<Counted>::kMax));
  reader.leave();
  retired.free_what_nobody_reads();
  EXPECT_EQ(alive, 0);
  retired.add(std::make_unique<Counted>(alive));
  EXPECT_EQ(alive, 0) << "nobody reads";
}

TEST(Retired, MoreThanSoManyAreWaitedFor) {
  int alive = 0;
  std::atomic<bool> left = false;
  {
    Retired<Counted> retired;
    Inside reader;
    for (std::size_t i = 0; i < Retired<Counted>::kMax; ++i) {
      retired.add(std::make_unique<Counted>(alive));
    }
    std::jthread leaving([&] {
      left = true;
      reader.leave();
    });
    retired.add(std::make_unique<Counted>(alive));
    EXPECT_TRUE(left) << "it did not wait";
    EXPECT_LE(alive, static_cast<int>(Retired<Counted>::kMax));
  }
  EXPECT_EQ(alive, 0);
}

TEST(ReadSection, ThreadsThatEndAreWaitedForByNobody) {
  for (int i = 0; i < 100; ++i) {
    std::jthread([] { const ReadSection section; }).join();
    wait_for_readers();
  }
}

}  // namespace
}  // namespace proviso::gates

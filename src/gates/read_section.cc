// SPDX-License-Identifier: Apache-2.0
#include "gates/read_section.h"

#include <mutex>
#include <thread>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace proviso::gates {
namespace {

using Reader = ReadSection::Reader;

// All of these outlive every thread: they need no destructor.
constinit std::mutex g_mutex;  // guards the list, not the readers' own lines
constinit Reader* g_first = nullptr;
constinit std::atomic<std::uint64_t> g_epoch{1};

long membarrier(int command) { return ::syscall(__NR_membarrier, command, 0, 0); }

// The kernel can make all threads of the process pass a memory barrier when the writer asks for it,
// so that readers need none. Where it can't, each reader pays for its own.
bool register_barrier() { return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0; }
const bool kKernelBarrier = register_barrier();

class ThreadReader {
 public:
  ThreadReader() {
    const std::lock_guard lock(g_mutex);
    reader_.next = g_first;
    if (g_first != nullptr) g_first->previous = &reader_;
    g_first = &reader_;
  }
  ~ThreadReader() {
    const std::lock_guard lock(g_mutex);
    if (reader_.next != nullptr) reader_.next->previous = reader_.previous;
    (reader_.previous != nullptr ? reader_.previous->next : g_first) = reader_.next;
  }
  ThreadReader(const ThreadReader&) = delete;
  ThreadReader& operator=(const ThreadReader&) = delete;
  Reader& get() { return reader_; }

 private:
  Reader reader_;
};

Reader& this_thread() {
  static thread_local ThreadReader reader;
  return reader.get();
}

}  // namespace

ReadSection::ReadSection() noexcept : reader_(this_thread()) {
  if (reader_.depth++ != 0) return;
  reader_.began.store(g_epoch.load(std::memory_order_relaxed), std::memory_order_relaxed);
  // What is read in the section is read after this thread is seen to be in it.
  if (kKernelBarrier) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

ReadSection::~ReadSection() {
  if (--reader_.depth == 0) reader_.began.store(0, std::memory_order_release);
}

std::uint64_t begin_grace() {
  // Sections that begin from here on can only see what has replaced the old.
  const std::uint64_t out = g_epoch.fetch_add(1) + 1;
  if (kKernelBarrier) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return out;
}

bool has_passed(std::uint64_t grace) {
  const std::lock_guard lock(g_mutex);
  for (const Reader* reader = g_first; reader != nullptr; reader = reader->next) {
    const std::uint64_t began = reader->began.load(std::memory_order_acquire);
    if (began != 0 && began < grace) return false;
  }
  return true;
}

void wait_for_readers() {
  const std::uint64_t grace = begin_grace();
  while (!has_passed(grace)) std::this_thread::yield();
}

}  // namespace proviso::gates

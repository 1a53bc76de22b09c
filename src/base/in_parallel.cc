// SPDX-License-Identifier: Apache-2.0
#include "base/in_parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace proviso {
namespace {

constexpr std::size_t kPiece = 64;  // some milliseconds of signatures: worth a thread

}  // namespace

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto work = [&] {
    try {
      for (std::size_t begin = next.fetch_add(kPiece); begin < count;
           begin = next.fetch_add(kPiece)) {
        for (std::size_t i = begin; i < std::min(begin + kPiece, count); ++i) body(i);
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      thrown = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    std::size_t wanted = std::min<std::size_t>(std::thread::hardware_concurrency(), count / kPiece);
    try {
      while (threads.size() + 1 < wanted) threads.emplace_back(work);
    } catch (const std::system_error&) {
      wanted = 0;  // no thread to be had: fewer do it, too
    }
    work();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace proviso

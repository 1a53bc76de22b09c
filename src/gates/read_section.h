// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

// How any number of threads read what one thread replaces: read-copy-update. A reader says in a
// cache line of its own that it reads; whoever replaces something waits until all who might still
// read the old one have left.
namespace proviso::gates {

/// While it lives, nothing that wait_for_readers() is called for goes away. Wait-free, and no
/// shared cache line is written: about 1 ns. Sections may nest. Short: the writer waits for it.
/// The first one of a thread puts the thread on a list, which takes a lock once.
class ReadSection {
 public:
  ReadSection() noexcept;
  ~ReadSection();
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;

  /// Of one thread. `began` is 0 outside of sections.
  struct alignas(64) Reader {
    std::atomic<std::uint64_t> began{0};
    std::uint32_t depth = 0;
    Reader* next = nullptr;
    Reader* previous = nullptr;
  };

 private:
  Reader& reader_;
};

/// Returns when every section that had begun before the call has ended. What was made unreachable
/// before it can then be destroyed. Any thread, but not from within a section.
void wait_for_readers();

/// The same for whoever does not want to wait: once has_passed(begin_grace()) says so, every
/// section that had begun before begin_grace() has ended. Any thread.
std::uint64_t begin_grace();
bool has_passed(std::uint64_t grace);

}  // namespace proviso::gates

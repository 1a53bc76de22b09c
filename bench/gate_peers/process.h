// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace proviso::bench {

/// A server under measurement: on core 0 with all that it starts. Ended with this.
class Process {
 public:
  /// Its output goes to the file `log`.
  Process(const std::vector<std::string>& command, const std::string& log);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool is_running() const;
  /// Seconds of CPU, user and system, that it and its children that run have used. In steps of
  /// 10 ms.
  [[nodiscard]] double cpu_seconds() const;
  /// MiB of memory, of it and its children; what they share is counted once.
  [[nodiscard]] double memory_mib() const;

 private:
  pid_t pid_;
};

/// Of this process, in MiB.
double own_memory_mib();
void pin_to(int core);

}  // namespace proviso::bench

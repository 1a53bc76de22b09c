// SPDX-License-Identifier: Apache-2.0
#include "bench/gate_peers/process.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace proviso::bench {
namespace {

std::string folder_of(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::vector<pid_t> family_of(pid_t pid) {
  std::vector<pid_t> out = {pid};
  std::ifstream children(folder_of(pid) + "/task/" + std::to_string(pid) + "/children");
  for (pid_t child = 0; children >> child;) out.push_back(child);
  return out;
}

// The proportional set: a page that two processes have is half of each.
double memory_of(const std::string& folder) {
  std::ifstream file(folder + "/smaps_rollup");
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == "Pss:" && file >> kib) return kib / 1024;
  }
  return 0;
}

// Fields 14 and 15, counted from behind the name, which may have spaces.
double ticks_of(pid_t pid) {
  std::ifstream file(folder_of(pid) + "/stat");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  std::istringstream rest(all.substr(std::min(all.size(), all.rfind(')') + 1)));
  std::string word;
  for (int skipped = 0; skipped < 11; ++skipped) rest >> word;
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return user + system;
}

}  // namespace

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  CHECK(::sched_setaffinity(0, sizeof set, &set) == 0);
}

double own_memory_mib() { return memory_of("/proc/self"); }

Process::Process(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ > 0) return;
  // Not left behind where the bench itself is killed.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  pin_to(0);
  const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) ::_exit(126);
  ::dup2(fd, STDOUT_FILENO);
  ::dup2(fd, STDERR_FILENO);
  ::execvp(words.front(), words.data());
  ::_exit(127);
}

Process::~Process() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

bool Process::is_running() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }

double Process::cpu_seconds() const {
  double out = 0;
  for (const pid_t pid : family_of(pid_)) out += ticks_of(pid);
  return out / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double Process::memory_mib() const {
  double out = 0;
  for (const pid_t pid : family_of(pid_)) out += memory_of(folder_of(pid));
  return out;
}

}  // namespace proviso::bench

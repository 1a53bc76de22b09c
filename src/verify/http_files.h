// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/client.h"
#include "ledger/log_files.h"

namespace proviso::verify {

struct HttpLimits {
  std::chrono::milliseconds file_time{60'000};  ///< for one file, with all tries
  unsigned connections = 16;                    ///< 1 to 64
  std::string ca_file;
};

/// A log on any static web server. Files that were announced are fetched on connections of their
/// own before they are asked for. Robust to what a server answers. Threads: one calls; others, of
/// its own, fetch.
class HttpFiles final : public ledger::LogFiles {
 public:
  /// A log below `url`, or below its folder `log` where `url` is that of a whole ledger folder.
  /// `invalid_input`: no URL, limits out of range, or the CA file.
  static Result<std::unique_ptr<HttpFiles>> open(const std::string& url, const HttpLimits& limits);
  ~HttpFiles() override;
  HttpFiles(const HttpFiles&) = delete;
  HttpFiles& operator=(const HttpFiles&) = delete;

  Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                         std::string& out) override;
  [[nodiscard]] std::uint64_t reads_ahead() const override { return 4ULL * limits_.connections; }
  void expect(const std::string& path, std::uint64_t bytes_max) override;

 private:
  struct Wanted {
    std::string path;
    std::uint64_t bytes_max = 0;
  };
  // A file between expect() and read_into(): in `wanted_` until somebody fetches it.
  struct Coming {
    enum class State : std::uint8_t { wanted, fetching, here };
    State state = State::wanted;
    Result<std::string> result;
  };

  HttpFiles(http::Url base, HttpLimits limits, std::vector<http::KeptConnection> connections);
  Result<std::string> fetch(http::KeptConnection& connection, const Wanted& wanted,
                            const std::stop_token& stop);
  void work(http::KeptConnection& connection, const std::stop_token& stop);
  bool may_fetch() const;

  http::Url base_;
  HttpLimits limits_;
  // The first is the caller's, each other one its thread's.
  std::vector<http::KeptConnection> connections_;

  // Guards what follows: what is announced, on its way, and here. Never held while fetching.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Wanted> wanted_;
  std::map<std::string, Coming> coming_;
  std::size_t bytes_here_ = 0;

  std::vector<std::jthread> workers_;  // last: they use all of the above
};

}  // namespace proviso::verify

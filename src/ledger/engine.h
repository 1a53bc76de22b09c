// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/append_queue.h"
#include "ledger/id_index.h"
#include "ledger/publisher.h"
#include "ledger/sequencer.h"

namespace proviso::ledger {

/// A signed checkpoint and the size that it is over.
struct LogHead {
  std::string checkpoint;
  std::uint64_t size = 0;
};

/// The threads of a log, each the owner of its part of the state:
///   sequencer   takes all that is queued as one batch, makes it durable, tells the callers
///   publisher   writes tiles, bundles and the public checkpoint
///   keeper      makes them durable and removes the write-ahead file that held them
/// Any thread may call; none of the log's own.
class Engine {
 public:
  Engine(FileSystem& fs, LogPaths paths, std::unique_ptr<Sequencer> sequencer,
         std::unique_ptr<IdIndex> ids);
  /// Finishes what is queued, publishes it, and ends the threads.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Publishes what recovery found and starts the threads. Call once, first.
  Result<void> start();

  enum class WhenFull : std::uint8_t { wait, refuse };
  /// `unavailable` after a failure, `exhausted` where the queue is full and `refuse` is said; then
  /// `append` is not told anything.
  Result<void> enqueue(QueuedAppend append, WhenFull when_full);

  [[nodiscard]] std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  [[nodiscard]] LogHead published() const;
  /// Waits until the public checkpoint covers `size` entries, which are acknowledged.
  Result<LogHead> wait_published(std::uint64_t size);
  /// Waits until all that is acknowledged now is in durable tiles and ids.
  Result<void> compact();
  Result<void> check_usable() const;
  [[nodiscard]] IdIndex& ids() { return *ids_; }

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Time = std::chrono::steady_clock::time_point;
  /// A write-ahead file that may go once everything below `size` is durable elsewhere.
  struct Keeping {
    std::string file;
    std::uint64_t size;
  };

  void sequence();
  void publish();
  void keep();
  void wait_for_work(Lock& lock);
  void commit_queued(Lock& lock);
  std::vector<QueuedAppend> take_batch();
  void hand_over(Lock& lock);
  void begin_file(Lock& lock);
  [[nodiscard]] bool may_end() const;
  [[nodiscard]] bool is_behind() const;
  [[nodiscard]] bool may_hand_over() const;
  [[nodiscard]] bool wants_new_file() const;
  void fail_all(const Error& error);
  Result<void> keep_one(const Keeping& keeping);

  FileSystem& fs_;
  const LogPaths paths_;
  std::unique_ptr<IdIndex> ids_;
  std::unique_ptr<Sequencer> sequencer_;  // the sequencer thread's
  Publisher publisher_;                   // the publisher thread's
  std::atomic<std::uint64_t> size_;       // acknowledged

  // Guards everything below. Held for moments only, never across a write.
  mutable std::mutex mutex_;
  std::condition_variable work_;     // for the sequencer
  std::condition_variable others_;   // for publisher and keeper
  std::condition_variable changed_;  // for callers
  std::vector<QueuedAppend> queue_;
  std::size_t queued_bytes_ = 0;
  std::optional<Publication> to_publish_;
  bool publishing_ = false;
  std::uint64_t handed_over_ = 0;  // size of the newest publication that was made
  Time handed_over_at_{};
  LogHead published_;
  std::uint64_t wanted_public_ = 0;  // somebody waits until this size is public
  std::optional<Keeping> to_keep_;
  std::uint64_t kept_ = 0;  // everything below is in durable tiles and ids
  bool compact_wanted_ = false;
  std::optional<Error> failure_;
  bool stopping_ = false;
  bool sequencer_ended_ = false;

  std::jthread sequencer_thread_;
  std::jthread publisher_thread_;
  std::jthread keeper_thread_;
};

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
// Group commit: while one batch is being synced, appends of any number of threads queue up; they
// are the next batch. So an idle append waits for one sync, and a busy disk is asked for one sync
// for all that wait.
//
// Invariants: README.md, L1 to L7. Which thread does what to the disk, and what a crash leaves:
//   sequencer   frame + sync                 a torn frame, or a whole one: L5
//   publisher   files, then checkpoint       files beyond the public checkpoint: written again, L7
//   sequencer   a new write-ahead file       two files, read one after the other
//   keeper      ids of the old file          a run beside frames that have the same ids
//   keeper      sync of the public folder    all as before, only durable
//   keeper      the old file is removed      the new file alone, whose base is in durable tiles
//   (L3)
#include "ledger/engine.h"

#include <utility>

namespace proviso::ledger {
namespace {

// A new write-ahead file is begun at this size; what is in it is replayed after a crash, so this
// bounds how long a start takes.
constexpr std::size_t kFileBytes = 16U << 20U;
// Where the disk can't keep up, appends wait at these; they bound memory and the time of a start.
constexpr std::size_t kFileBytesMax = 4 * kFileBytes;
constexpr std::size_t kUntakenBytesMax = 64U << 20U;
constexpr std::size_t kUntakenBytes = 8U << 20U;
constexpr std::size_t kQueuedMax = 65536;
constexpr std::size_t kQueuedBytesMax = kBatchBytesMax;
// How old what is public may be: while appends come in, and when they have stopped.
constexpr std::chrono::milliseconds kPublishBusy{100};
constexpr std::chrono::milliseconds kPublishIdle{10};

}  // namespace

Engine::Engine(FileSystem& fs, LogPaths paths, std::unique_ptr<Sequencer> sequencer,
               std::unique_ptr<IdIndex> ids)
    : fs_(fs),
      paths_(std::move(paths)),
      ids_(std::move(ids)),
      sequencer_(std::move(sequencer)),
      publisher_(fs, paths_),
      size_(sequencer_->size()) {}

Result<void> Engine::start() {
  const Publication first = sequencer_->take_publication();
  TRY_VOID(publisher_.publish(first));
  published_ = {first.checkpoint, first.size};
  handed_over_ = first.size;
  sequencer_thread_ = std::jthread([this] { sequence(); });
  publisher_thread_ = std::jthread([this] { publish(); });
  keeper_thread_ = std::jthread([this] { keep(); });
  return {};
}

Engine::~Engine() {
  const std::lock_guard guard(mutex_);
  stopping_ = true;
  work_.notify_all();
  others_.notify_all();
}

Result<void> Engine::enqueue(QueuedAppend append, WhenFull when_full) {
  Lock lock(mutex_);
  const auto has_room = [&] {
    return failure_ || queue_.empty() ||
           (queue_.size() < kQueuedMax && queued_bytes_ + append.bytes <= kQueuedBytesMax);
  };
  if (!has_room()) {
    if (when_full == WhenFull::refuse) {
      return fail(Errc::exhausted, paths_.dir + ": too many appends at once (try again later)");
    }
    changed_.wait(lock, has_room);
  }
  if (failure_) return std::unexpected(*failure_);
  queued_bytes_ += append.bytes;
  queue_.push_back(std::move(append));
  if (queue_.size() == 1) work_.notify_one();
  return {};
}

void Engine::sequence() {
  Lock lock(mutex_);
  while (true) {
    wait_for_work(lock);
    if (failure_) break;
    if (!queue_.empty() && !is_behind()) commit_queued(lock);
    if (!failure_ && wants_new_file()) begin_file(lock);
    if (!failure_ && may_hand_over()) hand_over(lock);
    if (may_end()) break;
  }
  sequencer_ended_ = true;
  others_.notify_all();
}

// Until there is something that this thread can do.
void Engine::wait_for_work(Lock& lock) {
  const auto ready = [&] {
    return failure_ || may_end() || (!queue_.empty() && !is_behind()) || may_hand_over() ||
           wants_new_file();
  };
  while (!ready()) {
    if (handed_over_ < size() && !to_publish_ && !publishing_) {
      // What is not public yet becomes so after a while, without anybody calling.
      work_.wait_until(lock, handed_over_at_ + kPublishIdle);
    } else {
      work_.wait(lock);
    }
  }
}

// When all that was taken is durable, and on its way to the public.
bool Engine::may_end() const { return stopping_ && queue_.empty() && handed_over_ == size(); }

// Whether publisher or keeper must catch up before more is appended. Never for both at once: each
// is handed what it needs by this thread, which goes on handing over while it is behind.
bool Engine::is_behind() const {
  const bool publisher_busy = to_publish_ || publishing_;
  return (sequencer_->untaken_bytes() > kUntakenBytesMax && publisher_busy) ||
         (sequencer_->file_bytes() > kFileBytesMax && to_keep_);
}

void Engine::commit_queued(Lock& lock) {
  std::vector<QueuedAppend> batch = take_batch();
  lock.unlock();
  std::vector<std::span<PreparedEntry>> entries;
  entries.reserve(batch.size());
  for (QueuedAppend& append : batch) entries.push_back(append.entries());
  const auto done = sequencer_->commit(entries);
  std::optional<Error> error;
  if (!done) {
    error = done.error();
    // Invariant L4: nobody is told that a later append went well.
    lock.lock();
    fail_all(*error);
    lock.unlock();
  }
  size_.store(sequencer_->size(), std::memory_order_release);
  for (QueuedAppend& append : batch) append.finish(error);
  lock.lock();
  changed_.notify_all();
}

// All that is queued, as far as it fits a frame.
std::vector<QueuedAppend> Engine::take_batch() {
  std::vector<QueuedAppend> batch;
  std::swap(batch, queue_);
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < batch.size() && (count == 0 || bytes + batch[count].bytes <= kBatchBytesMax)) {
    bytes += batch[count++].bytes;
  }
  const auto rest = batch.begin() + static_cast<std::ptrdiff_t>(count);
  queue_.assign(std::make_move_iterator(rest), std::make_move_iterator(batch.end()));
  batch.erase(rest, batch.end());
  queued_bytes_ -= bytes;
  return batch;
}

bool Engine::may_hand_over() const {
  if (handed_over_ == size() || to_publish_ || publishing_) return false;
  if (stopping_ || wanted_public_ > handed_over_) return true;
  if (to_keep_ && to_keep_->size > handed_over_) return true;
  if (sequencer_->untaken_bytes() > kUntakenBytes) return true;
  const auto age = std::chrono::steady_clock::now() - handed_over_at_;
  return age >= (queue_.empty() ? kPublishIdle : kPublishBusy);
}

void Engine::hand_over(Lock& lock) {
  lock.unlock();
  Publication publication = sequencer_->take_publication();
  lock.lock();
  handed_over_ = publication.size;
  handed_over_at_ = std::chrono::steady_clock::now();
  to_publish_ = std::move(publication);
  others_.notify_all();
}

bool Engine::wants_new_file() const {
  if (to_keep_ || to_publish_ || publishing_) return false;
  return compact_wanted_ || sequencer_->file_bytes() > kFileBytes;
}

void Engine::begin_file(Lock& lock) {
  compact_wanted_ = false;
  // The base's own partial tiles must be there for the next start, so its size is published, too.
  if (handed_over_ < size()) hand_over(lock);
  lock.unlock();
  auto before = sequencer_->begin_file();
  if (before && !before->empty()) ids_->freeze(sequencer_->size());
  lock.lock();
  if (!before) return fail_all(before.error());
  if (before->empty()) {
    kept_ = sequencer_->size();
    changed_.notify_all();
    return;
  }
  to_keep_ = Keeping{std::move(*before), sequencer_->size()};
  others_.notify_all();
}

void Engine::publish() {
  Lock lock(mutex_);
  while (true) {
    others_.wait(lock, [&] { return failure_ || to_publish_ || sequencer_ended_; });
    if (failure_ || !to_publish_) return;
    const Publication publication = std::move(*to_publish_);
    to_publish_.reset();
    publishing_ = true;
    lock.unlock();
    const auto done = publisher_.publish(publication);
    lock.lock();
    publishing_ = false;
    if (!done) return fail_all(done.error());
    published_ = {publication.checkpoint, publication.size};
    work_.notify_one();
    others_.notify_all();
    changed_.notify_all();
  }
}

void Engine::keep() {
  Lock lock(mutex_);
  while (true) {
    others_.wait(lock, [&] {
      const bool can_begin = to_keep_ && published_.size >= to_keep_->size;
      return failure_ || can_begin || (sequencer_ended_ && !to_keep_);
    });
    if (failure_ || !to_keep_) return;
    const Keeping keeping = *to_keep_;
    lock.unlock();
    const auto done = keep_one(keeping);
    lock.lock();
    if (!done) return fail_all(done.error());
    kept_ = keeping.size;
    to_keep_.reset();
    work_.notify_one();
    changed_.notify_all();
  }
}

// Invariant L3: the frames go when tiles, bundles and ids below keeping.size are durable.
Result<void> Engine::keep_one(const Keeping& keeping) {
  TRY_VOID(ids_->save());
  // A crash here leaves a run of ids that the old file's frames have as well.
  TRY_VOID(fs_.sync_all(paths_.public_dir()));
  // A crash here leaves frames whose tiles are there already: replay writes the same once more.
  return fs_.remove(keeping.file);
}

// Called under the lock. Invariant L4.
void Engine::fail_all(const Error& error) {
  if (!failure_) {
    failure_ =
        Error{Errc::unavailable, paths_.dir + ": a write to the ledger failed: " + error.message +
                                     " (restart: it recovers by itself)"};
  }
  for (QueuedAppend& append : queue_) append.finish(failure_);
  queue_.clear();
  queued_bytes_ = 0;
  work_.notify_all();
  others_.notify_all();
  changed_.notify_all();
}

LogHead Engine::published() const {
  const std::lock_guard guard(mutex_);
  return published_;
}

Result<LogHead> Engine::wait_published(std::uint64_t size) {
  Lock lock(mutex_);
  if (published_.size < size && wanted_public_ < size) {
    wanted_public_ = size;
    work_.notify_one();
  }
  changed_.wait(lock, [&] { return failure_ || published_.size >= size; });
  if (failure_) return std::unexpected(*failure_);
  return published_;
}

Result<void> Engine::compact() {
  Lock lock(mutex_);
  const std::uint64_t size = this->size();
  // Also where nothing was appended since: then the sequencer finds so.
  const auto done = [&] { return failure_ || (kept_ >= size && !compact_wanted_ && !to_keep_); };
  compact_wanted_ = true;
  work_.notify_one();
  changed_.wait(lock, done);
  if (failure_) return std::unexpected(*failure_);
  return {};
}

Result<void> Engine::check_usable() const {
  const std::lock_guard guard(mutex_);
  if (failure_) return std::unexpected(*failure_);
  return {};
}

}  // namespace proviso::ledger

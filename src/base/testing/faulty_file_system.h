// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace proviso::testing {

/// What the operation that is made to fail does before it reports failure.
enum class Fault : std::uint8_t { not_done, done, half_done };
/// What a crash leaves of bytes that were written but not synced.
enum class Unsynced : std::uint8_t { kept, dropped, torn };

/// A file system in memory that fails at its n-th changing operation and forgets un-synced bytes.
/// Folders exist by themselves. Any thread, but files(), which wants the others to be still. A copy
/// has the same files, and nobody's locks.
class FaultyFileSystem final : public FileSystem {
 public:
  /// The `n`-th changing operation from now on (from 1), and every one after it, fails.
  void fail_at(std::uint64_t n, Fault fault) {
    const std::lock_guard guard(mutex_);
    left_ = n;
    fault_ = fault;
  }
  [[nodiscard]] bool failed() const {
    const std::lock_guard guard(mutex_);
    return left_ && *left_ == 0;
  }
  /// From now on nothing can be written, as on a full disk or one that is mounted read-only.
  void refuse_writes(Errc code, std::string message) {
    const std::lock_guard guard(mutex_);
    refusal_ = Error{code, std::move(message)};
  }
  void accept_writes() {
    const std::lock_guard guard(mutex_);
    refusal_.reset();
  }
  /// The machine goes down and comes up again; nothing fails any more.
  void crash(Unsynced unsynced) {
    left_.reset();
    if (unsynced == Unsynced::dropped) now_ = durable_;
    if (unsynced == Unsynced::torn) tear();
  }
  /// The files as they look now, for tests that damage them.
  std::map<std::string, std::string>& files() { return now_; }
  /// As if all of files() were on disk.
  void sync_everything() { durable_ = now_; }

  Result<std::string> read(const std::string& path, std::uint64_t bytes_max) override {
    const std::lock_guard guard(mutex_);
    const auto it = now_.find(path);
    if (it == now_.end()) return fail(Errc::not_found, path + ": no such file");
    if (it->second.size() > bytes_max) return fail(Errc::exhausted, path + ": too long");
    return it->second;
  }
  Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                         std::string& out) override {
    out = TRY(read(path, bytes_max));
    return {};
  }
  Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override {
    std::string bytes = TRY(read(path, ~std::uint64_t{0}));
    return std::unique_ptr<ReadFile>(std::make_unique<Picture>(std::move(bytes)));
  }
  Result<std::unique_ptr<HeldLock>> lock(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    if (!locks_.held->insert(path).second) return fail(Errc::conflict, path + ": is locked");
    return std::unique_ptr<HeldLock>(std::make_unique<Lock>(locks_.held, path));
  }
  Result<void> write_durable(const std::string& path, std::string_view bytes) override {
    return change([&](bool half) {
      if (half) {
        now_[path + ".tmp"] = std::string(bytes.substr(0, bytes.size() / 2));
        return;
      }
      now_[path] = std::string(bytes);
      durable_[path] = std::string(bytes);
    });
  }
  Result<void> write_atomic(const std::string& path, std::string_view bytes) override {
    return change([&](bool half) {
      now_[half ? path + ".tmp" : path] =
          std::string(half ? bytes.substr(0, bytes.size() / 2) : bytes);
    });
  }
  Result<void> sync_all(const std::string&) override {
    return change([&](bool half) {
      if (!half) durable_ = now_;
    });
  }
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override {
    TRY_VOID(change([&](bool) { durable_[path] = now_[path]; }));
    return std::unique_ptr<AppendFile>(std::make_unique<File>(*this, path));
  }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    return change([&](bool half) {
      if (half) return;
      now_[path].resize(size);
      durable_[path] = now_[path];
    });
  }
  Result<void> make_directories(const std::string&) override {
    return change([](bool) {});
  }
  Result<void> remove(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    if (!now_.contains(path)) return fail(Errc::not_found, path + ": no such file");
    return change([&](bool half) {
      if (half) return;
      now_.erase(path);
      durable_.erase(path);
    });
  }
  bool exists(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    const auto below = now_.lower_bound(path + "/");
    return now_.contains(path) || (below != now_.end() && below->first.starts_with(path + "/"));
  }
  bool is_own(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    return exists(path) && !shared_.contains(path);
  }
  /// From now on others may write to it, too.
  void share(const std::string& path) {
    const std::lock_guard guard(mutex_);
    shared_.insert(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    std::set<std::string> names;
    const std::string prefix = path + "/";
    for (auto it = now_.lower_bound(prefix); it != now_.end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      const std::string rest = it->first.substr(prefix.size());
      names.insert(rest.substr(0, rest.find('/')));
    }
    if (names.empty()) return fail(Errc::not_found, path + ": no such folder");
    return std::vector<std::string>(names.begin(), names.end());
  }

 private:
  // Each copy of the file system has one of its own.
  struct Mutex : std::recursive_mutex {
    Mutex() = default;
    Mutex(const Mutex&) : std::recursive_mutex() {}
    Mutex& operator=(const Mutex&) { return *this; }
  };
  struct Locks {
    std::shared_ptr<std::set<std::string>> held = std::make_shared<std::set<std::string>>();
    Locks() = default;
    Locks(const Locks&) : Locks() {}
    // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): nothing is taken over
    Locks& operator=(const Locks&) { return *this; }
  };
  class Lock final : public HeldLock {
   public:
    // Shared: a lock may outlive the file system that it was taken from.
    Lock(std::shared_ptr<std::set<std::string>> held, std::string path)
        : held_(std::move(held)), path_(std::move(path)) {}
    ~Lock() override { held_->erase(path_); }

   private:
    std::shared_ptr<std::set<std::string>> held_;
    std::string path_;
  };
  // The file as it was when it was opened.
  class Picture final : public ReadFile {
   public:
    explicit Picture(std::string bytes) : bytes_(std::move(bytes)) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    Result<std::string> read_at(std::uint64_t offset, std::size_t bytes) const override {
      if (offset > bytes_.size() || bytes_.size() - offset < bytes) {
        return fail(Errc::corrupt, "the file is cut");
      }
      return bytes_.substr(offset, bytes);
    }

   private:
    std::string bytes_;
  };
  class File final : public AppendFile {
   public:
    File(FaultyFileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}
    Result<void> append(std::string_view bytes) override {
      return fs_.change([&](bool half) {
        fs_.now_[path_] += bytes.substr(0, half ? bytes.size() / 2 : bytes.size());
      });
    }
    Result<void> sync() override {
      return fs_.change([&](bool half) {
        if (!half) fs_.durable_[path_] = fs_.now_[path_];
      });
    }

   private:
    FaultyFileSystem& fs_;
    std::string path_;
  };

  template <class Change>
  Result<void> change(const Change& apply) {
    const std::lock_guard guard(mutex_);
    if (refusal_) return std::unexpected(*refusal_);
    if (failed()) return fail(Errc::unavailable, "injected: the disk is gone");
    const bool fails = left_ && --*left_ == 0;
    if (!fails || fault_ == Fault::done) apply(false);
    if (fails && fault_ == Fault::half_done) apply(true);
    if (fails) return fail(Errc::unavailable, "injected failure");
    return {};
  }
  // Files that only grew keep half of what was added; others are as on disk, or empty if new.
  void tear() {
    for (auto& [path, bytes] : now_) {
      const std::string old = durable_.contains(path) ? durable_[path] : "";
      const std::size_t kept = old.size() + (bytes.size() - std::min(bytes.size(), old.size())) / 2;
      bytes = bytes.starts_with(old) ? bytes.substr(0, kept) : old;
    }
    durable_ = now_;
  }

  mutable Mutex mutex_;
  Locks locks_;
  std::optional<Error> refusal_;
  std::set<std::string> shared_;
  std::map<std::string, std::string> now_;
  std::map<std::string, std::string> durable_;
  std::optional<std::uint64_t> left_;
  Fault fault_ = Fault::not_done;
};

}  // namespace proviso::testing

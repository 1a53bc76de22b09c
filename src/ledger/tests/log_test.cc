// SPDX-License-Identifier: Apache-2.0
#include "ledger/log.h"

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "ledger/checkpoint.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

const std::string kOrigin = "log.example/proviso";

NoteSigner signer(char seed = 'k') {
  return NoteSigner{kOrigin, SigningKey::from_seed(std::string(32, seed)).value()};
}

NewEntry entry_of(std::uint64_t i) {
  const std::string number = std::to_string(i);
  return {"id-" + number, "{\"entry\":" + number + ",\"pad\":\"" + std::string(i % 7, 'x') + "\"}"};
}

std::vector<NewEntry> entries_of(std::uint64_t from, std::uint64_t to) {
  std::vector<NewEntry> out;
  for (std::uint64_t i = from; i < to; ++i) out.push_back(entry_of(i));
  return out;
}

// The slow, obvious tree: RFC 6962 as written.
Digest slow_root(std::uint64_t from, std::uint64_t to) {
  if (from == to) return sha256("");
  if (to - from == 1) return leaf_hash(entry_of(from).bytes);
  std::uint64_t split = 1;
  while (split * 2 < to - from) split *= 2;
  return node_hash(slow_root(from, from + split), slow_root(from + split, to));
}

Checkpoint checkpoint_of(Log& log) {
  return open_checkpoint(log.head().value().checkpoint, log.verifier()).value();
}

// Closed first: two can't have one log open.
void reopen(FileSystem& fs, std::unique_ptr<Log>& log) {
  log.reset();
  log = Log::open(fs, "d", signer(), kOrigin).value();
}

TEST(Log, GrowsAndProves) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  std::vector<std::string> history;
  for (const std::uint64_t size : std::initializer_list<std::uint64_t>{
           1, 2, 3, 5, 8, 200, 255, 256, 257, 300, 511, 512, 513, 700}) {
    ASSERT_TRUE(log->append(entries_of(log->size(), size)).has_value());
    EXPECT_EQ(checkpoint_of(*log).root, slow_root(0, size));
    EXPECT_EQ(checkpoint_of(*log).size, size);
    history.push_back(log->head().value().checkpoint);
    if (size % 2 == 1) reopen(fs, log);
    for (EntryIndex i = 0; i < size; i += 1 + size / 20) {
      EXPECT_EQ(log->entry(i).value(), entry_of(i).bytes);
      const auto proof = log->prove(i).value();
      EXPECT_TRUE(verify_inclusion(i, size, leaf_hash(entry_of(i).bytes), proof.hashes,
                                   checkpoint_of(*log).root));
    }
  }
  const NoteVerifier key = signer().verifier();
  for (const std::string& note : history) {
    const Checkpoint old = open_checkpoint(note, key).value();
    const auto proof = log->prove_consistency(old.size, 700).value();
    EXPECT_TRUE(verify_consistency(old.size, old.root, 700, checkpoint_of(*log).root, proof));
    EXPECT_EQ(verify_log(fs, "d", key, {.origin = "", .since = note}).error_class, "OK");
    EXPECT_TRUE(verify_inclusion(0, old.size, leaf_hash(entry_of(0).bytes),
                                 log->prove(0, old.size).value().hashes, old.root));
  }
  EXPECT_FALSE(log->entry(700).has_value());
  EXPECT_FALSE(log->prove(699, 699).has_value());
}

TEST(Log, BeyondTwoLevels) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  for (const std::uint64_t size :
       std::initializer_list<std::uint64_t>{1000, 30'000, 65'535, 65'536, 65'537, 66'000}) {
    ASSERT_TRUE(log->append(entries_of(log->size(), size)).has_value());
    reopen(fs, log);
  }
  EXPECT_EQ(checkpoint_of(*log).root, slow_root(0, 66'000));
  EXPECT_TRUE(fs.files().contains("d/log/tile/1/000"));
  EXPECT_TRUE(fs.files().contains("d/log/tile/2/000.p/1"));
  EXPECT_EQ(verify_log(fs, "d", signer().verifier()).error_class, "OK");
  const auto proof = log->prove(65'536).value();
  EXPECT_TRUE(verify_inclusion(65'536, 66'000, leaf_hash(entry_of(65'536).bytes), proof.hashes,
                               checkpoint_of(*log).root));
}

TEST(Log, OneIdOneEntry) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  const std::vector<NewEntry> twice = {entry_of(0), entry_of(1), entry_of(0)};
  EXPECT_EQ(log->append(twice).value(), (std::vector<EntryIndex>{0, 1, 0}));
  for (int i = 0; i < 3; ++i) {
    reopen(fs, log);
    EXPECT_EQ(log->append(entries_of(0, 2)).value(), (std::vector<EntryIndex>{0, 1}));
    EXPECT_EQ(log->find("id-1").value(), 1U);
    EXPECT_EQ(log->find("id-7").value(), std::nullopt);
  }
  EXPECT_EQ(log->size(), 2U);
}

TEST(Log, RefusesWhatItCannotHold) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  const auto append_one = [&](std::string id, std::size_t bytes) {
    const std::vector<NewEntry> one = {{std::move(id), std::string(bytes, 'b')}};
    return log->append(one).has_value();
  };
  EXPECT_FALSE(append_one("", 1));
  EXPECT_FALSE(append_one(std::string(65, 'i'), 1));
  EXPECT_FALSE(append_one("a", 65'536));
  EXPECT_TRUE(append_one("b", 65'535));
  EXPECT_TRUE(append_one("c", 0));
  EXPECT_EQ(log->size(), 2U);
  EXPECT_EQ(Log::open(fs, "d", signer(), kOrigin).error().code, Errc::conflict) << "two at once";
  log.reset();
  EXPECT_EQ(Log::create(fs, "d", signer(), kOrigin).error().code, Errc::conflict);
  EXPECT_EQ(Log::open(fs, "e", signer(), kOrigin).error().code, Errc::not_found);
  EXPECT_EQ(Log::open(fs, "d", signer('z'), kOrigin).error().code, Errc::denied);
  EXPECT_EQ(Log::open(fs, "d", signer(), "else.example").error().code, Errc::denied);
}

TEST(Log, VisitorSeesEveryEntry) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  ASSERT_TRUE(log->append(entries_of(0, 300)).has_value());
  ASSERT_TRUE(log->head().has_value());
  std::uint64_t next = 0;
  const EntryVisitor visit = [&](EntryIndex i, std::string_view bytes) -> Result<void> {
    EXPECT_EQ(i, next++);
    EXPECT_EQ(bytes, entry_of(i).bytes);
    return {};
  };
  EXPECT_TRUE(verify_log(fs, "d", signer().verifier(), {}, visit).value().ok);
  EXPECT_EQ(next, 300U);
  next = 250;
  EXPECT_TRUE(for_each_entry(fs, "d", 250, 300, visit).has_value());
  EXPECT_EQ(next, 300U);
}

TEST(Log, ForkIsSeenAgainstARememberedCheckpoint) {
  FaultyFileSystem one;
  FaultyFileSystem two;
  auto log = Log::create(one, "d", signer(), kOrigin).value();
  auto fork = Log::create(two, "d", signer(), kOrigin).value();
  ASSERT_TRUE(log->append(entries_of(0, 5)).has_value());
  ASSERT_TRUE(fork->append(entries_of(1, 9)).has_value());
  ASSERT_TRUE(fork->head().has_value());
  const VerifyOptions since{.origin = "", .since = log->head().value().checkpoint};
  EXPECT_EQ(verify_log(two, "d", signer().verifier(), since).error_class, "fork");
}

/// What the world saw: acknowledged entries and every checkpoint that was shown.
struct Seen {
  std::uint64_t acknowledged = 0;
  std::vector<std::string> checkpoints;
};

/// Whether each append waits until it is public: then the order of operations is always the same,
/// else the public files are written while the next append is.
enum class Pace : std::uint8_t { step_by_step, at_once };

Result<void> append_and_compact(Log& log, Seen& seen, Pace pace) {
  for (const std::uint64_t size : std::initializer_list<std::uint64_t>{1, 254, 257, 260}) {
    const auto indexes = log.append(entries_of(0, size));
    if (!indexes) {
      EXPECT_EQ(log.append(entries_of(0, size)).error().code, Errc::unavailable);
      return std::unexpected(indexes.error());
    }
    for (EntryIndex i = 0; i < size; ++i) EXPECT_EQ((*indexes)[i], i);
    seen.acknowledged = size;
    if (pace == Pace::step_by_step) TRY_VOID(log.head());
    seen.checkpoints.push_back(log.published().checkpoint);
    if (size == 254) TRY_VOID(log.compact());
  }
  return {};
}

// Appends 4 batches around a full tile, compacting once; stops at the first error.
Result<void> life(FaultyFileSystem& fs, Seen& seen, Pace pace) {
  auto opened = Log::open(fs, "d", signer(), kOrigin);
  if (!opened && opened.error().code == Errc::not_found) {
    opened = Log::create(fs, "d", signer(), kOrigin);
  }
  auto log = TRY(std::move(opened));
  seen.checkpoints.push_back(log->published().checkpoint);
  const auto done = append_and_compact(*log, seen, pace);
  log.reset();
  // A checkpoint that was written, though the write was reported as failed, was shown as well.
  const auto shown = fs.files().find("d/log/checkpoint");
  if (shown != fs.files().end()) seen.checkpoints.push_back(shown->second);
  return done;
}

void expect_sound(FaultyFileSystem& fs, const Seen& seen, const std::string& when) {
  // Whatever is public right after the crash must be old, whole or not there, never a fork.
  const auto log = Log::open(fs, "d", signer(), kOrigin);
  if (!log && log.error().code == Errc::not_found) {
    EXPECT_EQ(seen.acknowledged, 0U) << when;
    return;
  }
  ASSERT_TRUE(log.has_value()) << when << ": " << log.error().message;
  EXPECT_GE((*log)->size(), seen.acknowledged) << when;
  for (EntryIndex i = 0; i < seen.acknowledged; i += 13) {
    EXPECT_EQ((*log)->find("id-" + std::to_string(i)).value(), i) << when;
  }
  EXPECT_EQ((*log)->find("id-260").value(), std::nullopt) << when << ": invented";
  for (const std::string& note : seen.checkpoints) {
    const LogReport report =
        verify_log(fs, "d", signer().verifier(), {.origin = "", .since = note});
    EXPECT_EQ(report.error_class, "OK") << when << " " << report.where << " " << report.detail;
  }
}

void crash_everywhere(Fault fault, Unsynced unsynced, Pace pace = Pace::step_by_step) {
  for (std::uint64_t n = 1;; ++n) {
    ASSERT_LT(n, 200U) << "never ran clean";
    FaultyFileSystem fs;
    Seen seen;
    fs.fail_at(n, fault);
    const bool clean = life(fs, seen, pace).has_value();
    // With Pace::at_once the last operations come after the last answer.
    EXPECT_TRUE(clean || fs.failed());
    const bool ran_clean = !fs.failed();
    fs.crash(unsynced);
    const std::string when = "operation " + std::to_string(n);
    expect_sound(fs, seen, when);
    // The second crash hits recovery itself.
    fs.fail_at(1 + n % 5, fault);
    (void)life(fs, seen, pace);
    fs.crash(unsynced);
    expect_sound(fs, seen, when + ", then recovery");
    ASSERT_TRUE(life(fs, seen, pace).has_value()) << when;
    expect_sound(fs, seen, when + ", then all done");
    if (ran_clean || ::testing::Test::HasFailure()) return;
  }
}

TEST(LogCrash, FailedNotDone) { crash_everywhere(Fault::not_done, Unsynced::kept); }
TEST(LogCrash, FailedNotDonePowerCut) { crash_everywhere(Fault::not_done, Unsynced::dropped); }
TEST(LogCrash, FailedNotDoneTorn) { crash_everywhere(Fault::not_done, Unsynced::torn); }
TEST(LogCrash, FailedButDone) { crash_everywhere(Fault::done, Unsynced::kept); }
TEST(LogCrash, FailedButDonePowerCut) { crash_everywhere(Fault::done, Unsynced::dropped); }
TEST(LogCrash, FailedHalfDone) { crash_everywhere(Fault::half_done, Unsynced::kept); }
TEST(LogCrash, FailedHalfDoneTorn) { crash_everywhere(Fault::half_done, Unsynced::torn); }
TEST(LogCrash, WhilePublishingNotDone) {
  crash_everywhere(Fault::not_done, Unsynced::kept, Pace::at_once);
}
TEST(LogCrash, WhilePublishingPowerCut) {
  crash_everywhere(Fault::done, Unsynced::dropped, Pace::at_once);
}
TEST(LogCrash, WhilePublishingTorn) {
  crash_everywhere(Fault::half_done, Unsynced::torn, Pace::at_once);
}

/// A log of three frames, and the same as it was before the last was published.
struct Tail {
  FaultyFileSystem fs;
  std::string published_before;
  Tail() {
    auto log = Log::create(fs, "d", signer(), kOrigin).value();
    EXPECT_TRUE(log->append(entries_of(0, 1)).has_value());
    EXPECT_TRUE(log->head().has_value());
    published_before = fs.files()["d/log/checkpoint"];
    EXPECT_TRUE(log->append(entries_of(0, 2)).has_value());
  }
};

TEST(LogDamage, TornTailIsCutAndDamageBelowItStops) {
  const Tail tail;
  auto original = tail.fs;
  const std::string wal = original.files()["d/frames/0"];
  for (std::size_t cut = 0; cut < wal.size(); ++cut) {
    for (const bool published : {true, false}) {
      FaultyFileSystem fs = tail.fs;
      fs.files()["d/frames/0"] = wal.substr(0, cut);
      if (!published) fs.files()["d/log/checkpoint"] = tail.published_before;
      const auto log = Log::open(fs, "d", signer(), kOrigin);
      if (log) {
        // Only the frame that nobody was shown may go.
        EXPECT_FALSE(published) << cut;
        EXPECT_EQ((*log)->size(), 1U) << cut;
        EXPECT_EQ(verify_log(fs, "d", signer().verifier()).error_class, "OK");
      } else {
        EXPECT_EQ(log.error().code, Errc::corrupt) << cut;
      }
    }
  }
}

TEST(LogDamage, EveryFlippedBitIsSeen) {
  const Tail tail;
  auto original = tail.fs;
  const std::string wal = original.files()["d/frames/0"];
  const std::string last = wal.substr(wal.rfind("PVL1"));
  for (std::size_t at = 0; at < wal.size(); ++at) {
    FaultyFileSystem fs = tail.fs;
    fs.files()["d/frames/0"][at] = static_cast<char>(wal[at] ^ (1 << (at % 8)));
    const auto published = Log::open(fs, "d", signer(), kOrigin);
    ASSERT_FALSE(published.has_value()) << at;
    EXPECT_EQ(published.error().code, Errc::corrupt) << at;
    fs.files()["d/log/checkpoint"] = tail.published_before;
    const auto log = Log::open(fs, "d", signer(), kOrigin);
    // In the last frame, which nobody was shown, it looks like a torn write.
    EXPECT_EQ(log.has_value(), at >= wal.size() - last.size()) << at;
    if (log) {
      EXPECT_EQ((*log)->size(), 1U);
    }
  }
}

TEST(LogDamage, ChangedTilesStopIt) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  ASSERT_TRUE(log->append(entries_of(0, 3)).has_value());
  ASSERT_TRUE(log->compact().has_value());
  for (const std::string path :
       {"d/log/tile/0/000.p/3", "d/log/tile/entries/000.p/3", "d/frames/3"}) {
    FaultyFileSystem copy = fs;
    copy.files()[path][40 % copy.files()[path].size()] ^= 1;
    const auto opened = Log::open(copy, "d", signer(), kOrigin);
    ASSERT_FALSE(opened.has_value()) << path;
    EXPECT_EQ(opened.error().code, Errc::corrupt) << path;
  }
}

}  // namespace
}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "ledger/log.h"
#include "ledger/tiles.h"
#include "ledger/verify_growth.h"
#include "ledger/witness_policy.h"

namespace proviso::ledger {
namespace {

using proviso::testing::FaultyFileSystem;

const std::string kOrigin = "log.example/growth";

NoteSigner signer(char seed = 'g') {
  return NoteSigner{kOrigin, SigningKey::from_seed(std::string(32, seed)).value()};
}

/// A log that was looked at after each of its batches.
struct Grown {
  FaultyFileSystem fs;
  std::vector<std::string> notes;
  LogReport judge(std::size_t earlier, std::size_t later) {
    return judge(notes.at(earlier), notes.at(later));
  }
  LogReport judge(std::string_view earlier, std::string_view later) {
    FolderFiles files(fs, "d/log");
    const NoteVerifier key = signer().verifier();
    return verify_growth(files, {.earlier = earlier, .later = later, .log_key = key});
  }
};

void grow(Grown& grown, const std::vector<std::uint64_t>& sizes, const std::string& text) {
  auto log = Log::create(grown.fs, "d", signer(), kOrigin).value();
  for (const std::uint64_t size : sizes) {
    std::vector<NewEntry> entries;
    for (std::uint64_t i = log->size(); i < size; ++i) {
      entries.push_back({std::to_string(i), text + std::to_string(i)});
    }
    ASSERT_TRUE(log->append(entries));
    grown.notes.push_back(log->head().value().checkpoint);
  }
}

std::string signed_checkpoint(std::uint64_t size, const Digest& root) {
  return sign_note(signer(), Checkpoint{kOrigin, size, root}.format());
}

TEST(Growth, EachSizeIsTheBeginningOfEachLaterOne) {
  Grown log;
  grow(log, {1, 2, 3, 7, 255, 256, 257, 300, 512, 700}, "e");
  for (std::size_t later = 0; later < log.notes.size(); ++later) {
    for (std::size_t earlier = 0; earlier <= later; ++earlier) {
      const LogReport report = log.judge(earlier, later);
      EXPECT_EQ(report.error_class, "OK") << earlier << " " << later << " " << report.detail;
    }
  }
  EXPECT_EQ(log.judge(9, 9).size, 700U);
  EXPECT_EQ(log.judge(4, 3).error_class, "rollback");
}

TEST(Growth, PartialTilesThatWereRemovedAreNotMissed) {
  Grown log;
  grow(log, {100, 200, 700}, "e");
  ASSERT_TRUE(log.fs.remove("d/log/" + tile_path(0, 0, 100)));
  ASSERT_TRUE(log.fs.remove("d/log/" + tile_path(0, 0, 200)));
  EXPECT_EQ(log.judge(0, 1).error_class, "OK");
}

TEST(Growth, AnEmptyLogIsTheBeginningOfAny) {
  Grown log;
  grow(log, {5}, "e");
  EXPECT_EQ(log.judge(signed_checkpoint(0, tree_root({})), log.notes[0]).error_class, "OK");
}

TEST(Growth, TwoHistoriesAreAFork) {
  Grown log;
  Grown other;
  grow(log, {100, 300}, "e");
  grow(other, {100, 300}, "f");
  EXPECT_EQ(log.judge(other.notes[0], log.notes[1]).error_class, "fork");
  EXPECT_EQ(log.judge(other.notes[1], log.notes[1]).error_class, "fork");
  EXPECT_EQ(log.judge(other.notes[1], log.notes[1]).detail,
            "the log signed two histories of this size");
  EXPECT_EQ(log.judge(log.notes[0], other.notes[1]).error_class, "root");
}

TEST(Growth, TilesThatAreGoneCutOrChangedAreTold) {
  Grown log;
  grow(log, {100, 300}, "e");
  const std::string path = "d/log/" + tile_path(0, 0, 256);
  const std::string tile = log.fs.read(path, kTileBytesMax).value();
  std::string changed = tile;
  changed[40] = static_cast<char>(changed[40] ^ 1);
  ASSERT_TRUE(log.fs.write_durable(path, changed));
  EXPECT_EQ(log.judge(0, 1).error_class, "root");
  ASSERT_TRUE(log.fs.write_durable(path, tile.substr(1)));
  EXPECT_EQ(log.judge(0, 1).error_class, "tiles");
  ASSERT_TRUE(log.fs.remove(path));
  EXPECT_EQ(log.judge(0, 1).error_class, "tiles");
  EXPECT_NE(log.judge(0, 1).detail.find("tile/0/000"), std::string::npos);
}

TEST(Growth, CheckpointsHaveToBeSignedForThisLog) {
  Grown log;
  grow(log, {100, 300}, "e");
  const NoteSigner another{"another", SigningKey::from_seed(std::string(32, 'x')).value()};
  const std::string unsigned_note =
      sign_note(another, Checkpoint{kOrigin, 100, tree_root({})}.format());
  const std::string elsewhere =
      sign_note(signer(), Checkpoint{"another", 100, tree_root({})}.format());
  EXPECT_EQ(log.judge(unsigned_note, log.notes[1]).error_class, "earlier-signature");
  EXPECT_EQ(log.judge(elsewhere, log.notes[1]).error_class, "earlier-origin");
  EXPECT_EQ(log.judge("", log.notes[1]).error_class, "earlier-format");
  EXPECT_EQ(log.judge(log.notes[0], unsigned_note).error_class, "later-signature");
  EXPECT_EQ(log.judge(log.notes[0], elsewhere).error_class, "later-origin");
  EXPECT_EQ(log.judge(log.notes[0], "x\n").error_class, "later-format");
}

// Of witnesses, the later checkpoint's are asked for: it proves the earlier one.
TEST(Growth, NeedsTheWitnessesOfTheLaterOne) {
  Grown log;
  grow(log, {3, 9}, "e");
  const SigningKey key = SigningKey::from_seed(std::string(32, 'w')).value();
  const auto policy =
      WitnessPolicy::parse(
          "p", "witness w " + CosignerKey{"w", key.public_key()}.format() + "\nquorum w\n")
          .value();
  const NoteVerifier log_key = signer().verifier();
  const auto judge = [&](const std::string& earlier, const std::string& later) {
    FolderFiles files(log.fs, "d/log");
    return verify_growth(
        files, {.earlier = earlier, .later = later, .log_key = log_key, .witness_policy = &policy});
  };
  const auto cosigned = [&](const std::string& note, const std::string& of) {
    return note + cosign("w", key, split_note(of)->text, from_unix_seconds(77));
  };
  const std::string& earlier = log.notes[0];
  const std::string& later = log.notes[1];
  const LogReport good = judge(earlier, cosigned(later, later));
  EXPECT_TRUE(good.ok) << good.detail;
  EXPECT_EQ(good.cosigned, (Cosigned{{"w"}, 77}));
  const LogReport bare = judge(cosigned(earlier, earlier), later);
  EXPECT_EQ(bare.error_class + " at " + bare.where, "quorum at the later checkpoint");
  EXPECT_EQ(bare.size, 9U);
  EXPECT_EQ(judge(earlier, cosigned(later, earlier)).error_class, "cosignature");
  // Of two things that are wrong, the later checkpoint's comes first.
  EXPECT_EQ(judge(later, earlier).error_class, "quorum");
  EXPECT_EQ(judge(later, cosigned(earlier, earlier)).error_class, "rollback");
}

}  // namespace
}  // namespace proviso::ledger

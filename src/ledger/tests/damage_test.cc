// SPDX-License-Identifier: Apache-2.0
// What a verifier and a log say of files that are wrong: each time with the right name.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "ledger/checkpoint.h"
#include "ledger/log.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

using proviso::testing::FaultyFileSystem;

const std::string kOrigin = "log.example/damage";

NoteSigner signer(std::string name = kOrigin, char seed = 'd') {
  return NoteSigner{std::move(name), SigningKey::from_seed(std::string(32, seed)).value()};
}

std::vector<NewEntry> entries_of(int from, int to) {
  std::vector<NewEntry> out;
  for (int i = from; i < to; ++i) out.push_back({"i" + std::to_string(i), std::to_string(i)});
  return out;
}

// 300 entries: full and partial tiles and bundles, two levels.
FaultyFileSystem a_log() {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  EXPECT_TRUE(log->append(entries_of(0, 300)).has_value());
  log.reset();
  return fs;
}

std::string verdict(FaultyFileSystem& fs) {
  return verify_log(fs, "d", signer().verifier()).error_class;
}

std::set<std::string> classes_for(const std::string& path) {
  if (path.find("/entries/") != std::string::npos) return {"bundle-format", "leaf-hash"};
  if (path.find("/tile/0/") != std::string::npos) return {"leaf-hash", "tile-size"};
  if (path.find("/tile/1/") != std::string::npos) return {"tile-hash", "tile-size"};
  return {"checkpoint-format", "checkpoint-signature", "checkpoint-origin"};
}

TEST(Damage, EveryFileCutOrFlipped) {
  FaultyFileSystem good = a_log();
  ASSERT_EQ(verdict(good), "OK");
  int files = 0;
  for (const auto& [path, bytes] : std::map(good.files())) {
    // Partial tiles that the full ones replaced are of no matter to this size.
    if (!path.starts_with("d/log/")) continue;
    ++files;
    const std::size_t step = 1 + bytes.size() / 150;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      FaultyFileSystem fs = good;
      fs.files()[path] = bytes.substr(0, at);
      EXPECT_TRUE(classes_for(path).contains(verdict(fs))) << path << " cut at " << at;
      fs.files()[path] = bytes;
      fs.files()[path][at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
      const std::string said = verdict(fs);
      EXPECT_TRUE(classes_for(path).contains(said)) << path << " flipped at " << at << ": " << said;
    }
    FaultyFileSystem fs = good;
    fs.files()[path] += "x";
    EXPECT_TRUE(classes_for(path).contains(verdict(fs))) << path << " with a byte more";
    fs.files().erase(path);
    EXPECT_NE(verdict(fs), "OK") << path << " is missing";
  }
  EXPECT_EQ(files, 6);
}

// The note as anybody with the key could sign it.
std::string signed_text(const std::string& text, const NoteSigner& by) {
  return sign_note(by, text);
}

TEST(Damage, CheckpointsThatCannotBe) {
  const FaultyFileSystem good = a_log();
  FaultyFileSystem read = good;
  const std::string note = read.files()["d/log/checkpoint"];
  const std::string root = note.substr(note.find("\n300\n") + 5, 44);
  const auto said = [&](const std::string& checkpoint) {
    FaultyFileSystem fs = good;
    fs.files()["d/log/checkpoint"] = checkpoint;
    return verdict(fs);
  };
  const auto text = [&](const std::string& origin, const std::string& size) {
    return origin + "\n" + size + "\n" + root + "\n";
  };
  EXPECT_EQ(said(note), "OK");
  EXPECT_EQ(said(signed_text(text("log.example/other", "300"), signer())), "checkpoint-origin");
  EXPECT_EQ(said(signed_text(text(kOrigin, "300"), signer(kOrigin, 'z'))), "checkpoint-signature");
  EXPECT_EQ(said(signed_text(text(kOrigin, "300"), signer("log.example/else"))),
            "checkpoint-signature");
  EXPECT_EQ(said(signed_text(text(kOrigin, "0300"), signer())), "checkpoint-format");
  EXPECT_EQ(said(signed_text(text(kOrigin, "+300"), signer())), "checkpoint-format");
  EXPECT_EQ(said(signed_text(text(kOrigin, "18446744073709551615"), signer())),
            "checkpoint-format");
  EXPECT_EQ(said(signed_text(text(kOrigin, "99999999999999999999999"), signer())),
            "checkpoint-format");
  // A size that could be, but is only claimed: ends with the first file that is not there.
  EXPECT_EQ(said(signed_text(text(kOrigin, "4611686018427387904"), signer())), "missing");
  EXPECT_EQ(said(signed_text(text(kOrigin, "299"), signer())), "missing");
  EXPECT_EQ(said(signed_text(text(kOrigin, "256"), signer())), "root");
}

TEST(Damage, NotesWithSomethingPutIn) {
  const FaultyFileSystem good = a_log();
  FaultyFileSystem read = good;
  const std::string note = read.files()["d/log/checkpoint"];
  const auto blank = note.find("\n\n");
  const std::string text = note.substr(0, blank + 1);
  const std::string line = note.substr(blank + 2);
  const auto said = [&](const std::string& checkpoint) {
    FaultyFileSystem fs = good;
    fs.files()["d/log/checkpoint"] = checkpoint;
    return verdict(fs);
  };
  const std::string dash = "\xE2\x80\x94 ";
  // Behind the text, a second text under the old signature.
  EXPECT_EQ(said(text + "\n" + "log.example/damage\n1\nAAAA\n\n" + line), "checkpoint-signature");
  // A line in the text that looks like a signature is text.
  EXPECT_EQ(said(text + line + "\n" + line), "checkpoint-signature");
  EXPECT_EQ(said("\n" + text + "\n" + line), "checkpoint-signature");
  EXPECT_EQ(said(text + "\n" + dash + "a b AAAAAAAA\n" + line), "checkpoint-format");
  EXPECT_EQ(said(text + "\n" + dash + "a+b AAAAAAAA\n" + line), "checkpoint-format");
  EXPECT_EQ(said(text + "\n" + dash + dash + dash + "AAAAAAAA\n" + line), "checkpoint-format");
  EXPECT_EQ(said(text + "\n" + dash + dash + "AAAAAAAA\n" + line), "OK") << "a dash is a name";
  EXPECT_EQ(said(text + "\n" + dash + "a\xE2\x80\xA8" + "b AAAAAAAA\n" + line),
            "checkpoint-format");
  EXPECT_EQ(said(text + "\n" + "- a AAAAAAAA\n" + line), "checkpoint-format");
  EXPECT_EQ(said(text + "\n" + dash + "a\rb AAAAAAAA\n" + line), "checkpoint-format");
  EXPECT_EQ(said(text + "\n" + dash + std::string(70'000, 'n') + " AAAAAAAA\n" + line),
            "checkpoint-format");
  std::string many = text + "\n";
  for (int i = 0; i < 100; ++i) many += dash + "n" + std::to_string(i) + " AAAAAAAA\n";
  EXPECT_EQ(said(many + line), "checkpoint-format");
  // Somebody else's line with a long name that is still a name, before ours.
  EXPECT_EQ(said(text + "\n" + dash + std::string(1000, 'n') + " AAAAAAAA\n" + line), "OK");
}

TEST(Damage, ALogNeedsANameThatFitsOneLine) {
  FaultyFileSystem fs;
  for (const std::string& origin :
       {std::string(), std::string("a\nb"), std::string("a\n1\nAAAA"), std::string("a\rb"),
        std::string("a\xFF"), std::string(300, 'o')}) {
    const auto log = Log::create(fs, "n", signer(), origin);
    ASSERT_FALSE(log.has_value()) << origin;
    EXPECT_EQ(log.error().code, Errc::invalid_input);
  }
  EXPECT_FALSE(NoteSigner::make("a\nb", SigningKey::from_seed(std::string(32, 'd')).value()));
}

// The private files, while the public ones are whole.
TEST(Damage, PrivateFilesThatDoNotFitTogether) {
  FaultyFileSystem good;
  auto log = Log::create(good, "d", signer(), kOrigin).value();
  ASSERT_TRUE(log->append(entries_of(0, 5)).has_value());
  ASSERT_TRUE(log->compact().has_value());
  ASSERT_TRUE(log->append(entries_of(0, 9)).has_value());
  log.reset();
  const auto said = [&](const auto& change) {
    FaultyFileSystem fs = good;
    change(fs.files());
    const auto opened = Log::open(fs, "d", signer(), kOrigin);
    return opened ? std::string("opened") : opened.error().message;
  };
  using Files = std::map<std::string, std::string>;
  EXPECT_EQ(said([](Files&) {}), "opened");
  EXPECT_NE(said([](Files& f) { f.erase("d/index/0-5"); }).find("does not reach to entry 5"),
            std::string::npos);
  EXPECT_NE(said([](Files& f) { f["d/index/0-5"].resize(50); }).find("footer is damaged"),
            std::string::npos);
  EXPECT_NE(said([](Files& f) { f["d/index/zz"] = "x"; }).find("no run of ids"), std::string::npos);
  EXPECT_NE(said([](Files& f) { f["d/frames/zz"] = "x"; }).find("no write-ahead file"),
            std::string::npos);
  EXPECT_NE(said([](Files& f) { f["d/frames/9"] = f["d/frames/5"]; }).find("no base"),
            std::string::npos);
  EXPECT_NE(said([](Files& f) { f.erase("d/frames/5"); }).find("no ledger"), std::string::npos);
  EXPECT_NE(said([](Files& f) {
              f["d/frames/5"].resize(f["d/frames/5"].rfind("PVL1"));
            }).find("before the published checkpoint of 9"),
            std::string::npos);
}

// Acknowledged frames that are gone, and no published checkpoint to tell: ids on disk tell.
TEST(Damage, LostFramesAreToldFromTornOnesByTheIds) {
  FaultyFileSystem fs;
  auto log = Log::create(fs, "d", signer(), kOrigin).value();
  ASSERT_TRUE(log->append(entries_of(0, 5)).has_value());
  ASSERT_TRUE(log->compact().has_value());
  const std::string old_frames = fs.files()["d/frames/5"];
  ASSERT_TRUE(log->append(entries_of(0, 9)).has_value());
  ASSERT_TRUE(log->compact().has_value());
  log.reset();
  fs.files().erase("d/frames/9");
  fs.files()["d/frames/5"] = old_frames;
  fs.files().erase("d/log/checkpoint");
  const auto opened = Log::open(fs, "d", signer(), kOrigin);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Errc::corrupt);
  EXPECT_NE(opened.error().message.find("has ids of entries"), std::string::npos);
}

// As the first layout had it: frames in `wal`, ids in `ids`.
TEST(Damage, AnOlderLayoutIsTurnedOver) {
  for (const bool with_frames : {false, true}) {
    FaultyFileSystem fs;
    auto log = Log::create(fs, "d", signer(), kOrigin).value();
    ASSERT_TRUE(log->append(entries_of(0, 7)).has_value());
    ASSERT_TRUE(log->compact().has_value());
    ASSERT_TRUE(log->append(entries_of(7, with_frames ? 9 : 7)).has_value());
    log.reset();
    std::string ids;
    for (int i = 0; i < 7; ++i) {
      const std::string id = "i" + std::to_string(i);
      ids += static_cast<char>(id.size());
      ids += id;
      ids += sha256(std::to_string(i) + "\n" + id).view().substr(0, 4);
    }
    fs.files()["d/wal"] = fs.files()["d/frames/7"];
    fs.files()["d/ids"] = ids + "behind the base";
    fs.files().erase("d/frames/7");
    fs.files().erase("d/index/0-7");
    fs.sync_everything();
    log = Log::open(fs, "d", signer(), kOrigin).value();
    EXPECT_EQ(log->size(), with_frames ? 9U : 7U);
    for (std::uint64_t i = 0; i < log->size(); ++i) {
      EXPECT_EQ(log->find("i" + std::to_string(i)).value(), i);
    }
    EXPECT_FALSE(fs.exists("d/wal") || fs.exists("d/ids"));
    log.reset();
    EXPECT_TRUE(Log::open(fs, "d", signer(), kOrigin).has_value());
    fs.files()["d/wal"] = "left by a crash";
    EXPECT_TRUE(Log::open(fs, "d", signer(), kOrigin).has_value());
  }
}

}  // namespace
}  // namespace proviso::ledger

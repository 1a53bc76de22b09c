// SPDX-License-Identifier: Apache-2.0
// Who a gate is: made once, private, the same after every start.
#include "gates/gate_identity.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/faulty_file_system.h"

namespace proviso::gates {
namespace {

using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

const std::string kDir = "/gate";
const std::string kName = "gate-eu-1.example";

TEST(GateIdentity, IsMadeOnceAndReadBack) {
  FaultyFileSystem fs;
  SeededRandom random(1);
  const auto none = read_gate_identity(fs, kDir);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  const auto made = make_gate_identity(fs, kDir, kName, random);
  ASSERT_TRUE(made) << made.error().message;
  fs.crash(Unsynced::dropped);
  const auto again = make_gate_identity(fs, kDir, kName, random);
  ASSERT_TRUE(again) << again.error().message;
  const auto read = read_gate_identity(fs, kDir);
  ASSERT_TRUE(read && read->has_value());
  for (const auto* identity : {&*again, &**read}) {
    EXPECT_EQ(identity->verifier().format(), made->verifier().format());
  }
  // What it signs is a note that its verifier key opens.
  const std::string note = ledger::sign_note(**read, "one line\n");
  const auto vkey = ledger::NoteVerifier::parse(made->verifier().format());
  ASSERT_TRUE(vkey);
  EXPECT_TRUE(ledger::open_note(note, {&*vkey, 1}));
}

TEST(GateIdentity, AFolderIsOneGates) {
  FaultyFileSystem fs;
  SeededRandom random(1);
  ASSERT_TRUE(make_gate_identity(fs, kDir, kName, random));
  const auto other = make_gate_identity(fs, kDir, "gate-eu-2.example", random);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::conflict);
  EXPECT_NE(other.error().message.find("this gate is gate-eu-1.example"), std::string::npos);
}

TEST(GateIdentity, RefusesNamesThatNoNoteCouldCarry) {
  FaultyFileSystem fs;
  SeededRandom random(1);
  for (const std::string& name :
       {std::string(), std::string("two words"), std::string("a+b"), std::string("a\nb"),
        std::string("\xFF"), std::string(kGateNameMax + 1, 'g')}) {
    const auto made = make_gate_identity(fs, kDir, name, random);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, Errc::invalid_input);
  }
  EXPECT_TRUE(fs.files().empty());
  EXPECT_TRUE(make_gate_identity(fs, kDir, std::string(kGateNameMax, 'g'), random));
}

TEST(GateIdentity, TellsAFileThatIsNone) {
  FaultyFileSystem fs;
  SeededRandom random(1);
  ASSERT_TRUE(make_gate_identity(fs, kDir, kName, random));
  const std::string good = fs.files()[kDir + "/identity"];
  for (const std::string& text :
       {std::string(), kName + "\n", good.substr(good.find('\n') + 1),
        good.substr(0, good.size() / 2), "two words" + good.substr(good.find('\n'))}) {
    fs.files()[kDir + "/identity"] = text;
    const auto read = read_gate_identity(fs, kDir);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::corrupt);
    EXPECT_NE(read.error().message.find("/gate/identity"), std::string::npos);
    // Nothing is made over it: a new key would be another gate under the old name.
    EXPECT_FALSE(make_gate_identity(fs, kDir, kName, random));
    EXPECT_EQ(fs.files()[kDir + "/identity"], text);
  }
}

TEST(GateIdentity, ADiskThatFailsLeavesNoneOrAWholeOne) {
  for (std::uint64_t n = 1; n <= 2; ++n) {
    for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
      FaultyFileSystem fs;
      SeededRandom random(1);
      fs.fail_at(n, fault);
      EXPECT_FALSE(make_gate_identity(fs, kDir, kName, random));
      fs.crash(Unsynced::torn);
      EXPECT_TRUE(read_gate_identity(fs, kDir));
      EXPECT_TRUE(make_gate_identity(fs, kDir, kName, random));
    }
  }
}

TEST(GateIdentity, OnlyItsOwnerCanReadIt) {
  std::string dir = std::filesystem::temp_directory_path() / "proviso-identity-XXXXXX";
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  SeededRandom random(1);
  const auto made = make_gate_identity(real_file_system(), dir + "/gate", kName, random);
  struct stat found{};
  const int stated = ::stat((dir + "/gate/identity").c_str(), &found);
  std::filesystem::remove_all(dir);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(stated, 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace proviso::gates

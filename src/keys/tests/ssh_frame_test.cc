// SPDX-License-Identifier: Apache-2.0
#include "keys/ssh_frame.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace proviso::keys {
namespace {

std::string number(std::uint32_t n) { return ssh_string(std::string(n, ' ')).substr(0, 4); }

const SigningKey& some_key() {
  static const SigningKey key = *SigningKey::from_seed(sha256("a key").view());
  return key;
}

std::string ed25519(std::string_view key) { return ssh_string(kSshEd25519) + ssh_string(key); }

TEST(SshFrame, ReadsWhatIsThereAndNothingBehindIt) {
  const std::string bytes =
      std::string("\x07") + number(258) + ssh_string("text") + number(5) + "x";
  SshFrame frame(bytes);
  EXPECT_EQ(frame.byte(), 7);
  EXPECT_EQ(frame.number(), 258U);
  EXPECT_EQ(frame.string(), "text");
  EXPECT_TRUE(frame.good());
  EXPECT_EQ(frame.string(), "");  // says 5 bytes, has 1
  EXPECT_FALSE(frame.good());
  EXPECT_EQ(frame.byte(), 0);
}

TEST(SshKeys, TheListGivesEd25519KeysAndPassesOverOthers) {
  const std::string good = ed25519(some_key().public_key().view());
  const std::string list = number(3) + ssh_string(ssh_string("ssh-rsa") + ssh_string("e")) +
                           ssh_string("old") + ssh_string(ed25519("short")) + ssh_string("bad") +
                           ssh_string(good) + ssh_string("cleo@desk");
  SshFrame frame(list);
  const auto keys = read_ssh_keys(frame);
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().comment, "cleo@desk");
  EXPECT_EQ(keys->front().blob, good);
  EXPECT_EQ(keys->front().key, some_key().public_key());
}

TEST(SshKeys, AListThatEndsEarlyOrNeverIsRefused) {
  const std::string one = ssh_string(ed25519(some_key().public_key().view())) + ssh_string("c");
  for (const std::string& list : {number(2) + one, number(1'001) + one, std::string("\x01")}) {
    SshFrame frame(list);
    EXPECT_FALSE(read_ssh_keys(frame));
  }
}

}  // namespace
}  // namespace proviso::keys

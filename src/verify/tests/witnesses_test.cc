// SPDX-License-Identifier: Apache-2.0
// Each function of the contract asks for witnesses: those of the trust file, or of a policy that is
// given instead. What makes a quorum is tested in ledger.
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "proviso/ledger_verify.h"
#include "verify/words.h"

namespace proviso::ledger_verify {
namespace {

const std::string kExamples = PROVISO_SOURCE_DIR "/docs/formats/examples/";

std::string read(const std::string& name) {
  std::ifstream file(kExamples + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The shipped policy without the log that it is for.
std::string policy_lines() {
  std::string text = read("witness-policy.txt");
  const auto log = text.find("\nlog ");
  return text.erase(log + 1, text.find('\n', log + 1) - log);
}

Trust trust_with(const std::string& witnesses) {
  std::string text = read("trust.json");
  const std::string none = R"("witnesses": [])";
  const auto at = text.find(none);
  EXPECT_NE(at, std::string::npos);
  return {.trust_file = text.replace(at, none.size(), "\"witnesses\": " + witnesses),
          .log_key = ""};
}

std::string told(const Answer& answer) {
  if (!answer) return answer.error().message;
  return answer->error_class + (answer->valid() ? "" : " at " + answer->where);
}

TEST(Witnesses, AreAskedForByEachFunctionThatIsGivenAFile) {
  const std::string one = policy_lines();
  const auto each = [&](const Trust& trust, const Policy& policy) {
    return told(verify_bundle(read("order.bundle"), trust, policy)) + ", " +
           told(verify_snapshot(read("snapshot.json"), trust, policy)) + ", " +
           told(verify_proof(read("restriction.tlog-proof"), read("restriction.entry"), trust,
                             policy));
  };
  const std::string quorum = "quorum at proof, quorum at snapshot checkpoint, quorum at proof";
  EXPECT_EQ(each(trust_with("[]"), std::nullopt), "OK, OK, OK");
  EXPECT_EQ(each(trust_with("[]"), one), quorum);
  // The trust file's, and another one instead of it.
  const auto witness = one.substr(one.find("witness "));
  const std::string line = witness.substr(0, witness.find('\n'));
  const Trust asks = trust_with("[\"" + line + "\", \"quorum oslo\"]");
  EXPECT_EQ(each(asks, std::nullopt), quorum);
  EXPECT_EQ(each(asks, "quorum none\n"), "OK, OK, OK");
  EXPECT_EQ(each(trust_with("[\"quorum none\"]"), one), quorum);
  // One that is none, and one for another log: no verdict.
  const std::string none = "trust.witnesses:1:1: no quorum line";
  EXPECT_EQ(each(trust_with("[\"\"]"), std::nullopt), none + ", " + none + ", " + none);
  const std::string other = "witness policy: this witness policy is for other logs";
  EXPECT_EQ(each(trust_with("[]"), read("witness-policy.txt")),
            other + ", " + other + ", " + other);
}

TEST(Witnesses, AreToldWithTheTimeByWhichTheyWereEnough) {
  using verify::Cosigners;
  const auto words = [](const ledger::Cosigned& cosigned) {
    Json::Object members;
    verify::add_cosigners(members, cosigned, Cosigners::told);
    return verify::cosigners_in_words(cosigned, Cosigners::told) + canonical_json(members);
  };
  EXPECT_EQ(words({{"oslo", "lima"}, 1764072000}),
            "cosigned by oslo, lima; enough of them by 2025-11-25T12:00:00Z\n"
            R"({"cosigned_at":"2025-11-25T12:00:00Z","cosigned_by":["oslo","lima"]})");
  EXPECT_EQ(words({{"oslo"}, 9'223'372'036}),
            "cosigned by oslo; enough of them by 2262-04-11T23:47:16Z\n"
            R"({"cosigned_at":"2262-04-11T23:47:16Z","cosigned_by":["oslo"]})");
  // Beyond what a time of ours can be.
  EXPECT_EQ(words({{"oslo"}, 9'223'372'037}),
            "cosigned by oslo\n"
            R"({"cosigned_at":null,"cosigned_by":["oslo"]})");
  EXPECT_EQ(words({{}, std::nullopt}),
            "cosigned by nobody, as the policy allows\n"
            R"({"cosigned_at":null,"cosigned_by":[]})");
  EXPECT_EQ(verify::cosigners_in_words({{"oslo"}, 1}, Cosigners::not_asked_for), "");
}

}  // namespace
}  // namespace proviso::ledger_verify

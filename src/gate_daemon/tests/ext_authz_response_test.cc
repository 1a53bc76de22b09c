// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz_response.h"

#include <gtest/gtest.h>

#include "gate_daemon/testing/check_request.h"

namespace proviso::gate_daemon {
namespace {

using namespace std::string_literals;
using gates::Answer;
using gates::Basis;
using gates::Explanation;
using gates::Mode;
using model::EffectKind;
using model::Outcome;
using testing::dump;
using testing::kCheckResponse;

Answer restricted(EffectKind kind, Outcome outcome, std::uint32_t rate = 0) {
  Answer answer;
  answer.effect = {kind, rate};
  answer.outcome = answer.judged = outcome;
  answer.basis = Basis::snapshot;
  answer.rate_per_second = outcome == Outcome::limited ? rate : 0;
  answer.order = *Digest::from_hex(std::string(64, 'a'));
  answer.snapshot_size = 42;
  return answer;
}

std::string write(const Answer& answer, Told told = Told::enough,
                  const Explanation& explanation = {}, const ExtAuthzDenial& denial = {}) {
  std::string out;
  write_answer(answer, told, explanation, denial, 7, out);
  return out;
}

Explanation because(const std::string& user) {
  Explanation why;
  why.user = user;
  return why;
}

std::string shown(const std::string& message) { return dump(message, kCheckResponse); }
bool has(const std::string& message, const std::string& part) {
  return shown(message).find(part) != std::string::npos;
}

const std::string kOrder = std::string(64, 'a');

// The client's side of the rule: absent is 0, and 0 allows.
TEST(ExtAuthzResponse, AnEmptyAnswerAllowsSoEveryAnswerWritesItsCode) {
  std::string plain;
  write_plain(plain);
  EXPECT_TRUE(plain.starts_with("\x0a\x02\x08\x00"s)) << "status{code: 0}, written out";
  for (const Outcome outcome : {Outcome::yes, Outcome::no, Outcome::limited}) {
    for (const Basis basis : {Basis::snapshot, Basis::none}) {
      Answer answer = restricted(EffectKind::deny, outcome, 5);
      answer.basis = basis;
      const std::string message = write(answer);
      ASSERT_GE(message.size(), 4U);
      EXPECT_TRUE(message.starts_with("\x0a\x02\x08"s));
      EXPECT_EQ(message[3] == 0, outcome != Outcome::no) << "only what is refused has another code";
    }
  }
}

// A denial that is cut off after its status denies still: the status comes first.
TEST(ExtAuthzResponse, ADenialDeniesByItsFirstBytes) {
  const std::string message = write(restricted(EffectKind::deny, Outcome::no));
  EXPECT_EQ(shown(message.substr(0, 4)), "1{1:7}");
}

TEST(ExtAuthzResponse, APlainAnswerTakesOurHeadersOffTheRequest) {
  std::string plain;
  write_plain(plain);
  EXPECT_EQ(shown(plain), R"(1{1:0} 3{5"x-proviso-effect" 5"x-proviso-order" 5"x-proviso-reason" )"
                          R"(5"x-proviso-until"})");
  EXPECT_FALSE(has(plain, "4{"));
}

TEST(ExtAuthzResponse, ARefusalTellsEffectOrderReasonAndUntilWhen) {
  const Explanation why{.term = "4.2",
                        .until = "2027-01-31T00:00:00Z",
                        .review = {},
                        .user = "Mass surveillance isn't allowed.",
                        .service = "not for the user"};
  const std::string message =
      write(restricted(EffectKind::read_only, Outcome::no), Told::enough, why);
  EXPECT_EQ(
      shown(message),
      R"(1{1:7} 2{1{1:403} 2{1{1"x-proviso-effect" 2"read-only"} 3:2} 2{1{1"x-proviso-order" 2")" +
          kOrder +
          R"("} 3:2} 2{1{1"x-proviso-reason" 2"Mass surveillance isn't allowed."} 3:2} )"
          R"(2{1{1"x-proviso-until" 2"2027-01-31T00:00:00Z"} 3:2} )"
          R"(2{1{1"content-type" 2"text/plain; charset=utf-8"} 3:2} )"
          "3\"Mass surveillance isn't allowed.\n\"} "
          R"(4{1{1"basis" 2{3"snapshot"}} 1{1"effect" 2{3"read-only"}} 1{1"outcome" 2{3"no"}} )"
          R"(1{1"order" 2{3")" +
          kOrder + R"("}} 1{1"snapshot" 2{2=42}} 1{1"age" 2{2=7}}})");
  EXPECT_FALSE(has(message, "not for the user"));
}

TEST(ExtAuthzResponse, StatusAndBodyAreTheOwners) {
  const ExtAuthzDenial denial{.http_status = 451, .http_status_no_state = 599, .body = "gone"};
  Answer answer = restricted(EffectKind::deny, Outcome::no);
  EXPECT_TRUE(has(write(answer, Told::enough, because("why"), denial), "2{1{1:451}"));
  EXPECT_TRUE(has(write(answer, Told::enough, because("why"), denial), "3\"gone\""));
  EXPECT_TRUE(has(write(answer, Told::enough, because("why"), denial), "2\"why\""));
  answer.basis = Basis::none;
  EXPECT_TRUE(has(write(answer, Told::enough, {}, denial), "2{1{1:599}"));
}

TEST(ExtAuthzResponse, AHeaderHoldsNothingThatAHeaderMayNotHold) {
  const std::string message = write(restricted(EffectKind::deny, Outcome::no), Told::enough,
                                    because("Zwölf\r\nset-cookie: a\x7f"));
  EXPECT_TRUE(has(message, R"(2"Zw??lf??set-cookie: a?")"));
  EXPECT_TRUE(has(message, "3\"Zwölf\r\n")) << "the body has it as it is";
}

TEST(ExtAuthzResponse, ALimitReachesTheRateLimitFilter) {
  const std::string message = write(restricted(EffectKind::throttle, Outcome::limited, 5));
  EXPECT_TRUE(shown(message).starts_with(
      R"(1{1:0} 3{2{1{1"x-proviso-effect" 2"throttle=5/s"} 3:2} 2{1{1"x-proviso-order" 2")" +
      kOrder + R"("} 3:2} 5"x-proviso-reason" 5"x-proviso-until"} 4{)"))
      << shown(message);
  EXPECT_TRUE(has(message, R"(1{1"outcome" 2{3"limited"}})"));
  EXPECT_TRUE(has(message, R"(1{1"rate" 2{2=5}})"));
  EXPECT_TRUE(has(message, R"(1{1"rate_limit" 2{5{1{1"requests_per_unit" 2{2=5}} )"
                           R"(1{1"unit" 2{3"SECOND"}}}}})"));
}

TEST(ExtAuthzResponse, WhatAnEffectLetsPassIsToldAndPasses) {
  for (const EffectKind kind : {EffectKind::read_only, EffectKind::export_only}) {
    const std::string message = write(restricted(kind, Outcome::yes));
    EXPECT_TRUE(message.starts_with("\x0a\x02\x08\x00\x1a"s));
    EXPECT_TRUE(
        has(message, R"(1{1"effect" 2{3")" + model::to_string(model::Effect{kind}) + "\"}}"));
    EXPECT_FALSE(has(message, "rate"));
  }
}

TEST(ExtAuthzResponse, WhatIsOnlyCountedPassesAndSaysSo) {
  Answer answer = restricted(EffectKind::deny, Outcome::no);
  answer.mode = Mode::observe;
  answer.outcome = Outcome::yes;
  const std::string message = write(answer);
  EXPECT_TRUE(message.starts_with("\x0a\x02\x08\x00\x1a"s));
  EXPECT_TRUE(has(message, R"(1{1"mode" 2{3"observe"}} 1{1"judged" 2{3"no"}})"));
}

TEST(ExtAuthzResponse, NoStateIsInEveryAnswerI4) {
  Answer answer;
  EXPECT_FALSE(is_plain(answer, Told::enough));
  EXPECT_TRUE(has(write(answer), R"(4{1{1"basis" 2{3"none"}} 1{1"effect" 2{3"allow"}})"));
  EXPECT_TRUE(write(answer).starts_with("\x0a\x02\x08\x00\x1a"s));
  answer.effect = {EffectKind::deny};
  answer.outcome = answer.judged = Outcome::no;
  const std::string closed = write(answer);
  EXPECT_TRUE(shown(closed).starts_with("1{1:14} 2{1{1:503} ")) << shown(closed);
  EXPECT_TRUE(has(closed, R"(1{1"basis" 2{3"none"}})"));
  EXPECT_TRUE(has(closed, "no restrictions to judge by"));
  EXPECT_FALSE(has(closed, "x-proviso-order"));
}

TEST(ExtAuthzResponse, WhatSaysTooLittleIsAllowedAndToldI4) {
  EXPECT_EQ(told_by({"s", "o", "", "", ""}), Told::enough);
  EXPECT_EQ(told_by({"", "", "", "", ""}), Told::no_subscription);
  EXPECT_EQ(told_by({"s", "", "", "", ""}), Told::no_service);
  Answer answer;
  answer.basis = Basis::snapshot;
  EXPECT_TRUE(is_plain(answer, Told::enough));
  EXPECT_FALSE(is_plain(answer, Told::no_service));
  const std::string message = write(answer, Told::no_subscription);
  EXPECT_TRUE(message.starts_with("\x0a\x02\x08\x00\x1a"s));
  EXPECT_TRUE(has(message, R"(1{1"missing" 2{3"subscription"}})"));
  EXPECT_TRUE(has(write(answer, Told::no_service), R"(1{1"missing" 2{3"service"}})"));
}

}  // namespace
}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#include "decisions/orders.h"

#include "cases/rollup_store.h"
#include "decisions/preview.h"
#include "decisions/testing/provider.h"
#include "ledger/checkpoint.h"

namespace proviso::decisions {
namespace {

using model::testing::key_of;
using testing::Provider;

std::string refusal(const Result<Digest>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(Orders, TwoPeoplePutARestrictionInForceAndOneLiftsIt) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  EXPECT_EQ(provider.casework().find(provider.case_id)->state, "proposed");
  EXPECT_FALSE(provider.approve(digest, "ada")->in_force);
  EXPECT_TRUE(provider.orders().snapshot()->restrictions.empty());
  EXPECT_TRUE(provider.approve(digest, "ben")->in_force);
  EXPECT_EQ(provider.casework().find(provider.case_id)->state, "decided");
  ASSERT_EQ(provider.orders().snapshot()->restrictions.size(), 1U);

  const Digest lift = provider.orders().propose_lift(digest, "a mistake").value();
  EXPECT_TRUE(provider.approve(lift, "cleo")->in_force);  // I5: one is enough
  EXPECT_TRUE(provider.orders().snapshot()->restrictions.empty());
  EXPECT_EQ(provider.orders().find(digest)->state, "lifted");
  EXPECT_EQ(provider.orders().propose_lift(digest, "again").error().code, Errc::conflict);
}

TEST(Orders, NamesWhatItDoesNotAffect) {
  Provider provider;
  const model::RollupCell cell{.subscription = "sub-2",
                               .service = "speech",
                               .region = "",
                               .action_class = model::ActionClass::compute,
                               .hour = 490'000,
                               .count = 3,
                               .quantities = {}};
  ASSERT_TRUE(cases::add_rollups(provider.record().database(), {&cell, 1}));
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  const OrderRow row = provider.orders().find(digest).value();
  EXPECT_EQ(row.signed_order.order.restriction->agreements_not_affected,
            std::vector<std::string>{"a2"});
  EXPECT_EQ(row.signed_order.order.restriction->services_not_affected,
            std::vector<std::string>{"sub-2/speech"});
}

TEST(Orders, RefusesAScopeThatIsNotExact) {
  Provider provider;
  const auto with_scope = [&](std::vector<model::ScopeLine> scope) {
    Proposal p = provider.proposal();
    p.scope = std::move(scope);
    return refusal(provider.orders().propose(p, key_of("petra")));
  };
  const model::ScopeLine good = provider.proposal().scope[0];
  EXPECT_NE(with_scope({}).find("empty"), std::string::npos);
  EXPECT_NE(with_scope({good, good}).find("twice"), std::string::npos);
  model::ScopeLine wildcard = good;
  wildcard.service = model::ServiceId("*");
  EXPECT_NE(with_scope({wildcard}).find("wildcard"), std::string::npos);
  model::ScopeLine unknown = good;
  unknown.subscription = model::SubscriptionId("sub-9");
  EXPECT_NE(with_scope({unknown}).find("no such subscription"), std::string::npos);
  model::ScopeLine neighbour = good;
  neighbour.subscription = model::SubscriptionId("sub-3");
  EXPECT_NE(with_scope({neighbour}).find("case's customer"), std::string::npos);
  model::ScopeLine service = good;
  service.service = model::ServiceId("unheard-of");
  EXPECT_NE(with_scope({service}).find("knows the service"), std::string::npos);
  EXPECT_EQ(with_scope({good}).size(), std::string("accepted").size());
}

TEST(Orders, RefusesARestrictionWithoutAnEnd) {
  Provider provider;
  Proposal p = provider.proposal();
  p.until.reset();
  EXPECT_NE(refusal(provider.orders().propose(p, key_of("petra"))).find("I5"), std::string::npos);
  p.until = provider.clock.now() + std::chrono::days{181};
  EXPECT_NE(refusal(provider.orders().propose(p, key_of("petra"))).find("I5"), std::string::npos);
}

TEST(Orders, RefusesApprovalsThatAreNotWorthOne) {
  Provider provider;
  const auto refused = [&](const Digest& order, const std::string& name) {
    const auto result = provider.approve(order, name);
    return result ? "accepted" : result.error().message;
  };
  EXPECT_NE(
      refusal(provider.orders().propose(provider.proposal(), key_of("stranger"))).find("roster"),
      std::string::npos);
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("ada")).value();
  EXPECT_NE(refused(digest, "ada").find("proposer"), std::string::npos);
  EXPECT_NE(refused(digest, "petra").find("proposer"), std::string::npos);
  EXPECT_NE(refused(digest, "stranger").find("not on the roster"), std::string::npos);
  EXPECT_EQ(refused(digest, "ben"), "accepted");
  EXPECT_NE(refused(digest, "ben").find("already"), std::string::npos);

  Orders orders = provider.orders();
  const OrderRow row = orders.find(digest).value();
  std::string changed = row.signed_order.canonical;
  changed.replace(changed.find("sub-1"), 5, "sub-2");
  const auto swapped = orders.approve(digest, make_envelope(changed, key_of("cleo")).value());
  ASSERT_FALSE(swapped);
  EXPECT_NE(swapped.error().message.find("another text"), std::string::npos);
}

TEST(Orders, ClosingTheExportTakesOneMoreApproval) {
  Provider provider;
  Proposal p = provider.proposal();
  p.stages[0].effect = {model::EffectKind::deny, 0};
  const Digest digest = provider.orders().propose(p, key_of("petra")).value();
  EXPECT_FALSE(provider.approve(digest, "ada")->in_force);
  EXPECT_FALSE(provider.approve(digest, "ben")->in_force);  // I6
  EXPECT_TRUE(provider.approve(digest, "cleo")->in_force);
}

TEST(Orders, ARevokedApproverCannotApprove) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  std::vector<model::RosterMember> roster = model::testing::sample_roster();
  roster.erase(roster.begin() + 1);  // ada
  const Digest change = provider.orders()
                            .propose_change(model::OrderKind::roster, model::roster_to_json(roster),
                                            "", "left", key_of("petra"))
                            .value();
  ASSERT_FALSE(provider.approve(change, "ben")->in_force);
  ASSERT_TRUE(provider.approve(change, "cleo")->in_force);
  EXPECT_EQ(provider.approve(digest, "ada").error().code, Errc::denied);
}

TEST(Orders, WhatIsPendingIsInTheLedgerAfterARestart) {
  Provider provider;
  // As if the process had died between the store's commit and the ledger's append.
  cases::Database& db = provider.record().database();
  const auto draft = model::new_entry("case-closed", provider.clock.now(), provider.random,
                                      Json::Object{}, Json::Object{});
  ASSERT_TRUE(
      db.run("INSERT INTO outbox (entry, kind, bytes, private_part, salt) "
             "VALUES (:p0,'case-closed',:p1,'{}','')",
             {draft.id.value, model::entry_bytes(draft, model::testing::kLedger).value()}));
  EXPECT_FALSE(provider.record().index_of(draft.id));
  const std::uint64_t before = provider.record().log()->size();
  provider.reopen();
  EXPECT_EQ(provider.record().index_of(draft.id).value(), before);
  provider.reopen();
  EXPECT_EQ(provider.record().log()->size(), before + 1);  // appended once
}

TEST(Preview, CountsWhatTheScopeWouldHaveRefusedAndNothingElse) {
  Provider provider;
  const auto cell = [](const char* subscription, const char* service, model::ActionClass c,
                       std::int64_t hour, std::uint64_t count) {
    return model::RollupCell{.subscription = subscription,
                             .service = service,
                             .region = "r1",
                             .action_class = c,
                             .hour = hour,
                             .count = count,
                             .quantities = {{"bytes", 10.0 * static_cast<double>(count)}}};
  };
  using enum model::ActionClass;
  const std::vector<model::RollupCell> cells = {
      cell("sub-1", "object-storage", write, 490'000, 5),
      cell("sub-1", "object-storage", write, 490'001, 7),
      cell("sub-1", "object-storage", export_data, 490'001, 2),
      cell("sub-1", "speech", compute, 490'001, 11),
      cell("sub-2", "object-storage", write, 490'001, 13),
      cell("sub-1", "object-storage", write, 490'001 - 24 * 30, 1000)};  // too old
  ASSERT_TRUE(cases::add_rollups(provider.record().database(), cells));
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  const OrderRow row = provider.orders().find(digest).value();
  const auto reg = cases::read_register(provider.record().database()).value();
  const Json p =
      preview(provider.record().database(), reg, *row.signed_order.order.restriction).value();
  ASSERT_EQ(p.find("affected")->if_array()->size(), 1U);
  const Json& s = p.find("affected")->if_array()->front();
  EXPECT_EQ(*s.find("requests_refused")->if_int(), 12);
  EXPECT_EQ(*s.find("requests_allowed")->if_int(), 2);
  EXPECT_EQ(*s.find("quantities_refused")->find("bytes")->if_int(), 120);
  EXPECT_EQ(p.find("untouched")->if_array()->size(), 2U);
}

TEST(Casework, AClosedCaseReopensOnANewSignalAndIsCorroboratedByTwoGroups) {
  Provider provider;
  cases::Casework& work = provider.casework();
  ASSERT_TRUE(work.close(provider.case_id, "nothing to be seen"));
  const cases::SignalInput signal{.id = "signal-1",
                                  .subscription = model::SubscriptionId("sub-1"),
                                  .term_group = "surveillance",
                                  .document = Json::Object{{"rule", "r"}},
                                  .figures = Json::Object{}};
  ASSERT_TRUE(provider.record().change([&] { return work.add_signal(signal); }));
  const auto row = work.find(provider.case_id).value();
  EXPECT_EQ(row.state, "open");
  EXPECT_EQ(row.term_group, "surveillance");
  const auto evidence = work.evidence_of(provider.case_id).value();
  ASSERT_EQ(evidence.size(), 2U);
  ASSERT_TRUE(work.add_finding(provider.case_id, "E1", "supported", {evidence[0]}));
  const auto corroborated = [&] {
    const Json c = work.show(provider.case_id).value();
    return *c.find("findings")->if_array()->front().find("corroborated")->if_bool();
  };
  EXPECT_FALSE(corroborated());
  ASSERT_TRUE(work.add_finding(provider.case_id, "E1", "supported", evidence));
  EXPECT_TRUE(corroborated());
  EXPECT_EQ(work.add_finding(provider.case_id, "E9", "supported", evidence).error().code,
            Errc::invalid_input);
}

TEST(Casework, EveryLookAtACaseIsAnEntry) {
  Provider provider;
  const std::uint64_t before = provider.record().log()->size();
  ASSERT_TRUE(provider.casework().show(provider.case_id));
  EXPECT_EQ(provider.record().log()->size(), before + 1);  // I14
}

TEST(Orders, AStageInThePastIsRefusedAsThat) {
  Provider provider;
  Proposal p = provider.proposal();
  p.stages[0].from = provider.clock.now() - std::chrono::days{200};
  p.until = provider.clock.now() + std::chrono::days{30};
  const auto refused = provider.orders().propose(p, key_of("petra"));
  EXPECT_NE(refusal(refused).find("lies in the past"), std::string::npos) << refusal(refused);
  EXPECT_EQ(refusal(refused).find("suspensions"), std::string::npos);
  p.stages[0].from = provider.clock.now() - std::chrono::seconds{2};  // "now", a moment ago
  EXPECT_EQ(refusal(provider.orders().propose(p, key_of("petra"))), "accepted");
}

TEST(Orders, AnEndBeforeTheProposalIsRefused) {
  Provider provider;
  Proposal p = provider.proposal();
  p.until = provider.clock.now() - std::chrono::days{1};
  EXPECT_NE(refusal(provider.orders().propose(p, key_of("petra"))).find("I5"), std::string::npos);
  p.until = provider.clock.now();
  EXPECT_NE(refusal(provider.orders().propose(p, key_of("petra"))).find("I5"), std::string::npos);
  p.until.reset();
  p.review = provider.clock.now() - std::chrono::days{1};
  EXPECT_NE(refusal(provider.orders().propose(p, key_of("petra"))).find("I5"), std::string::npos);
}

TEST(Orders, NoApprovalCountsOnAClosedCaseOrAfterTheOrdersEnd) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.approve(digest, "ada"));
  ASSERT_TRUE(provider.casework().close(provider.case_id, "nothing to be seen"));
  const auto closed = provider.approve(digest, "ben");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, Errc::conflict);
  EXPECT_NE(closed.error().message.find("case was closed"), std::string::npos);
  EXPECT_EQ(provider.orders().find(digest)->state, "proposed");

  const auto evidence = provider.casework().evidence_of(provider.case_id).value();
  ASSERT_TRUE(provider.casework().reopen(provider.case_id, evidence[0]));
  provider.clock.advance(std::chrono::days{90});
  const auto ended = provider.approve(digest, "ben");
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().message.find("end has passed"), std::string::npos);
}

TEST(Orders, ALiftIsPossibleWhenTheCaseIsClosed) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.approve(digest, "ada"));
  ASSERT_TRUE(provider.approve(digest, "ben")->in_force);
  ASSERT_TRUE(provider.casework().close(provider.case_id, "settled"));
  const Digest lift = provider.orders().propose_lift(digest, "settled").value();
  EXPECT_TRUE(provider.approve(lift, "cleo")->in_force);  // I5
}

TEST(Orders, AGuidIsOneSubscriptionInEitherCase) {
  Provider provider;
  ASSERT_TRUE(provider.load(R"({"kind":"subscription","unit":"u1","agreement":"a1",)"
                            R"("id":"0B7C6C1E-0000-4000-8000-00000000ABCD"})"));
  Proposal p = provider.proposal();
  p.scope = {
      model::parse_scope_line("0b7C6c1E-0000-4000-8000-00000000aBCd/object-storage").value()};
  const Digest digest = provider.orders().propose(p, key_of("petra")).value();
  const auto row = provider.orders().find(digest).value();
  EXPECT_EQ(row.signed_order.order.restriction->scope[0].subscription.value,
            "0b7c6c1e-0000-4000-8000-00000000abcd");
  EXPECT_TRUE(provider.casework().add_report("press", "0B7C6C1E-0000-4000-8000-00000000ABCD",
                                             "it was in the paper"));
}

TEST(Orders, OfACaseWithMoreEvidenceThanAnOrderCanNameThatOfItsFindingsCounts) {
  Provider provider;
  cases::Database& db = provider.record().database();
  ASSERT_TRUE(db.transact([&]() -> Result<void> {
    for (std::size_t i = 0; i < model::kEvidenceMax; ++i) {
      TRY_VOID(
          db.run("INSERT INTO evidence (case_id, digest, class, source, independence, "
                 "added_at, content) VALUES (:p0,:p1,'usage','rule','provider-usage','','')",
                 {provider.case_id.value, sha256(std::to_string(i)).hex()}));
    }
    return {};
  }));
  const auto refused = provider.orders().propose(provider.proposal(), key_of("petra"));
  EXPECT_NE(refusal(refused).find("10001 items of evidence"), std::string::npos)
      << refusal(refused);
  ASSERT_TRUE(
      provider.casework().add_finding(provider.case_id, "E1", "supported", {sha256("7").hex()}));
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  const auto row = provider.orders().find(digest).value();
  EXPECT_EQ(row.signed_order.order.restriction->evidence,
            std::vector<std::string>{sha256("7").hex()});
}

// Every reading of this clock is a second later.
class HastyClock final : public Clock {
 public:
  explicit HastyClock(Time start) : now_(start) {}
  [[nodiscard]] Time now() const override { return now_ += std::chrono::seconds{1}; }

 private:
  mutable Time now_;
};

TEST(Orders, WhenItCameIntoForceIsWhatItsEntrySays) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.approve(digest, "ada"));
  const HastyClock clock(provider.clock.now());
  provider.reopen(clock);
  ASSERT_TRUE(provider.approve(digest, "ben")->in_force);
  const OrderRow row = provider.orders().find(digest).value();
  const auto bytes = provider.record()
                         .database()
                         .query("SELECT bytes FROM outbox WHERE entry=:p0", {row.in_force_entry})
                         .value();
  EXPECT_EQ(format_time(model::parse_entry(bytes[0].text(0))->time), row.in_force_at);
}

TEST(Record, TheGenesisIsTheFirstEntryWhateverWasDoneBefore) {
  Provider provider(Provider::Founded::after_its_first_case);
  const auto first = provider.record().log()->entry(0).value();
  EXPECT_EQ(model::parse_entry(first)->kind, "genesis");
  EXPECT_GE(provider.record().log()->size(), 4U);  // register, case, report and genesis
  provider.reopen();
  EXPECT_EQ(provider.record().log()->entry(0).value(), first);
}

// A checkpoint that witnesses cosigned, as whoever asks them keeps it; here it stands for itself.
TEST(Orders, SnapshotAndBundleStandUnderTheCosignedCheckpointThatCoversThem) {
  Provider provider;
  const Digest first = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.approve(first, "ada"));
  const auto too_early = provider.record().log()->head().value();
  ASSERT_TRUE(provider.approve(first, "ben")->in_force);
  const auto cosigned = provider.record().log()->head().value();
  ASSERT_GT(cosigned.size, too_early.size);
  // What is appended later and not proven does not matter: a report, and a change of who decides.
  ASSERT_TRUE(provider.casework().add_report("press", "customer-1", "again"));
  const auto orders = [&] { return provider.orders(); };
  EXPECT_EQ(orders().snapshot(cosigned.checkpoint)->checkpoint, cosigned.checkpoint);
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("dora", model::Role::approver));
  const Digest change = orders()
                            .propose_change(model::OrderKind::roster, model::roster_to_json(roster),
                                            "", "one more", key_of("petra"))
                            .value();
  provider.clock.advance(std::chrono::minutes{1});
  const auto one = provider.approve(change, "ada");
  ASSERT_TRUE(one) << one.error().message;
  ASSERT_TRUE(provider.approve(change, "ben")->in_force);
  const auto newest = provider.record().log()->head().value();
  const auto bundle = orders().bundle(first, cosigned.checkpoint);
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_TRUE(bundle->proof.ends_with(cosigned.checkpoint)) << "it covers the order's entry";
  EXPECT_TRUE(bundle->governance.empty());
  // The snapshot has to prove the change as well.
  EXPECT_EQ(orders().snapshot(cosigned.checkpoint)->checkpoint, newest.checkpoint);
  EXPECT_EQ(orders().snapshot(newest.checkpoint)->governance.size(), 1U);
  // One that is too early, of another log, or none: the newest.
  const ledger::Checkpoint forged{model::testing::kLedger, newest.size, sha256("x")};
  const auto mallory = ledger::NoteSigner::make(model::testing::kLedger, key_of("mallory")).value();
  for (const std::string& other :
       {too_early.checkpoint, ledger::sign_note(mallory, forged.format()), std::string()}) {
    EXPECT_TRUE(orders().bundle(first, other)->proof.ends_with(newest.checkpoint));
    EXPECT_EQ(orders().snapshot(other)->checkpoint, newest.checkpoint);
  }
  // A lift needs no proof: the snapshot without the order stands under what was cosigned before.
  const Digest lift = orders().propose_lift(first, "a mistake").value();
  ASSERT_TRUE(provider.approve(lift, "cleo")->in_force);
  const auto lifted = orders().snapshot(newest.checkpoint);
  ASSERT_TRUE(lifted);
  EXPECT_TRUE(lifted->restrictions.empty());
  EXPECT_EQ(lifted->checkpoint, newest.checkpoint);
}

}  // namespace
}  // namespace proviso::decisions

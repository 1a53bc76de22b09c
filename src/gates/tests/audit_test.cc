// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gates/gate.h"
#include "gates/ledger_audit.h"
#include "gates/testing/witnesses.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::OrderKind;
using model::SignedOrder;
using model::testing::sample_change;
using model::testing::sample_lift;
using model::testing::sample_restriction;
using model::testing::sign_order;
using testing::at;
using testing::restriction_of;
using testing::sample_signed;
using testing::World;

/// A folder of its own per test.
class LedgerAudit : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = ::testing::TempDir() + "proviso_audit_" + std::to_string(getpid()) + "_" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_);
  }
  void TearDown() override {
    if (!HasFailure()) std::filesystem::remove_all(dir_);
  }
  AuditReport audit(const World& world, const AuditOptions& options = {}) {
    std::filesystem::remove_all(dir_);
    world.write_to(real_file_system(), dir_);
    return audit_ledger(real_file_system(), dir_, world.trust(), options);
  }
  std::string dir_;
};

SignedOrder lift_of(const SignedOrder& order, const std::vector<std::string>& approvers) {
  return sign_order(sample_lift(sha256(order.canonical)), approvers);
}

SignedOrder roster_without_ben(const std::vector<std::string>& approvers) {
  auto roster = model::testing::sample_roster();
  roster.erase(roster.begin() + 2);
  return sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), approvers);
}

std::string told(const AuditReport& report) {
  return report.error_class + " | " + report.where + " | " + report.detail;
}
#define EXPECT_FOUND(report, error_class_, where_, part)                      \
  do {                                                                        \
    const AuditReport report_ = (report);                                     \
    EXPECT_FALSE(report_.ok);                                                 \
    EXPECT_EQ(report_.error_class, error_class_) << told(report_);            \
    EXPECT_EQ(report_.where, where_) << told(report_);                        \
    EXPECT_NE(report_.detail.find(part), std::string::npos) << told(report_); \
  } while (false)

World busy_world() {
  World world;
  world.log(model::entry_kind::case_opened, at("2026-11-02T00:00:00Z"));
  world.put_in_force(sample_signed(), "2026-11-06T00:00:00Z");
  world.put_in_force(sign_order(restriction_of("sub-2", "speech", '7'), {"ada", "cleo"}),
                     "2026-11-06T00:00:00Z");
  world.put_in_force(roster_without_ben({"ada", "cleo"}), "2026-11-07T00:00:00Z");
  world.put_in_force(lift_of(sample_signed(), {"cleo"}), "2026-11-08T00:00:00Z");
  return world;
}

TEST_F(LedgerAudit, CountsWhatAGoodLedgerHolds) {
  const World world = busy_world();
  const std::string snapshot = world.snapshot_text();
  const AuditReport report = audit(world, {.snapshot = snapshot, .since = {}});
  EXPECT_TRUE(report.ok) << told(report);
  EXPECT_EQ(report.error_class, "OK");
  EXPECT_EQ(report.entries, 6U);
  EXPECT_EQ(report.orders_in_force, 1U);
  EXPECT_EQ(report.lifts, 1U);
  EXPECT_EQ(report.governance_orders, 1U);
  EXPECT_EQ(report.not_in_snapshot, 0U);
}

SignedOrder emergency(const std::vector<std::string>& approvers) {
  model::Order order = sample_restriction();
  order.restriction->stages = {{order.proposed_at, {model::EffectKind::read_only, 0}}};
  order.restriction->until = order.proposed_at + model::kEmergencyMax;
  order.restriction->emergency = true;
  return sign_order(order, approvers);
}

// A policy of three approvals for a restriction, then this order.
World under_three(const SignedOrder& order) {
  World world;
  model::Policy three = model::testing::sample_policy();
  three.approvals["restrict"] = 3;
  world.put_in_force(
      sign_order(sample_change(OrderKind::policy, model::policy_to_json(three)), {"ada", "ben"}),
      "2026-11-04T00:00:00Z");
  world.put_in_force(order, "2026-11-05T09:00:00Z");
  return world;
}

TEST_F(LedgerAudit, AnEmergencyTakesTwoWhateverThePolicySays) {
  const World two = under_three(emergency({"ada", "ben"}));
  const std::string snapshot = two.snapshot_text();
  const AuditReport report = audit(two, {.snapshot = snapshot, .since = {}});
  EXPECT_TRUE(report.ok) << told(report);
  EXPECT_FOUND(audit(under_three(emergency({"ada"}))), "order", "entry 2", "I2");
  // Another restriction takes what the policy says, which the log alone shows.
  EXPECT_FOUND(audit(under_three(sign_order(sample_restriction(), {"ada", "ben"}))), "order",
               "entry 2", "I2");
}

// The log shows no document of a restriction; who signed it, it shows.
TEST_F(LedgerAudit, AnEmergencyNamesApproversOnCall) {
  EXPECT_FOUND(audit(under_three(emergency({"ada", "cleo"}))), "order", "entry 2", "I2");
}

TEST_F(LedgerAudit, AnAuditorProposesNothingI2) {
  World world;
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("aude", model::Role::auditor));
  world.put_in_force(
      sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), {"ada", "ben"}),
      "2026-11-02T00:00:00Z");
  SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  order.proposal = model::testing::propose("aude", order.canonical);
  world.put_in_force(order, "2026-11-05T09:00:00Z");
  EXPECT_FOUND(audit(world), "order", "entry 2", "names no proposer of the roster (I2)");
}

TEST_F(LedgerAudit, ServerMediatedKeysAloneDecideNothingI2) {
  const auto world_of = [](const std::vector<std::string>& approvers) {
    World world;
    world.let_server_mediate({"mia", "max"});
    world.put_in_force(sign_order(sample_restriction(), approvers), "2026-11-05T09:00:00Z");
    return world;
  };
  EXPECT_TRUE(audit(world_of({"mia", "ada"})).ok);
  EXPECT_FOUND(audit(world_of({"mia", "max"})), "order", "entry 3", "server-mediated");
}

TEST_F(LedgerAudit, ReportsTheLogsOwnFaults) {
  const World world = busy_world();
  model::TrustRoot trust = world.trust();
  trust.ledger_key =
      ledger::NoteVerifier{trust.ledger, model::testing::key_of("mallory").public_key()}.format();
  world.write_to(real_file_system(), dir_);
  EXPECT_EQ(audit_ledger(real_file_system(), dir_, trust).error_class, "checkpoint-signature");
  trust.ledger_key = "no key";
  EXPECT_EQ(audit_ledger(real_file_system(), dir_, trust).error_class, "trust");
  EXPECT_EQ(audit_ledger(real_file_system(), dir_ + "/none", world.trust()).error_class,
            "checkpoint-missing");
}

TEST_F(LedgerAudit, TheFirstEntryIsTheTrustedGenesis) {
  const World world = busy_world();
  model::TrustRoot trust = world.trust();
  trust.genesis = sha256("another");
  world.write_to(real_file_system(), dir_);
  EXPECT_FOUND(audit_ledger(real_file_system(), dir_, trust), "trust", "entry 0", "I2");
  World empty;
  empty.leaves().clear();
  EXPECT_FOUND(audit(empty), "trust", "entry 0", "no genesis");
}

TEST_F(LedgerAudit, EveryEntryParsesAndIsOfThisLedger) {
  World garbage = busy_world();
  garbage.log_bytes("{}");
  EXPECT_FOUND(audit(garbage), "entry", "entry 6", "missing");
  World foreign = busy_world();
  World other("ledger.example/other");
  foreign.log_bytes(other.leaves().front());
  EXPECT_FOUND(audit(foreign), "entry", "entry 6", "another ledger");
}

TEST_F(LedgerAudit, EntryIdsAreUnique) {
  World world = busy_world();
  world.log_bytes(world.leaves()[1]);
  EXPECT_FOUND(audit(world), "entry", "entry 6", "id");
  World second = busy_world();
  second.log_bytes(second.leaves()[0]);
  EXPECT_FOUND(audit(second), "entry", "entry 6", "genesis");
}

TEST_F(LedgerAudit, GovernanceMustHaveItsApprovalsI2) {
  World world;
  world.put_in_force(roster_without_ben({"ada"}), "2026-11-07T00:00:00Z");
  EXPECT_FOUND(audit(world), "governance", "entry 1", "I2");
  World replayed;
  replayed.put_in_force(roster_without_ben({"ada", "cleo"}), "2026-11-07T00:00:00Z");
  replayed.put_in_force(roster_without_ben({"ada", "cleo"}), "2026-11-08T00:00:00Z");
  EXPECT_FOUND(audit(replayed), "governance", "entry 2", "before");
}

TEST_F(LedgerAudit, ALiftNeedsAnOrderAndOneApproverI5) {
  World nothing;
  nothing.put_in_force(lift_of(sample_signed(), {"cleo"}), "2026-11-08T00:00:00Z");
  EXPECT_FOUND(audit(nothing), "order", "entry 1", "I5");
  World unsigned_lift;
  unsigned_lift.put_in_force(sample_signed(), "2026-11-06T00:00:00Z");
  unsigned_lift.put_in_force(lift_of(sample_signed(), {"mallory"}), "2026-11-08T00:00:00Z");
  EXPECT_FOUND(audit(unsigned_lift), "order", "entry 2", "I2");
}

TEST_F(LedgerAudit, AnOrderComesIntoForceOnceAndNamesEnoughApproversI2) {
  World twice;
  twice.put_in_force(sample_signed(), "2026-11-06T00:00:00Z");
  twice.put_in_force(sample_signed(), "2026-11-07T00:00:00Z");
  EXPECT_FOUND(audit(twice), "order", "entry 2", "second time");
  World one;
  one.put_in_force(sign_order(sample_restriction(), {"ada", "petra"}), "2026-11-06T00:00:00Z");
  EXPECT_FOUND(audit(one), "order", "entry 1", "I2");
  World revoked;
  revoked.put_in_force(roster_without_ben({"ada", "cleo"}), "2026-11-05T00:00:00Z");
  revoked.put_in_force(sample_signed(), "2026-11-04T00:00:00Z");
  EXPECT_FOUND(audit(revoked), "order", "entry 2", "I2");
}

TEST_F(LedgerAudit, ASnapshotThatKeepsALiftedOrderI5) {
  const World world = busy_world();
  model::GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions.push_back({sample_signed(), world.prove(2)});
  const std::string text = model::write_snapshot(snapshot);
  ASSERT_TRUE(Gate::load(text, world.trust())) << "a gate cannot see it";
  EXPECT_FOUND(audit(world, {.snapshot = text, .since = {}}), "snapshot",
               "restriction " + order_digest(sample_restriction()).hex().substr(0, 12), "I5");
}

TEST_F(LedgerAudit, ASnapshotFromBeforeTheLiftIsFine) {
  World world;
  world.put_in_force(sample_signed(), "2026-11-06T00:00:00Z");
  const std::string text = world.snapshot_text();
  world.put_in_force(lift_of(sample_signed(), {"cleo"}), "2026-11-08T00:00:00Z");
  const AuditReport report = audit(world, {.snapshot = text, .since = {}});
  EXPECT_TRUE(report.ok) << told(report);
}

TEST_F(LedgerAudit, ASnapshotThatLeavesOutARemovedApproverI10) {
  const World world = busy_world();
  model::GateSnapshot snapshot = world.snapshot();
  snapshot.governance.clear();
  const std::string text = model::write_snapshot(snapshot);
  ASSERT_TRUE(Gate::load(text, world.trust())) << "a gate cannot see it";
  EXPECT_FOUND(audit(world, {.snapshot = text, .since = {}}), "snapshot", "entry 4", "I10");
}

TEST_F(LedgerAudit, CountsRestrictionsThatTheSnapshotDoesNotHave) {
  const World world = busy_world();
  model::GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions.clear();
  const std::string text = model::write_snapshot(snapshot);
  const AuditReport report = audit(world, {.snapshot = text, .since = {}});
  EXPECT_TRUE(report.ok) << told(report);
  EXPECT_EQ(report.not_in_snapshot, 1U);
}

TEST_F(LedgerAudit, ASnapshotOfAForkOrOfALongerLog) {
  World world = busy_world();
  const std::string text = world.snapshot_text();
  World forked = busy_world();
  forked.leaves()[1] = World().leaves()[0];
  forked.leaves().resize(1);
  for (int i = 0; i < 6; ++i)
    forked.log(model::entry_kind::case_opened, at("2026-11-03T00:00:00Z"));
  EXPECT_FOUND(audit(forked, {.snapshot = text, .since = {}}), "fork", "snapshot checkpoint", "");
  World shorter = busy_world();
  shorter.leaves().pop_back();
  EXPECT_FOUND(audit(shorter, {.snapshot = text, .since = {}}), "rollback", "snapshot checkpoint",
               "shorter");
  EXPECT_FOUND(audit(world, {.snapshot = "broken", .since = {}}), "snapshot", "snapshot",
               "cut short");
}

// The trust file asks for witnesses, for the log and for the snapshot that is held against it.
TEST_F(LedgerAudit, AsksForTheTrustFilesWitnessesI2) {
  const World world = busy_world();
  model::TrustRoot trust = world.trust();
  trust.witnesses = testing::two_of_three();
  world.write_to(real_file_system(), dir_);
  const auto judged = [&](const AuditOptions& options = {}) {
    return audit_ledger(real_file_system(), dir_, trust, options);
  };
  EXPECT_FOUND(judged(), "quorum", "checkpoint", "none of 3 witnesses");
  const std::string note = world.checkpoint();
  const std::string enough =
      testing::cosignature(note, "oslo") + testing::cosignature(note, "cairo");
  ASSERT_TRUE(real_file_system().write_durable(dir_ + "/checkpoint.cosigned", note + enough));
  const AuditReport good = judged();
  EXPECT_TRUE(good.ok) << told(good);
  EXPECT_EQ(good.cosigned.names, (std::vector<std::string>{"oslo", "cairo"}));
  model::GateSnapshot snapshot = world.snapshot();
  std::string text = model::write_snapshot(snapshot);
  EXPECT_FOUND(judged({.snapshot = text, .since = {}}), "quorum", "snapshot checkpoint", "none of");
  snapshot.checkpoint += enough + testing::forged_cosignature(note, "lima");
  text = model::write_snapshot(snapshot);
  EXPECT_FOUND(judged({.snapshot = text, .since = {}}), "cosignature", "snapshot checkpoint", "");
  snapshot.checkpoint = note + enough;
  text = model::write_snapshot(snapshot);
  const AuditReport both = judged({.snapshot = text, .since = {}});
  EXPECT_TRUE(both.ok) << told(both);
  // Another policy that is given by hand goes before it.
  const auto none = ledger::WitnessPolicy::parse("p", "quorum none\n").value();
  std::filesystem::remove(dir_ + "/checkpoint.cosigned");
  EXPECT_TRUE(judged({.snapshot = {}, .since = {}, .witness_policy = &none}).ok);
  trust.witnesses = "quorum\n";
  EXPECT_FOUND(judged(), "trust", "witnesses", "trust.witnesses:1:1");
}

TEST_F(LedgerAudit, HoldsTheLogAgainstAKeptCheckpoint) {
  World world = busy_world();
  const std::string kept = world.checkpoint();
  world.log(model::entry_kind::case_closed, at("2026-11-09T00:00:00Z"));
  EXPECT_TRUE(audit(world, {.snapshot = {}, .since = kept}).ok);
  world.leaves().resize(5);
  EXPECT_EQ(audit(world, {.snapshot = {}, .since = kept}).error_class, "rollback");
  world.log(model::entry_kind::case_closed, at("2026-11-09T00:00:00Z"));
  EXPECT_EQ(audit(world, {.snapshot = {}, .since = kept}).error_class, "fork");
}

}  // namespace
}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
// The same as attack_test's honest world, through the ledger that the server writes.
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gates/gate.h"
#include "gates/ledger_audit.h"
#include "gates/testing/world.h"
#include "ledger/log.h"

namespace proviso::gates {
namespace {

using testing::at;
using testing::World;

TEST(RealLedger, ItsProofsLoadAndItsFilesPassTheAudit) {
  const std::string dir = ::testing::TempDir() + "proviso_real_ledger_" + std::to_string(getpid());
  std::filesystem::remove_all(dir);
  World world;
  world.log(model::entry_kind::case_opened, at("2026-11-02T00:00:00Z"));
  world.put_in_force(testing::sample_signed(), "2026-11-06T00:00:00Z");
  world.log(model::entry_kind::case_closed, at("2026-11-07T00:00:00Z"));

  auto log = ledger::Log::create(real_file_system(), dir, world.signer(), world.trust().ledger);
  ASSERT_TRUE(log) << log.error().message;
  std::vector<ledger::NewEntry> entries;
  for (const std::string& leaf : world.leaves()) {
    const auto entry = model::parse_entry(leaf);
    ASSERT_TRUE(entry) << entry.error().message;
    entries.push_back({entry->id.value, leaf});
  }
  ASSERT_TRUE((*log)->append(entries));

  model::GateSnapshot snapshot = world.snapshot();
  const ledger::LogHead head = (*log)->head().value();
  EXPECT_EQ(snapshot.checkpoint, head.checkpoint) << "the naive ledger and the real one agree";
  snapshot.checkpoint = head.checkpoint;
  snapshot.genesis.path = (*log)->prove(0, head.size)->hashes;
  snapshot.restrictions.front().entry.path = (*log)->prove(2, head.size)->hashes;
  const std::string text = model::write_snapshot(snapshot);
  const auto gate = Gate::load(text, world.trust());
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_TRUE(
      gate->check({"sub-1", "object-storage", "PutObject", "", ""}, at("2026-11-12T00:00:00Z"))
          .refused());

  const AuditReport report =
      audit_ledger(real_file_system(), dir, world.trust(), {.snapshot = text, .since = {}});
  EXPECT_TRUE(report.ok) << report.error_class << " " << report.where << " " << report.detail;
  EXPECT_EQ(report.entries, 4U);
  EXPECT_EQ(report.orders_in_force, 1U);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace proviso::gates

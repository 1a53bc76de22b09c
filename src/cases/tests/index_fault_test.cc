// SPDX-License-Identifier: Apache-2.0
// Every write point of the ledger fails in turn while entries with tags are made: after the restart
// the customer's numbers are in the log without a gap, each once, and the index fits the log.
#include <gtest/gtest.h>

#include "cases/customer_index.h"
#include "cases/index_keys.h"
#include "cases/testing/trial.h"
#include "ledger/leaf_tree.h"

namespace proviso::cases {
namespace {

using proviso::testing::Fault;
using proviso::testing::Unsynced;
using testing::Trial;

// The numbers in the log are 0, 1, 2 ... in its order; returns how many.
std::uint64_t check_numbers(Record& record) {
  const auto keys = index_keys_of(record.database(), record.index_secret(), "customer-1").value();
  const model::IndexTags tags(keys[0].key);
  std::uint64_t number = 0;
  for (std::uint64_t i = 1; i < record.log()->size(); ++i) {
    const auto entry = model::parse_entry(record.log()->entry(i).value()).value();
    const auto tag = model::tag_of(entry.public_part).value();
    if (!tag) continue;
    EXPECT_EQ(*tag, tags.of(number)) << "number " << number << " of the customer";
    ++number;
  }
  EXPECT_EQ(keys[0].numbers, number) << "a number was lost";
  return number;
}

// Each index is that of the log.
void check_index(Record& record) {
  const auto all = published_indexes(record.database()).value();
  for (const IndexDone& done : all) {
    const auto& p = done.published;
    const auto tags = tags_between(record.database(), p.from, p.to).value();
    EXPECT_EQ(ledger::LeafTree(index_leaf_hashes(tags)).root(), p.root);
    EXPECT_LE(p.to, done.index);
  }
}

// Returns whether the fault was reached.
bool fails_at(std::uint64_t n, Fault fault, Unsynced unsynced) {
  Trial trial;
  EXPECT_TRUE(trial.add_finding());
  trial.fs.fail_at(n, fault);
  std::uint64_t told = 1;
  if (trial.add_finding()) ++told;
  if (publish_index(trial.record()) && trial.add_finding()) ++told;
  trial.close();
  const bool failed = trial.fs.failed();
  trial.fs.crash(unsynced);
  trial.open();
  EXPECT_GE(check_numbers(trial.record()), told) << "acknowledged, and lost";
  const std::uint64_t before = check_numbers(trial.record());
  EXPECT_TRUE(trial.add_finding());
  EXPECT_EQ(check_numbers(trial.record()), before + 1);
  EXPECT_TRUE(publish_index(trial.record()));
  check_index(trial.record());
  return failed;
}

TEST(IndexFaults, WhateverWriteFailsNoNumberIsSkippedOrGivenTwice) {
  testing::fail_each_write(fails_at);
}

}  // namespace
}  // namespace proviso::cases

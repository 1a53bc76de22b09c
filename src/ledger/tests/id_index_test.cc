// SPDX-License-Identifier: Apache-2.0
#include "ledger/id_index.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"

namespace proviso::ledger {
namespace {

using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

IdPrint nth(std::uint64_t i) { return print_of("id-" + std::to_string(i)); }

void add(IdIndex& index, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from; i < to; ++i) EXPECT_EQ(index.find_or_add(nth(i), i).value(), i);
}

void expect_has(IdIndex& index, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(index.find(nth(i)).value(), i);
  for (std::uint64_t i = count; i < count + 500; ++i) {
    ASSERT_EQ(index.find(nth(i)).value(), std::nullopt);
  }
}

TEST(IdIndex, KeepsWhatItWasTold) {
  FaultyFileSystem fs;
  auto index = IdIndex::open(fs, "i").value();
  std::uint64_t size = 0;
  for (const std::uint64_t step :
       std::initializer_list<std::uint64_t>{1, 1, 127, 128, 129, 3, 2000}) {
    add(*index, size, size + step);
    size += step;
    expect_has(*index, size);
    index->freeze(size);
    expect_has(*index, size);
    ASSERT_TRUE(index->save().has_value());
    EXPECT_EQ(index->saved(), size);
    expect_has(*index, size);
    EXPECT_EQ(index->find_or_add(nth(0), size).value(), 0U);
    index = IdIndex::open(fs, "i").value();
    EXPECT_EQ(index->saved(), size);
    expect_has(*index, size);
  }
  // Equal steps are merged: as many runs as a binary counter has digits.
  for (int i = 0; i < 40; ++i, size += 10) {
    add(*index, size, size + 10);
    index->freeze(size + 10);
    ASSERT_TRUE(index->save().has_value());
  }
  EXPECT_LE(fs.list("i").value().size(), 8U);
  expect_has(*index, size);
}

TEST(IdIndex, PrintsWithEqualHalves) {
  // Records that a fence can't tell apart, over the borders of blocks.
  std::vector<IdRecord> records;
  for (std::uint64_t i = 0; i < 1000; ++i) records.push_back({{i / 300, i}, i});
  FaultyFileSystem fs;
  ASSERT_TRUE(fs.write_durable("i/0-1000", encode_id_run(0, 1000, records)).has_value());
  const auto run = IdRun::open(fs, "i/0-1000").value();
  EXPECT_EQ(run->records().value(), records);
  for (const IdRecord& record : records) {
    EXPECT_EQ(run->find(record.print).value(), record.index);
    EXPECT_EQ(run->find({record.print.high, record.print.low + 5000}).value(), std::nullopt);
  }
}

TEST(IdIndex, CrashAnywhere) {
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (std::uint64_t n = 1; n < 20; ++n) {
      FaultyFileSystem fs;
      {
        auto index = IdIndex::open(fs, "i").value();
        add(*index, 0, 10);
        index->freeze(10);
        ASSERT_TRUE(index->save().has_value());
        add(*index, 10, 20);
        index->freeze(20);
        fs.fail_at(n, fault);
        (void)index->save().has_value();
      }
      fs.crash(Unsynced::dropped);
      auto index = IdIndex::open(fs, "i").value();
      ASSERT_TRUE(index->saved() == 10 || index->saved() == 20);
      expect_has(*index, index->saved());
    }
  }
}

TEST(IdIndex, EveryFlippedBitAndCutIsSeen) {
  std::vector<IdRecord> records;
  for (std::uint64_t i = 0; i < 200; ++i) records.push_back({nth(i), i});
  std::sort(records.begin(), records.end());
  const std::string good = encode_id_run(0, 200, records);
  for (std::size_t at = 0; at < good.size(); ++at) {
    FaultyFileSystem fs;
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    fs.files()["r"] = bad;
    const auto run = IdRun::open(fs, "r");
    if (run) {
      EXPECT_EQ((*run)->records().error().code, Errc::corrupt) << at;
    } else {
      EXPECT_EQ(run.error().code, Errc::corrupt) << at;
    }
    fs.files()["r"] = good.substr(0, at);
    EXPECT_EQ(IdRun::open(fs, "r").error().code, Errc::corrupt) << at;
  }
}

TEST(IdIndex, AGapIsSeen) {
  FaultyFileSystem fs;
  for (const std::uint64_t from : {0U, 20U}) {
    std::vector<IdRecord> records;
    for (std::uint64_t i = from; i < from + 10; ++i) records.push_back({nth(i), i});
    std::sort(records.begin(), records.end());
    fs.files()["i/" + std::to_string(from) + "-" + std::to_string(from + 10)] =
        encode_id_run(from, from + 10, records);
  }
  EXPECT_EQ(IdIndex::open(fs, "i").error().code, Errc::corrupt);
}

}  // namespace
}  // namespace proviso::ledger

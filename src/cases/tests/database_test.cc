// SPDX-License-Identifier: Apache-2.0
#include "cases/database.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

namespace proviso::cases {
namespace {

std::string temporary(const std::string& name) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("proviso-db-" + std::to_string(::getpid()) + "-" + name);
  std::filesystem::remove_all(path);
  return path.string();
}

TEST(Database, KeepsWhatItCommitsAndLargeIntegersExactly) {
  const std::string path = temporary("keeps");
  {
    auto db = Database::open(path).value();
    ASSERT_TRUE(
        db->run("INSERT INTO outbox (entry,kind,bytes,private_part,salt,ledger_index) "
                "VALUES (:p0,'k','b','p','s',:p1)",
                {std::string("e'1"), std::int64_t{9'007'199'254'740'991}}));
  }
  auto db = Database::open(path).value();
  const auto rows = db->query("SELECT entry, ledger_index, seq FROM outbox").value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].text(0), "e'1");
  EXPECT_EQ(rows[0].integer(1), 9'007'199'254'740'991);
  EXPECT_EQ(rows[0].integer(2), 1);
  std::filesystem::remove_all(path);
}

TEST(Database, AFailedTransactionLeavesNothing) {
  const std::string path = temporary("rollback");
  auto db = Database::open(path).value();
  const auto result = db->transact([&]() -> Result<void> {
    TRY_VOID(db->run("INSERT INTO meta VALUES ('a','1')"));
    return db->run("INSERT INTO meta VALUES ('a','2')");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::conflict);
  EXPECT_TRUE(db->query("SELECT * FROM meta").value().empty());
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace proviso::cases

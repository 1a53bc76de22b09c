// SPDX-License-Identifier: Apache-2.0
// A store of an earlier version keeps its rows through every migration, and ends as a new one
// begins.
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include "base/embedded.h"
#include "cases/database.h"

namespace proviso::cases {

namespace schema {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

using Rows = std::vector<std::string>;

std::string temporary(const std::string& name) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("proviso-migration-" + std::to_string(::getpid()) + "-" + name);
  std::filesystem::remove_all(path);
  return path.string();
}

std::set<std::string> versions() {
  std::set<std::string> out;
  for (const EmbeddedFile& file : schema::kFiles) {
    out.emplace(file.name.substr(0, file.name.find('/')));
  }
  return out;
}

Rows column(soci::session& sql, const std::string& query) {
  Rows out(100'000);
  sql << query, soci::into(out);
  return out;
}

std::map<std::string, Rows> tables(soci::session& sql) {
  std::map<std::string, Rows> out;
  for (const std::string& table : column(
           sql, "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")) {
    out[table] = column(sql, "SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
  }
  return out;
}

// Two rows in each table; each text is the table's, the column's and the row's own.
void fill(soci::session& sql, const std::map<std::string, Rows>& all) {
  for (const auto& [table, columns] : all) {
    for (int row = 1; row <= 2; ++row) {
      std::string values;
      for (const std::string& name : columns) {
        std::string type;
        sql << "SELECT type FROM pragma_table_info('" + table + "') WHERE name='" + name + "'",
            soci::into(type);
        values += values.empty() ? "" : ",";
        values += type == "INTEGER" ? std::to_string(1000 + row)
                                    : "'" + table + "." + name + " " + std::to_string(row) + "'";
      }
      sql << "INSERT INTO " + table + " VALUES (" + values + ")";
    }
  }
}

// Every cell of the columns that the old version had.
std::map<std::string, Rows> cells(soci::session& sql, const std::map<std::string, Rows>& all) {
  std::map<std::string, Rows> out;
  for (const auto& [table, columns] : all) {
    std::string whole;
    for (const std::string& name : columns) {
      whole += (whole.empty() ? "" : " || '|' || ") + std::string("quote(\"") + name + "\")";
    }
    out[table] = column(sql, "SELECT " + whole + " FROM " + table + " ORDER BY 1");
  }
  return out;
}

// What a store of this many migrations was, with rows in it.
void make_old(const std::string& path, std::size_t version, std::map<std::string, Rows>& columns,
              std::map<std::string, Rows>& rows) {
  soci::session sql(soci::sqlite3, "db=\"" + path + "\"");
  std::size_t number = 0;
  for (const std::string& folder : versions()) {
    if (++number > version) break;
    for (const EmbeddedFile& file : schema::kFiles) {
      if (file.name.starts_with(folder + "/")) sql << std::string(file.content);
    }
  }
  sql << "PRAGMA user_version=" + std::to_string(version);
  columns = tables(sql);
  fill(sql, columns);
  rows = cells(sql, columns);
}

TEST(Migrations, KeepTheRowsOfEveryEarlierVersion) {
  const std::string fresh = temporary("fresh");
  ASSERT_TRUE(Database::open(fresh));
  soci::session wanted(soci::sqlite3, "db=\"" + fresh + "\"");
  ASSERT_GE(versions().size(), 3U);
  for (std::size_t version = 1; version < versions().size(); ++version) {
    const std::string path = temporary(std::to_string(version));
    std::map<std::string, Rows> columns;
    std::map<std::string, Rows> rows;
    make_old(path, version, columns, rows);
    ASSERT_GE(rows.at("cases").size(), 2U);
    ASSERT_TRUE(Database::open(path)) << version;
    soci::session sql(soci::sqlite3, "db=\"" + path + "\"");
    EXPECT_EQ(cells(sql, columns), rows) << "from version " << version;
    EXPECT_EQ(tables(sql), tables(wanted)) << "from version " << version;
    EXPECT_EQ(column(sql, "PRAGMA user_version"), column(wanted, "PRAGMA user_version"));
    std::filesystem::remove_all(path);
  }
  std::filesystem::remove_all(fresh);
}

TEST(Migrations, ProtectedClassesOfOldCasesAreNone) {
  const std::string path = temporary("classes");
  std::map<std::string, Rows> columns;
  std::map<std::string, Rows> rows;
  make_old(path, 1, columns, rows);
  const auto db = Database::open(path).value();
  const auto classes = db->query("SELECT protected_classes FROM cases").value();
  ASSERT_EQ(classes.size(), 2U);
  for (const SqlRow& row : classes) EXPECT_EQ(row.text(0), "[]");
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace proviso::cases

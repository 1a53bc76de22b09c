// SPDX-License-Identifier: Apache-2.0
// A store of an earlier version keeps its rows through every migration, and ends as a new one
// begins.
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sqlite3.h>
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

class Sql {
 public:
  explicit Sql(const std::string& path) { EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK); }
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;
  ~Sql() { sqlite3_close(db_); }
  /// The first column of every row.
  Rows run(const std::string& text) {
    Rows out;
    const auto keep = [](void* rows, int, char** values, char**) {
      static_cast<Rows*>(rows)->emplace_back(*values == nullptr ? "" : *values);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db_, text.c_str(), keep, &out, nullptr), SQLITE_OK) << text;
    return out;
  }

 private:
  sqlite3* db_ = nullptr;
};

std::map<std::string, Rows> tables(Sql& sql) {
  std::map<std::string, Rows> out;
  for (const std::string& table :
       sql.run("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")) {
    out[table] = sql.run("SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
  }
  return out;
}

// Two rows in each table; each text is the table's, the column's and the row's own.
void fill(Sql& sql, const std::map<std::string, Rows>& all) {
  for (const auto& [table, columns] : all) {
    for (int row = 1; row <= 2; ++row) {
      std::string values;
      for (const std::string& name : columns) {
        const std::string type =
            sql.run("SELECT type FROM pragma_table_info('" + table + "') WHERE name='" + name + "'")
                .front();
        values += values.empty() ? "" : ",";
        values += type == "INTEGER" ? std::to_string(1000 + row)
                                    : "'" + table + "." + name + " " + std::to_string(row) + "'";
      }
      sql.run("INSERT INTO " + table + " VALUES (" + values + ")");
    }
  }
}

// Every cell of the columns that the old version had.
std::map<std::string, Rows> cells(Sql& sql, const std::map<std::string, Rows>& all) {
  std::map<std::string, Rows> out;
  for (const auto& [table, columns] : all) {
    std::string whole;
    for (const std::string& name : columns) {
      whole += (whole.empty() ? "" : " || '|' || ") + std::string("quote(\"") + name + "\")";
    }
    out[table] = sql.run("SELECT " + whole + " FROM " + table + " ORDER BY 1");
  }
  return out;
}

// What a store of this many migrations was, with rows in it.
void make_old(const std::string& path, std::size_t version, std::map<std::string, Rows>& columns,
              std::map<std::string, Rows>& rows) {
  Sql sql(path);
  std::size_t number = 0;
  for (const std::string& folder : versions()) {
    if (++number > version) break;
    for (const EmbeddedFile& file : schema::kFiles) {
      if (file.name.starts_with(folder + "/")) sql.run(std::string(file.content));
    }
  }
  sql.run("PRAGMA user_version=" + std::to_string(version));
  columns = tables(sql);
  fill(sql, columns);
  rows = cells(sql, columns);
}

TEST(Migrations, KeepTheRowsOfEveryEarlierVersion) {
  const std::string fresh = temporary("fresh");
  ASSERT_TRUE(Database::open(fresh));
  Sql wanted(fresh);
  ASSERT_GE(versions().size(), 3U);
  for (std::size_t version = 1; version < versions().size(); ++version) {
    const std::string path = temporary(std::to_string(version));
    std::map<std::string, Rows> columns;
    std::map<std::string, Rows> rows;
    make_old(path, version, columns, rows);
    ASSERT_GE(rows.at("cases").size(), 2U);
    ASSERT_TRUE(Database::open(path)) << version;
    Sql sql(path);
    EXPECT_EQ(cells(sql, columns), rows) << "from version " << version;
    EXPECT_EQ(tables(sql), tables(wanted)) << "from version " << version;
    EXPECT_EQ(sql.run("PRAGMA user_version"), wanted.run("PRAGMA user_version"));
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

TEST(Migrations, OldRestrictionsAreFoundByWhatTheyName) {
  const std::string path = temporary("scope");
  std::map<std::string, Rows> columns;
  std::map<std::string, Rows> rows;
  make_old(path, 7, columns, rows);
  {
    Sql sql(path);
    const auto order = [&](const std::string& digest, const std::string& kind) {
      sql.run(
          "INSERT INTO orders (digest, kind, case_id, canonical, reason, proposal, state, "
          "proposed_at) VALUES ('" +
          digest + "','" + kind + R"(','c','{"restriction":{"scope":[)" +
          R"({"service":"object-storage","subscription":"caf\u00e9-1"},)" +
          R"({"service":"compute","subscription":"s2"}]}}','','','proposed','t'))");
    };
    order("a", "restrict");
    order("b", "lift");
  }
  const auto db = Database::open(path).value();
  const auto found =
      db->query("SELECT order_digest, subscription, service FROM order_scope ORDER BY 3 DESC")
          .value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at(0).text(0) + found.at(0).text(1) + found.at(0).text(2),
            "acaf\u00e9-1object-storage");
  EXPECT_EQ(found.at(1).text(0) + found.at(1).text(1) + found.at(1).text(2), "as2compute");
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace proviso::cases

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace proviso::cases {

using SqlValue = std::variant<std::int64_t, std::string>;

/// One row of an answer; columns by position.
class SqlRow {
 public:
  explicit SqlRow(std::vector<std::string> cells) : cells_(std::move(cells)) {}
  /// NULL reads as "".
  [[nodiscard]] const std::string& text(std::size_t column) const { return cells_.at(column); }
  /// NULL reads as 0.
  [[nodiscard]] std::int64_t integer(std::size_t column) const;

 private:
  std::vector<std::string> cells_;
};

/// The store's database: SQLite through SOCI, so that PostgreSQL can take its place (design §6).
/// WAL and synchronous=FULL: a committed transaction is on disk. One thread; the owner of the data
/// folder's lock. Errors: exhausted (disk full), conflict (unique), corrupt, unavailable.
class Database {
 public:
  /// Opens or makes the file and brings its schema up to date.
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  /// The file as another process has it, for queries alone: nothing is brought up to date, and
  /// run() fails. `not_found`: no file; `conflict`: its schema is not this version's.
  static Result<std::unique_ptr<Database>> open_to_read(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// `?`-free SQL with named parameters :p0, :p1, ... in the order of `values`.
  Result<void> run(std::string_view sql, std::vector<SqlValue> values = {});
  Result<std::vector<SqlRow>> query(std::string_view sql, std::vector<SqlValue> values = {});

  /// All or nothing: commits where `body` succeeds, else rolls back.
  Result<void> transact(const std::function<Result<void>()>& body);
  /// No byte of what was erased or replaced stays in a free page or in the write-ahead log. Takes
  /// as long as writing the file once. Outside a transaction.
  Result<void> overwrite_free_pages();

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<Database>> connect(const std::string& path);
  Result<std::int64_t> version();
  Result<void> migrate();
  std::unique_ptr<Impl> impl_;
};

}  // namespace proviso::cases

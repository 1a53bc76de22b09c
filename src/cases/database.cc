// SPDX-License-Identifier: Apache-2.0
#include "cases/database.h"

#include <charconv>
#include <exception>
#include <list>
#include <set>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/embedded.h"
#include "base/file_system.h"

namespace proviso::cases {

namespace schema {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

// SOCI reports every failure as an exception with SQLite's text; this file is the only one that
// catches it.
std::unexpected<Error> sql_error(const std::exception& e) {
  const std::string what = e.what();
  const auto says = [&](std::string_view text) { return what.find(text) != std::string::npos; };
  if (says("full") || says("disk I/O")) {
    return fail(Errc::exhausted,
                "store: " + what + " (free some space and run it again; nothing is lost)");
  }
  if (says("UNIQUE constraint")) return fail(Errc::conflict, "store: " + what);
  if (says("malformed") || says("not a database")) return fail(Errc::corrupt, "store: " + what);
  return fail(Errc::unavailable, "store: " + what);
}

std::string cell(const soci::row& row, std::size_t i) {
  if (row.get_indicator(i) == soci::i_null) return {};
  switch (row.get_properties(i).get_data_type()) {
    case soci::dt_integer: return std::to_string(row.get<int>(i));
    case soci::dt_long_long: return std::to_string(row.get<long long>(i));
    case soci::dt_unsigned_long_long: return std::to_string(row.get<unsigned long long>(i));
    case soci::dt_double: return std::to_string(row.get<double>(i));
    default: return row.get<std::string>(i);
  }
}

// The values must outlive the statement, which keeps pointers to them; a list never moves its
// items.
void bind(soci::statement& statement, std::vector<SqlValue>& values,
          std::list<long long>& integers) {
  for (SqlValue& value : values) {
    if (const auto* n = std::get_if<std::int64_t>(&value)) {
      statement.exchange(soci::use(integers.emplace_back(*n)));
    } else {
      statement.exchange(soci::use(std::get<std::string>(value)));
    }
  }
}

// Each folder of schema/ is one migration; `PRAGMA user_version` says how many have run.
std::set<std::string> migrations() {
  std::set<std::string> folders;
  for (const EmbeddedFile& file : schema::kFiles) {
    folders.emplace(file.name.substr(0, file.name.find('/')));
  }
  return folders;
}

}  // namespace

std::int64_t SqlRow::integer(std::size_t column) const {
  const std::string& text = cells_.at(column);
  std::int64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

struct Database::Impl {
  soci::session session;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::connect(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  try {
    impl->session.open(soci::sqlite3, "db=\"" + path + "\" timeout=10");
  } catch (const std::exception& e) {
    return sql_error(e);
  }
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  auto database = TRY(connect(path));
  TRY_VOID(database->query("PRAGMA journal_mode=WAL"));
  TRY_VOID(database->run("PRAGMA synchronous=FULL"));
  TRY_VOID(database->run("PRAGMA foreign_keys=ON"));
  TRY_VOID(database->migrate());
  return database;
}

Result<std::unique_ptr<Database>> Database::open_to_read(const std::string& path) {
  // SQLite would make the file.
  if (!real_file_system().exists(path)) return fail(Errc::not_found, path + ": no store");
  auto database = TRY(connect(path));
  TRY_VOID(database->run("PRAGMA query_only=ON"));
  if (TRY(database->version()) == static_cast<std::int64_t>(migrations().size())) return database;
  return fail(Errc::conflict,
              path +
                  ": the store is of another version of proviso (run any command of this "
                  "version on the folder, then try again)");
}

Result<void> Database::run(std::string_view sql, std::vector<SqlValue> values) {
  std::list<long long> integers;
  try {
    soci::statement statement(impl_->session);
    bind(statement, values, integers);
    statement.alloc();
    statement.prepare(std::string(sql));
    statement.define_and_bind();
    statement.execute(true);
  } catch (const std::exception& e) {
    return sql_error(e);
  }
  return {};
}

Result<std::vector<SqlRow>> Database::query(std::string_view sql, std::vector<SqlValue> values) {
  std::vector<SqlRow> rows;
  std::list<long long> integers;
  try {
    soci::row row;
    soci::statement statement(impl_->session);
    bind(statement, values, integers);
    statement.exchange(soci::into(row));
    statement.alloc();
    statement.prepare(std::string(sql));
    statement.define_and_bind();
    statement.execute(false);
    while (statement.fetch()) {
      std::vector<std::string> cells;
      for (std::size_t i = 0; i < row.size(); ++i) cells.push_back(cell(row, i));
      rows.emplace_back(std::move(cells));
    }
  } catch (const std::exception& e) {
    return sql_error(e);
  }
  return rows;
}

Result<void> Database::overwrite_free_pages() {
  TRY_VOID(run("VACUUM"));
  TRY_VOID(query("PRAGMA wal_checkpoint(TRUNCATE)"));
  return {};
}

Result<void> Database::transact(const std::function<Result<void>()>& body) {
  TRY_VOID(run("BEGIN IMMEDIATE"));
  auto done = body();
  if (done) done = run("COMMIT");
  if (!done) {
    // The first failure is what the caller should see; a rollback that fails changes nothing.
    const auto rolled_back = run("ROLLBACK");
    static_cast<void>(rolled_back);
  }
  return done;
}

Result<std::int64_t> Database::version() {
  const std::vector<SqlRow> rows = TRY(query("PRAGMA user_version"));
  return rows.empty() ? 0 : rows.front().integer(0);
}

Result<void> Database::migrate() {
  const std::int64_t have = TRY(version());
  const std::set<std::string> folders = migrations();
  if (have > static_cast<std::int64_t>(folders.size())) {
    return fail(Errc::conflict, "store: written by a newer version of proviso (update this one)");
  }
  std::int64_t number = 0;
  for (const std::string& folder : folders) {
    if (++number <= have) continue;
    const auto apply = [&]() -> Result<void> {
      for (const EmbeddedFile& file : schema::kFiles) {
        if (file.name.starts_with(folder + "/")) TRY_VOID(run(file.content));
      }
      return run("PRAGMA user_version=" + std::to_string(number));
    };
    TRY_VOID(transact(apply));
  }
  return {};
}

}  // namespace proviso::cases

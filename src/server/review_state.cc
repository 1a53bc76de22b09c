// SPDX-License-Identifier: Apache-2.0
#include "server/review_state.h"

#include <cstdio>
#include <filesystem>

#include <sys/stat.h>
#include <zstd.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"

namespace proviso::server {
namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr int kZstdLevel = 1;
constexpr std::size_t kWindowPartsMax = 1000;
// Far more than windows can hold in memory; a damaged length must not be believed.
constexpr unsigned long long kStateMax = 1ULL << 36U;

Json to_json(const InputState& s) {
  const intake::ReadPosition& read = s.position.read;
  return Json::Object{{"offset", read.offset},
                      {"line", read.line},
                      {"column", read.column},
                      {"in_records", read.in_records},
                      {"needs_comma", read.needs_comma},
                      {"format", s.position.format},
                      {"records", s.records},
                      {"events", s.events},
                      {"rejects", s.rejects},
                      {"done", s.done},
                      {"file_bytes", s.file_bytes},
                      {"head_bytes", s.head_bytes},
                      {"run", s.run},
                      {"waits_s", s.waits_s},
                      {"bound_s", s.bound_s},
                      {"newest_s", s.newest_s}};
}

Result<InputState> from_json(const Json& value) {
  JsonReader reader(value, "intake state");
  const auto number = [&](std::string_view name) {
    return static_cast<std::uint64_t>(reader.integer(name));
  };
  InputState s;
  s.position.read.offset = number("offset");
  s.position.read.line = number("line");
  s.position.read.column = number("column");
  s.position.read.in_records = reader.boolean("in_records");
  s.position.read.needs_comma = reader.boolean("needs_comma");
  s.position.format = reader.string("format");
  s.records = number("records");
  s.events = number("events");
  s.rejects = number("rejects");
  s.done = reader.boolean("done");
  s.file_bytes = number("file_bytes");
  s.head_bytes = number("head_bytes");
  s.run = static_cast<std::uint64_t>(reader.integer_or("run", 0));
  s.waits_s = reader.integer_or("waits_s", 0);
  s.bound_s = reader.integer_or("bound_s", 0);
  s.newest_s = reader.integer_or("newest_s", 0);
  TRY_VOID(reader.finish());
  return s;
}

Result<std::string> compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0U) return fail(Errc::unavailable, "store: windows: cannot compress");
  out.resize(size);
  return out;
}

Result<std::string> decompress(std::string_view bytes) {
  const unsigned long long whole = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  const auto damaged = fail(Errc::corrupt, "store: windows: damaged");
  if (whole > kStateMax) return damaged;  // also where the size is not known
  std::string out(whole, '\0');
  if (ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size()) != whole) return damaged;
  return out;
}

// Windows repeat the same times and keys: compressed they take a tenth, and the store writes less.
Result<void> put_state(cases::Database& database, const std::string& name, std::string_view bytes) {
  const std::string small = TRY(compress(bytes));
  return database.run("INSERT OR REPLACE INTO engine_state (name, state) VALUES (:p0,:p1)",
                      {name, base64_encode(small)});
}

Result<std::string> get_state(cases::Database& database, const std::string& name) {
  const auto rows = TRY(database.query("SELECT state FROM engine_state WHERE name=:p0", {name}));
  if (rows.empty()) return std::string();
  const std::string small = TRY(base64_decode(rows.front().text(0)));
  return decompress(small);
}

// Up to `bytes` from the beginning.
Result<std::string> read_head(const std::string& path, std::uint64_t bytes) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return fail(Errc::unavailable, path + ": cannot be opened");
  std::string head(bytes, '\0');
  head.resize(std::fread(head.data(), 1, head.size(), file));
  std::fclose(file);
  return head;
}

}  // namespace

Result<std::string> head_of(const std::string& path, std::uint64_t bytes) {
  const std::string head = TRY(read_head(path, bytes));
  return sha256(head).hex();
}

Result<std::uint64_t> file_size(const std::string& path) {
  struct ::stat status{};
  if (path == "-") return std::uint64_t{0};
  if (::stat(path.c_str(), &status) != 0) return fail(Errc::not_found, path + ": cannot be read");
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Result<KnownInput> find_input(cases::Database& database, const std::string& path) {
  std::error_code error;
  if (path == "-" || !std::filesystem::is_regular_file(path, error)) {
    if (path != "-" && !std::filesystem::exists(path, error)) {
      return fail(Errc::not_found, path + ": No such file or directory");
    }
    return KnownInput{{.name = path, .head = {}, .head_bytes = 0, .is_stream = true}, {}};
  }
  const std::string name = std::filesystem::canonical(path, error).string();
  const auto rows = TRY(database.query(
      "SELECT head, state FROM intake_inputs WHERE name=:p0 ORDER BY rowid DESC", {name}));
  for (const cases::SqlRow& row : rows) {
    const Json value = TRY(parse_json(row.text(1)));
    KnownInput known{{.name = name, .head = row.text(0)}, TRY(from_json(value))};
    known.key.head_bytes = known.state.head_bytes;
    const std::string head = TRY(read_head(path, known.key.head_bytes));
    if (sha256(head).hex() == known.key.head) return known;
  }
  const std::string head = TRY(read_head(path, kHeadBytes));
  KnownInput fresh{{.name = name, .head = sha256(head).hex(), .head_bytes = head.size()}, {}};
  fresh.state.head_bytes = head.size();
  return fresh;
}

Result<std::vector<KnownInput>> known_inputs(cases::Database& database) {
  std::vector<KnownInput> out;
  const auto rows =
      TRY(database.query("SELECT name, head, state FROM intake_inputs ORDER BY rowid"));
  for (const cases::SqlRow& row : rows) {
    const Json value = TRY(parse_json(row.text(2)));
    KnownInput known{{.name = row.text(0), .head = row.text(1)}, TRY(from_json(value))};
    known.key.head_bytes = known.state.head_bytes;
    out.push_back(std::move(known));
  }
  return out;
}

Result<void> write_input(cases::Database& database, const InputKey& key, const InputState& state) {
  if (key.is_stream) return {};
  return database.run(
      "INSERT OR REPLACE INTO intake_inputs (name, head, state) VALUES (:p0,:p1,:p2)",
      {key.name, key.head, canonical_json(to_json(state))});
}

Result<void> write_bound(cases::Database& database, std::uint64_t run, std::int64_t bound_s) {
  for (KnownInput& input : TRY(known_inputs(database))) {
    if (input.state.run != run || input.state.bound_s == bound_s) continue;
    input.state.bound_s = bound_s;
    TRY_VOID(database.run("UPDATE intake_inputs SET state=:p0 WHERE name=:p1 AND head=:p2",
                          {canonical_json(to_json(input.state)), input.key.name, input.key.head}));
  }
  return {};
}

Result<void> load_seen(cases::Database& database, intake::SeenIds& seen) {
  for (const cases::SqlRow& row : TRY(database.query("SELECT ids FROM seen_ids ORDER BY seq"))) {
    const std::string bytes = TRY(base64_decode(row.text(0)));
    TRY_VOID(seen.load_delta(bytes));
  }
  return {};
}

Result<void> append_seen(cases::Database& database, intake::SeenIds& seen, Time newest) {
  const std::string delta = seen.take_delta();
  if (delta.empty()) return {};
  const std::int64_t newest_s = unix_seconds(newest);
  TRY_VOID(database.run("INSERT INTO seen_ids (newest, ids) VALUES (:p0,:p1)",
                        {newest_s, base64_encode(delta)}));
  // One day more than SeenIds keeps: a chunk may hold ids of several days.
  return database.run("DELETE FROM seen_ids WHERE newest < :p0",
                      {newest_s - (intake::SeenIds::kDaysKept + 1) * 86'400});
}

namespace {

// The windows lie in the store as one whole part and the changes since, in order of their names.
constexpr const char* kWindowParts =
    "SELECT name, length(state) FROM engine_state WHERE name='windows' OR name LIKE 'windows.%'"
    " ORDER BY name";

}  // namespace

Result<EngineLoad> load_engine(cases::Database& database, signals::Engine& engine,
                               signals::SignalTracker& tracker) {
  std::vector<std::string> parts;
  for (const cases::SqlRow& row : TRY(database.query(kWindowParts))) {
    parts.push_back(TRY(get_state(database, row.text(0))));
  }
  if (parts.empty()) return EngineLoad{};
  auto loaded = engine.load(parts);
  if (!loaded && loaded.error().code == Errc::conflict) return EngineLoad{.other_format = true};
  if (!loaded) return std::unexpected(std::move(loaded).error());
  const std::string open = TRY(get_state(database, "signals"));
  const auto tracked = tracker.load(open);
  if (!tracked && tracked.error().code != Errc::conflict) return std::unexpected(tracked.error());
  return EngineLoad{.counters_dropped = loaded->counters_dropped,
                    .events_dropped = loaded->events_dropped,
                    .other_format = loaded->other_format};
}

// Costs what has changed since the last commit; once the changes are as long as the whole was, the
// whole is written anew.
Result<void> save_windows(cases::Database& database, signals::Engine& engine) {
  std::int64_t whole = 0;
  std::int64_t changes = 0;
  std::size_t parts = 0;
  for (const cases::SqlRow& row : TRY(database.query(kWindowParts))) {
    (row.text(0) == "windows" ? whole : changes) += row.integer(1);
    ++parts;
  }
  if (changes < whole && parts < kWindowPartsMax) {
    std::string number = std::to_string(parts);
    number.insert(0, 6 - number.size(), '0');
    return put_state(database, "windows." + number, engine.save_changes());
  }
  TRY_VOID(database.run("DELETE FROM engine_state WHERE name LIKE 'windows.%'"));
  return put_state(database, "windows", engine.save());
}

Result<void> save_signals(cases::Database& database, const signals::SignalTracker& tracker) {
  return put_state(database, "signals", tracker.save());
}

Result<std::uint64_t> read_counter(cases::Database& database, const std::string& name) {
  const auto rows = TRY(database.query("SELECT value FROM meta WHERE name=:p0", {name}));
  if (rows.empty()) return std::uint64_t{0};
  return static_cast<std::uint64_t>(rows.front().integer(0));
}

Result<void> write_counter(cases::Database& database, const std::string& name,
                           std::uint64_t value) {
  return database.run("INSERT OR REPLACE INTO meta (name, value) VALUES (:p0,:p1)",
                      {name, std::to_string(value)});
}

}  // namespace proviso::server

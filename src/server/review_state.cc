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
                      {"head_bytes", s.head_bytes}};
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

Result<void> write_input(cases::Database& database, const InputKey& key, const InputState& state) {
  if (key.is_stream) return {};
  return database.run(
      "INSERT OR REPLACE INTO intake_inputs (name, head, state) VALUES (:p0,:p1,:p2)",
      {key.name, key.head, canonical_json(to_json(state))});
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

Result<EngineLoad> load_engine(cases::Database& database, signals::Engine& engine,
                               signals::SignalTracker& tracker) {
  const std::string windows = TRY(get_state(database, "windows"));
  const std::string open = TRY(get_state(database, "signals"));
  if (windows.empty()) return EngineLoad{};
  auto loaded = engine.load(windows);
  if (loaded) loaded = tracker.load(open);
  if (loaded) return EngineLoad{};
  if (loaded.error().code == Errc::conflict) return EngineLoad{.dropped = true};
  return std::unexpected(loaded.error());
}

Result<void> save_engine(cases::Database& database, const signals::Engine& engine,
                         const signals::SignalTracker& tracker) {
  TRY_VOID(put_state(database, "windows", engine.save()));
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

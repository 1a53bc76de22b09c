// SPDX-License-Identifier: Apache-2.0
#include "cases/register_store.h"

#include <map>
#include <vector>

#include "base/json_place.h"
#include "cases/register_change.h"

namespace proviso::cases {
namespace {

constexpr std::size_t kLineMax = 1U << 20U;

struct Line {
  std::size_t number = 0;
  std::string_view text;
  Json record;
};

// A register file, with the place of each record.
struct RegisterFile {
  std::string name;
  std::vector<Line> lines;
  std::map<std::string, std::size_t, std::less<>> by_key;  ///< into `lines`
  model::Register alone;                                   ///< its records and no others

  [[nodiscard]] const Line* find(const std::string& key) const {
    const auto it = by_key.find(key);
    return it == by_key.end() ? nullptr : &lines[it->second];
  }
  /// `path`: the member that is meant, as JsonReader names it; an error message will do.
  [[nodiscard]] std::unexpected<Error> wrong(const Line& line, std::string_view path,
                                             const Error& error) const {
    if (path.starts_with("register.")) path.remove_prefix(9);
    // The text is one line, so the place in it is "1:COLUMN".
    const std::string column = json_place(line.text, path).substr(1);
    return fail(error.code,
                name + ":" + std::to_string(line.number) + column + ": " + error.message);
  }
};

Result<void> take_line(RegisterFile& file, std::size_t number, std::string_view text) {
  auto record = parse_json(text, {.bytes_max = kLineMax, .depth_max = 8});
  if (!record) {
    // The parser counts from line 1 of its text; here that is this line.
    const std::string message = record.error().message;
    return fail(Errc::invalid_input,
                file.name + ":" + std::to_string(number) + message.substr(message.find(':')));
  }
  Line line{number, text, std::move(*record)};
  auto added = file.alone.add(line.record);
  if (!added) return file.wrong(line, added.error().message, added.error());
  std::string key = TRY(model::Register::key_of(line.record));
  // The same line again says nothing new.
  if (!file.by_key.emplace(std::move(key), file.lines.size()).second) return {};
  file.lines.push_back(std::move(line));
  return {};
}

Result<RegisterFile> parse_file(const std::string& name, std::string_view text) {
  RegisterFile file;
  file.name = name;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    TRY_VOID(take_line(file, number, line));
  }
  if (file.lines.empty()) {
    return fail(Errc::invalid_input, name + ":1:1: no record in the file (write JSON lines)");
  }
  return file;
}

// What the store has and will have.
struct Merge {
  model::Register before;
  model::Register after;
  std::vector<std::size_t> added;  ///< lines of the file
  struct Change {
    std::string was;  ///< the record, as it is stored
    std::size_t line = 0;
  };
  std::vector<Change> changed;
};

Result<Merge> merge(Database& database, const RegisterFile& file) {
  Merge out;
  for (const SqlRow& row : TRY(database.query("SELECT record FROM register ORDER BY seq"))) {
    const Json stored = TRY(parse_json(row.text(0)));
    TRY_VOID(out.before.add(stored));
    const std::string key = TRY(model::Register::key_of(stored));
    const Line* line = file.find(key);
    TRY_VOID(out.after.add(line != nullptr ? line->record : stored));
    if (line == nullptr || line->record == stored) continue;
    out.changed.push_back({row.text(0), static_cast<std::size_t>(line - file.lines.data())});
  }
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::size_t size = out.after.size();
    TRY_VOID(out.after.add(file.lines[i].record));
    if (out.after.size() > size) out.added.push_back(i);
  }
  return out;
}

// The line of the file that is to blame for what is wrong with a subscription: its own, else that
// of its unit or agreement, whichever the file has.
std::pair<const Line*, std::string_view> line_of_subscription(const RegisterFile& file,
                                                              const model::Register& reg,
                                                              const std::string& id,
                                                              std::string_view member) {
  if (const Line* own = file.find("subscription/" + id)) return {own, member};
  const model::Subscription* s = reg.subscription(id);
  if (s == nullptr) return {nullptr, {}};
  if (const Line* unit = file.find("unit/" + s->unit.value)) return {unit, "customer"};
  return {file.find("agreement/" + s->agreement.value), "customer"};
}

Result<void> check_references(const RegisterFile& file, const model::Register& after) {
  const auto problem = after.problem();
  if (!problem) return {};
  Error error{Errc::invalid_input, problem->member + ": " + problem->what};
  const std::string_view key = problem->key;
  if (const Line* line = file.find(problem->key)) return file.wrong(*line, problem->member, error);
  const std::string id(key.substr(key.find('/') + 1));
  const auto [line, member] = line_of_subscription(file, after, id, problem->member);
  if (line == nullptr) return fail_in(file.name + ":1:1", error);
  return file.wrong(*line, member, error);
}

// I3, I4: what people decide about a subscription must not come to be about another customer.
Result<void> check_moves(Record& record, const RegisterFile& file, const Merge& merged_registers) {
  const auto held = TRY(held_subscription(record, merged_registers.before, merged_registers.after));
  if (!held) return {};
  Error error{Errc::conflict,
              "a subscription would go to another customer while a case or an order is about it "
              "(I4: close the case, lift or let end the order, then load it)"};
  const auto [line, member] = line_of_subscription(file, merged_registers.after, *held, "unit");
  if (line == nullptr) return fail_in(file.name + ":1:1", error);
  return file.wrong(*line, member, error);
}

Result<void> write(Record& record, const RegisterFile& file, const Merge& m,
                   const std::string& digest) {
  Json::Array replaced;
  for (const Merge::Change& change : m.changed) {
    TRY_VOID(record.database().run("UPDATE register SET record=:p0 WHERE record=:p1",
                                   {canonical_json(file.lines[change.line].record), change.was}));
    Json was = TRY(parse_json(change.was));
    replaced.push_back(std::move(was));
  }
  for (const std::size_t i : m.added) {
    TRY_VOID(record.database().run("INSERT INTO register (record) VALUES (:p0)",
                                   {canonical_json(file.lines[i].record)}));
  }
  record.entry(model::entry_kind::register_loaded, Json::Object{},
               Json::Object{{"digest", digest},
                            {"records", static_cast<std::int64_t>(file.lines.size())},
                            {"added", static_cast<std::int64_t>(m.added.size())},
                            {"replaced", std::move(replaced)}});
  return {};
}

}  // namespace

Result<model::Register> read_register(Database& database) {
  model::Register reg;
  for (const SqlRow& row : TRY(database.query("SELECT record FROM register ORDER BY seq"))) {
    const Json record = TRY(parse_json(row.text(0)));
    TRY_VOID(reg.add(record));
  }
  return reg;
}

Result<RegisterLoad> load_register(Record& record, const std::string& file_name,
                                   std::string_view text) {
  const RegisterFile file = TRY(parse_file(file_name, text));
  const Merge m = TRY(merge(record.database(), file));
  TRY_VOID(check_references(file, m.after));
  TRY_VOID(check_moves(record, file, m));
  RegisterLoad load{file.lines.size(), m.added.size(), m.changed.size(),
                    TRY(attachable_cases(record.database(), m.after))};
  if (load.added + load.changed + load.attached == 0) return load;
  const auto body = [&]() -> Result<void> {
    TRY_VOID(write(record, file, m, sha256(text).hex()));
    TRY_VOID(attach_cases(record, m.after));
    return keep_protected_classes(record, m.before, m.after);
  };
  TRY_VOID(record.change(body));
  return load;
}

}  // namespace proviso::cases

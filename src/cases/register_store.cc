// SPDX-License-Identifier: Apache-2.0
#include "cases/register_store.h"

#include <vector>

namespace proviso::cases {
namespace {

constexpr std::size_t kLineMax = 65'536;

struct Line {
  std::size_t number;
  Json record;
};

Result<std::vector<Line>> parse_lines(const std::string& file_name, std::string_view text) {
  std::vector<Line> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line == "\r") continue;
    auto record = parse_json(line, {.bytes_max = kLineMax, .depth_max = 8});
    if (!record) {
      // The parser counts from line 1 of its text; here that is this line.
      const std::string message = record.error().message;
      return fail(Errc::invalid_input,
                  file_name + ":" + std::to_string(number) + message.substr(message.find(':')));
    }
    lines.push_back({number, std::move(*record)});
  }
  if (lines.empty()) {
    return fail(Errc::invalid_input, file_name + ":1:1: no record in the file (write JSON lines)");
  }
  return lines;
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

Result<std::size_t> load_register(Record& record, const std::string& file_name,
                                  std::string_view text) {
  const std::vector<Line> lines = TRY(parse_lines(file_name, text));
  model::Register reg = TRY(read_register(record.database()));
  for (const Line& line : lines) {
    const auto added = reg.add(line.record);
    if (!added) {
      return fail(added.error().code,
                  file_name + ":" + std::to_string(line.number) + ":1: " + added.error().message);
    }
  }
  const auto complete = reg.finish();
  if (!complete) return fail_in(file_name, complete.error());
  const auto body = [&]() -> Result<void> {
    for (const Line& line : lines) {
      TRY_VOID(record.database().run("INSERT OR IGNORE INTO register (record) VALUES (:p0)",
                                     {canonical_json(line.record)}));
    }
    record.entry(model::entry_kind::register_loaded, Json::Object{},
                 Json::Object{{"digest", sha256(text).hex()},
                              {"records", static_cast<std::int64_t>(lines.size())}});
    return {};
  };
  TRY_VOID(record.change(body));
  return lines.size();
}

}  // namespace proviso::cases

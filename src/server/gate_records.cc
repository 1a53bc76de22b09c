// SPDX-License-Identifier: Apache-2.0
#include "server/gate_records.h"

#include <algorithm>
#include <optional>

#include "base/json.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kKeysBytesMax = 1U << 20U;
constexpr std::uint64_t kFileBytes = 16U << 20U;
constexpr std::uint64_t kFileBytesMax = 4 * kFileBytes;

std::string path_in(const std::string& dir) { return dir + "/statements.jsonl"; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

std::optional<GateRecordFile::Line> parse_line(std::string_view text) {
  const auto document = parse_json(text);
  if (!document) return std::nullopt;
  JsonReader reader(*document);
  std::string note = reader.string("note");
  const auto received_at = parse_time(reader.string("received_at"));
  if (!reader.finish() || !received_at) return std::nullopt;
  return GateRecordFile::Line{*received_at, std::move(note)};
}

std::string format_line(const GateRecordFile::Line& line) {
  return canonical_json(
             Json::Object{{"note", line.note}, {"received_at", format_time(line.received_at)}}) +
         "\n";
}

// By the name that each claims.
Result<std::map<std::string, GateRecordFile::Line, std::less<>>> latest_lines(
    FileSystem& fs, const std::string& path) {
  std::map<std::string, GateRecordFile::Line, std::less<>> out;
  if (!fs.exists(path)) return out;
  const std::string text = TRY(fs.read(path, kFileBytesMax));
  for (const std::string_view each : lines_of(text)) {
    auto line = parse_line(each);
    const auto name = line ? gates::claimed_gate(line->note) : Result<std::string>("");
    if (line && name) out.insert_or_assign(*name, *std::move(line));
  }
  return out;
}

}  // namespace

Result<GateKeys> read_gate_keys(FileSystem& fs, const std::string& file) {
  GateKeys out;
  if (!fs.exists(file)) return out;
  const std::string text = TRY(fs.read(file, kKeysBytesMax));
  std::size_t number = 0;
  for (const std::string_view whole : lines_of(text)) {
    ++number;
    const std::string_view line = trimmed(whole);
    if (line.empty()) continue;
    const auto key = ledger::NoteVerifier::parse(line);
    if (!key) return fail_in(file + ":" + std::to_string(number) + ":1", key.error());
    if (!out.emplace(key->name, *key).second) {
      return fail(Errc::invalid_input, file + ":" + std::to_string(number) + ":1: the gate " +
                                           key->name + " stands here twice");
    }
  }
  return out;
}

Result<void> GateRecordFile::open() {
  TRY_VOID(fs_.make_directories(dir_));
  const std::string path = path_in(dir_);
  bytes_ = fs_.exists(path) ? TRY(fs_.open_read(path))->size() : 0;
  file_ = TRY(fs_.open_append(path));
  // What a crash left of a line must not take the next one with it.
  auto ended = bytes_ == 0 ? Result<void>() : file_->append("\n");
  if (!ended) file_.reset();
  return ended;
}

Result<void> GateRecordFile::append(const std::vector<Line>& lines) {
  if (lines.empty()) return {};
  if (!file_) TRY_VOID(open());
  std::string text;
  for (const Line& line : lines) text += format_line(line);
  auto kept = file_->append(text);
  if (kept) kept = file_->sync();
  bytes_ += text.size();
  if (!kept) {
    file_.reset();
    return kept;
  }
  return bytes_ < kFileBytes ? kept : make_anew();
}

Result<void> GateRecordFile::make_anew() {
  file_.reset();
  std::string text;
  for (const auto& [name, line] : TRY(latest_lines(fs_, path_in(dir_)))) text += format_line(line);
  return fs_.write_durable(path_in(dir_), text);
}

Result<GateRecords> GateRecordFile::read(FileSystem& fs, const std::string& dir,
                                         const GateKeys& keys) {
  GateRecords out;
  const auto lines = TRY(latest_lines(fs, path_in(dir)));
  for (const auto& [name, key] : keys) {
    const auto line = lines.find(name);
    if (line == lines.end()) continue;
    auto statement = gates::open_statement(line->second.note, key);
    if (!statement) continue;
    out.emplace(name,
                GateRecord{*std::move(statement), line->second.received_at, line->second.note});
  }
  return out;
}

}  // namespace proviso::server

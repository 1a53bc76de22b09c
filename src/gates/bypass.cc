// SPDX-License-Identifier: Apache-2.0
#include "gates/bypass.h"

#include <algorithm>

#include "base/json.h"

namespace proviso::gates {
namespace {

constexpr std::uint64_t kFileMax = 64U << 10U;

std::string file_of(const std::string& state_dir) { return state_dir + "/bypass.json"; }

Json to_json(const Bypass& bypass) {
  return Json::Object{{"version", 1},
                      {"since", format_time(bypass.since)},
                      {"until", format_time(bypass.until)},
                      {"reason", bypass.reason}};
}

Result<Bypass> from_json(const Json& document) {
  JsonReader reader(document);
  if (reader.integer("version") != 1) reader.fail_at("version", "is not 1");
  Bypass out;
  out.reason = reader.string("reason");
  for (const auto& [name, time] : {std::pair("since", &out.since), {"until", &out.until}}) {
    const auto parsed = parse_time(reader.string(name));
    if (parsed) {
      *time = *parsed;
    } else {
      reader.fail_at(name, "no time");
    }
  }
  TRY_VOID(reader.finish());
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A line of the history, on disk before the bypass itself changes: a gap that happened is on
// record.
Result<void> record(FileSystem& fs, const std::string& state_dir, std::string_view what, Time now,
                    const Bypass& bypass) {
  const auto file = TRY(fs.open_append(state_dir + "/bypass-history.jsonl"));
  Json line = to_json(bypass);
  line.if_object()->emplace("event", what);
  line.if_object()->emplace("at", format_time(now));
  TRY_VOID(file->append(canonical_json(line) + "\n"));
  return file->sync();
}

}  // namespace

Result<void> begin_bypass(FileSystem& fs, const std::string& state_dir, Time now, Duration span,
                          std::string_view reason) {
  if (span < std::chrono::seconds(1) || span > kBypassMax) {
    return fail(Errc::invalid_input,
                "a bypass lasts from 1 second to 24 hours; begin it again then");
  }
  if (reason.empty() || reason.size() > kBypassReasonMax || has_control(reason)) {
    return fail(Errc::invalid_input, "a bypass has a reason, one line of at most 500 bytes");
  }
  const Bypass bypass{floor_second(now), floor_second(now + span), std::string(reason)};
  TRY_VOID(record(fs, state_dir, "begin", now, bypass));
  return fs.write_durable(file_of(state_dir), pretty_json(to_json(bypass)) + "\n");
}

Result<void> end_bypass(FileSystem& fs, const std::string& state_dir, Time now) {
  const auto running = TRY(read_bypass(fs, state_dir, now));
  if (running) {
    // Over before the record says so: a crash between leaves a gap on record that is too long,
    // never one that goes on unseen.
    Bypass over = *running;
    over.until = floor_second(now);
    TRY_VOID(fs.write_durable(file_of(state_dir), pretty_json(to_json(over)) + "\n"));
    TRY_VOID(record(fs, state_dir, "end", now, *running));
  }
  return fs.exists(file_of(state_dir)) ? fs.remove(file_of(state_dir)) : Result<void>();
}

Result<std::optional<Bypass>> read_bypass(FileSystem& fs, const std::string& state_dir, Time now) {
  const std::string path = file_of(state_dir);
  if (!fs.exists(path)) return std::optional<Bypass>();
  const auto read = [&]() -> Result<Bypass> {
    const std::string text = TRY(fs.read(path, kFileMax));
    return from_json(TRY(parse_json(text)));
  };
  auto bypass = read();
  if (!bypass) return fail_in(path, {Errc::corrupt, bypass.error().message});
  // A file that says more than a bypass may be is not believed for longer.
  const Time until = std::min(bypass->until, bypass->since + kBypassMax);
  if (now >= until) return std::optional<Bypass>();
  return std::optional(*std::move(bypass));
}

}  // namespace proviso::gates

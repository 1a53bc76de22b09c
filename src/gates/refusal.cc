// SPDX-License-Identifier: Apache-2.0
#include "gates/refusal.h"

#include <array>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace proviso::gates {
namespace {

using model::Outcome;

constexpr std::array<std::pair<Mode, std::string_view>, 4> kModes = {{{Mode::enforce, "enforce"},
                                                                      {Mode::observe, "observe"},
                                                                      {Mode::bypass, "bypass"},
                                                                      {Mode::shadow, "shadow"}}};
constexpr std::array<std::pair<Kept, std::string_view>, 3> kKept = {
    {{Kept::whole, "whole"}, {Kept::cut, "cut"}, {Kept::by_key, "by-key"}}};

template <class Enum, std::size_t N>
void read_name(JsonReader& reader, std::string_view member, const std::string& text,
               const std::array<std::pair<Enum, std::string_view>, N>& names, Enum& out) {
  for (const auto& [value, name] : names) {
    if (name != text) continue;
    out = value;
    return;
  }
  reader.fail_at(member, "is none of those that there are");
}

std::string time_text(std::int64_t seconds) { return format_time(from_unix_seconds(seconds)); }

// In whole seconds and UTC, one text for each time.
std::int64_t read_seconds(JsonReader& reader, std::string_view member) {
  const std::string text = reader.string(member);
  const auto time = parse_time(text);
  if (time && format_time(*time) == text) return unix_seconds(*time);
  reader.fail_at(member, "no time such as 2026-11-23T12:00:00Z");
  return 0;
}

void read_basis(JsonReader& reader, Answer& answer) {
  const std::int64_t size = reader.integer("snapshot");
  if (size < 1) reader.fail_at("snapshot", "is no version");
  answer.basis = Basis::snapshot;
  answer.snapshot_size = static_cast<std::uint64_t>(size);
  answer.snapshot_made_at = from_unix_seconds(read_seconds(reader, "made_at"));
  const auto order = Digest::from_hex(reader.string("order"));
  if (order) {
    answer.order = *order;
  } else {
    reader.fail_at("order", order.error().message);
  }
}

void read_judgement(JsonReader& reader, Answer& answer) {
  const auto effect = model::parse_effect(reader.string("effect"));
  if (effect) {
    answer.effect = *effect;
  } else {
    reader.fail_at("effect", effect.error().message);
  }
  constexpr std::array<std::pair<Outcome, std::string_view>, 2> kJudged = {
      {{Outcome::no, "refused"}, {Outcome::limited, "limited"}}};
  read_name(reader, "judged", reader.string("judged"), kJudged, answer.judged);
  read_name(reader, "mode", reader.string("mode"), kModes, answer.mode);
  answer.outcome = answer.mode == Mode::enforce ? answer.judged : Outcome::yes;
  if (answer.judged != Outcome::limited) return;
  const std::int64_t rate = reader.integer("rate");
  if (rate < 1 || rate > 1'000'000) reader.fail_at("rate", "is not 1 to 1,000,000");
  answer.rate_per_second = static_cast<std::uint32_t>(rate);
}

// A text that is no UTF-8 has no JSON.
Json text_of(const std::string& text, Kept& kept) {
  if (is_utf8(text)) return text;
  kept = Kept::cut;
  return printable(text);
}

}  // namespace

std::string_view to_string(Kept kept) {
  for (const auto& [value, name] : kKept) {
    if (value == kept) return name;
  }
  return "cut";
}

std::string write_refusal(const Refusal& refusal) {
  const Answer& answer = refusal.answer;
  Kept kept = refusal.kept;
  Json::Object out{{"version", 1},
                   {"at", time_text(refusal.at.one)},
                   {"effect", model::to_string(answer.effect)},
                   {"judged", answer.judged == Outcome::limited ? "limited" : "refused"},
                   {"mode", to_string(answer.mode)},
                   {"subscription", text_of(refusal.subscription, kept)},
                   {"service", text_of(refusal.service, kept)},
                   {"operation", text_of(refusal.operation, kept)}};
  if (refusal.at.other != refusal.at.one) out.emplace("or_at", time_text(refusal.at.other));
  if (answer.judged == Outcome::limited) {
    out.emplace("rate", static_cast<std::int64_t>(answer.rate_per_second));
  }
  if (!refusal.region.empty()) out.emplace("region", text_of(refusal.region, kept));
  if (!refusal.resource.empty()) out.emplace("resource", text_of(refusal.resource, kept));
  if (answer.basis == Basis::snapshot) {
    out.emplace("snapshot", answer.snapshot_size);
    out.emplace("made_at", format_time(answer.snapshot_made_at));
    out.emplace("order", answer.order.hex());
  }
  if (kept != Kept::whole) out.emplace("kept", to_string(kept));
  return canonical_json(std::move(out)) + "\n";
}

Result<Refusal> parse_refusal(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const Json document = TRY(parse_json(line, {.bytes_max = kRefusalLineMax, .depth_max = 2}));
  JsonReader reader(document);
  if (reader.integer("version") != 1) reader.fail_at("version", "is not 1");
  Refusal out;
  out.at.one = read_seconds(reader, "at");
  out.at.other = document.find("or_at") == nullptr ? out.at.one : read_seconds(reader, "or_at");
  read_judgement(reader, out.answer);
  if (document.find("snapshot") != nullptr) read_basis(reader, out.answer);
  if (out.answer.mode == Mode::shadow && out.answer.basis == Basis::none) {
    reader.fail_at("mode", "is shadow, and no snapshot has the order");
  }
  out.subscription = reader.string("subscription");
  out.service = reader.string("service");
  out.operation = reader.string("operation");
  out.region = reader.string_or("region", "");
  out.resource = reader.string_or("resource", "");
  read_name(reader, "kept", reader.string_or("kept", "whole"), kKept, out.kept);
  TRY_VOID(reader.finish());
  return out;
}

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "model/effect.h"

#include <charconv>

namespace proviso::model {
namespace {

constexpr std::array<std::string_view, kActionClassCount> kClasses = {"read",  "write",  "compute",
                                                                      "admin", "export", "other"};
constexpr std::uint32_t kRateMax = 1'000'000;

using enum Outcome;
// Rows: throttle, read-only, export-only, deny. Columns: read, write, compute, admin, export,
// other.
constexpr std::array<std::array<Outcome, kActionClassCount>, 4> kTable = {{
    {limited, limited, limited, limited, yes, limited},
    {yes, no, no, no, yes, no},
    {no, no, no, no, yes, no},
    {no, no, no, no, no, no},
}};

Result<Effect> parse_throttle(std::string_view text) {
  const std::string_view rate = text.substr(std::string_view("throttle=").size());
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(rate.data(), rate.data() + rate.size(), n);
  const std::string_view rest(end, static_cast<std::size_t>(rate.data() + rate.size() - end));
  if (error != std::errc{} || rest != "/s" || n == 0 || n > kRateMax || rate[0] == '0') {
    return fail(Errc::invalid_input, "a throttle is written throttle=N/s with N from 1 to 1000000");
  }
  return Effect{EffectKind::throttle, n};
}

}  // namespace

std::string_view to_string(ActionClass c) { return kClasses[static_cast<std::size_t>(c)]; }

std::optional<ActionClass> parse_action_class(std::string_view text) {
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    if (kClasses[i] == text) return static_cast<ActionClass>(i);
  }
  return std::nullopt;
}

std::string to_string(const Effect& effect) {
  switch (effect.kind) {
    case EffectKind::allow: return "allow";
    case EffectKind::throttle: return "throttle=" + std::to_string(effect.rate_per_second) + "/s";
    case EffectKind::read_only: return "read-only";
    case EffectKind::export_only: return "export-only";
    case EffectKind::deny: return "deny";
  }
  return "deny";
}

Result<Effect> parse_effect(std::string_view text) {
  if (text == "allow") return Effect{};
  if (text == "read-only") return Effect{EffectKind::read_only, 0};
  if (text == "export-only") return Effect{EffectKind::export_only, 0};
  if (text == "deny") return Effect{EffectKind::deny, 0};
  if (text.starts_with("throttle=")) return parse_throttle(text);
  return fail(Errc::invalid_input, "no such effect (deny, read-only, export-only or throttle=N/s)");
}

bool stricter(const Effect& a, const Effect& b) {
  if (a.kind != b.kind) return a.kind > b.kind;
  return a.kind == EffectKind::throttle && a.rate_per_second < b.rate_per_second;
}

Outcome outcome(EffectKind effect, ActionClass c) {
  if (effect == EffectKind::allow) return yes;
  return kTable[static_cast<std::size_t>(effect) - 1][static_cast<std::size_t>(c)];
}

}  // namespace proviso::model

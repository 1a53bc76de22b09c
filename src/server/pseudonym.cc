// SPDX-License-Identifier: Apache-2.0
#include "server/pseudonym.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace proviso::server {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kDigits = 12;
// A list of what may be seen and not of what may not: a field that is added to a policy tomorrow is
// hidden until somebody says that it may be shown.
constexpr std::array<std::string_view, 8> kHarmless = {
    "provider", "service",       "service_category", "operation",
    "region",   "resource_type", "status",           "action_class"};

std::string key_or_random(std::string key) {
  if (!key.empty()) return key;
  SystemRandom random;
  return random.bytes(kKeyBytes);
}

}  // namespace

Pseudonyms::Pseudonyms(std::string key) : hash_(key_or_random(std::move(key))) {}

std::string Pseudonyms::of(std::string_view identifier) const {
  return "p-" + hash_("pseudonym\n" + std::string(identifier)).hex().substr(0, kDigits);
}

bool Pseudonyms::is_harmless(std::string_view field) {
  return std::ranges::find(kHarmless, field) != kHarmless.end();
}

std::string Pseudonyms::group_text(const std::vector<signals::GroupValue>& group) const {
  std::string out;
  for (const signals::GroupValue& v : group) {
    if (!out.empty()) out += " ";
    out += v.name + "=" + (is_harmless(v.name) || v.text.empty() ? v.text : of(v.text));
  }
  return out.empty() ? "all" : out;
}

}  // namespace proviso::server

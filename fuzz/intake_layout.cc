// SPDX-License-Identifier: Apache-2.0
// Differential: the lines of the input are records of our format. One decoder sees them all and
// learns their layouts; for each a fresh one, which has none, must say the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "intake/decoder.h"

using namespace proviso;
using namespace proviso::intake;

namespace {

constexpr std::size_t kLinesMax = 32;

// Exactly as large as what may be read, so that a read beyond it is found.
std::vector<char> padded(std::string_view line) {
  std::vector<char> bytes(line.begin(), line.end());
  bytes.resize(line.size() + 64);
  return bytes;
}

bool same(const model::UsageEvent& a, const model::UsageEvent& b) {
  const auto texts = [](const model::UsageEvent& e) {
    return std::vector{
        e.id,     e.provider,         e.billing_account, e.subscription,  e.service,
        e.region, e.service_category, e.operation,       e.resource_type, e.resource_ref,
        e.status};
  };
  if (texts(a) != texts(b) || a.window_start != b.window_start || a.window_end != b.window_end ||
      a.count != b.count || a.amounts_count != b.amounts_count || a.kept.size() != b.kept.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.amounts_count; ++i) {
    if (a.amounts[i].unit != b.amounts[i].unit || a.amounts[i].value != b.amounts[i].value) {
      return false;
    }
  }
  for (std::size_t i = 0; i < a.kept.size(); ++i) {
    if (a.kept[i].name != b.kept[i].name || a.kept[i].text != b.kept[i].text) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto policies =
      load_field_policies(real_file_system(), PROVISO_SOURCE_DIR "/contract/field_policy");
  if (!policies) return 0;
  const FieldPolicy& policy = *policies->find("proviso-usage");
  const DecodeOptions options{.hash_key = "0123456789abcdef",
                              .wanted = {"data.region", "time"},
                              .subscription = "",
                              .format = ""};
  Decoder learned = *Decoder::make(policy, options);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (std::size_t lines = 0; lines < kLinesMax && !rest.empty(); ++lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::vector<char> one = padded(rest.substr(0, end));
    std::vector<char> two = one;
    rest.remove_prefix(std::min(end + 1, rest.size()));
    Decoder fresh = *Decoder::make(policy, options);
    model::UsageEvent a;
    model::UsageEvent b;
    const std::string problem(learned.decode({one.data(), end}, a));
    if (problem != fresh.decode({two.data(), end}, b)) std::abort();
    if (problem.empty() && !same(a, b)) std::abort();
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "preview_words.h"

#include "base/text/format.h"

namespace proviso::cmd {
namespace {

constexpr std::size_t kUntouchedShown = 20;

std::int64_t number(const Json& line, std::string_view name) { return *line.find(name)->if_int(); }

std::string affected_in_words(const Json& line) {
  std::string out = format("  {}/{}: {} requests refused, {} limited, {} let through",
                           *line.find("subscription")->if_string(),
                           *line.find("service")->if_string(), number(line, "requests_refused"),
                           number(line, "requests_limited"), number(line, "requests_allowed"));
  for (const auto& [unit, n] : *line.find("quantities_refused")->if_object()) {
    out += format(", {} {}", *n.if_int(), unit);
  }
  if (*line.find("upper_bound")->if_bool()) out += " (of the whole service: an upper bound)";
  if (*line.find("saturated")->if_bool()) out += " (OR MORE: a figure is beyond 2^53)";
  return out + "\n";
}

}  // namespace

std::string preview_in_words(const Json& p) {
  std::string out = "impact on the last 30 days of recorded usage, at the strictest stage:\n";
  for (const Json& line : *p.find("affected")->if_array()) out += affected_in_words(line);
  if (p.find("affected")->if_array()->empty()) out += "  no recorded usage lies in the scope\n";
  const Json::Array& untouched = *p.find("untouched")->if_array();
  for (const Json& line : untouched) {
    if (&line - untouched.data() == static_cast<std::ptrdiff_t>(kUntouchedShown)) {
      out += format("  ... and {} more, untouched (all with --json)\n",
                    untouched.size() - kUntouchedShown);
      break;
    }
    out += format("  {}/{}: untouched, {} requests{}\n", *line.find("subscription")->if_string(),
                  *line.find("service")->if_string(), number(line, "requests_allowed"),
                  *line.find("saturated")->if_bool() ? " OR MORE" : "");
  }
  return out;
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// A record and rules over it: the fast matcher and its slow twin must agree on all JSON, and the
// fast one must survive everything else. Input: a record, a zero byte, more records ...
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "rules/evaluate.h"
#include "rules/json_matcher.h"
#include "rules/load.h"
#include "rules/testing/dom_event.h"

namespace {

using namespace proviso::rules;

constexpr const char* kRules = R"(title: exact
logsource: {product: p}
detection: {s: {a: alpha, a.b: ['403', 'true', '{"n":1}', '']}, condition: 1 of s}
---
title: parts
logsource: {product: p}
detection:
  s: {a.b|contains: lph, c|endswith: 'É'}
  t: {b|re: 'al+pha', c|re: '(?i)kk'}
  condition: s or t
---
title: words
logsource: {product: p}
detection: {k: [alpha, 'b?t', '1000.0', '3"', 403], condition: k}
---
title: what is not there
logsource: {product: p}
detection:
  n: {a: null}
  e: {a.b.c|exists: true}
  condition: not n and not e
)";

std::shared_ptr<const Program> program() {
  static const auto kProgram = compile_rules({{"fuzz.yml", kRules}}, nullptr).program;
  if (!kProgram) std::abort();
  return kProgram;
}

// Exactly as many bytes behind the record as the contract asks for.
void compare(std::string_view record) {
  static JsonMatcher fast(program(), Routing::off);
  static DomEvent slow(program());
  static simdjson::dom::parser parser;
  const auto memory = std::make_unique<char[]>(record.size() + JsonTokens::kPadding);
  std::copy(record.begin(), record.end(), memory.get());
  const auto matched = fast.match({memory.get(), record.size()});
  simdjson::dom::object object;
  if (parser.parse(record.data(), record.size()).get_object().get(object)) return;
  if (!matched) return;  // arrays nested deeper than the fast way reads
  slow.reset(object);
  std::size_t next = 0;
  for (std::size_t i = 0; i < program()->rules().size(); ++i) {
    const bool holds = evaluate(*program()->expression(RuleIndex(i)), slow);
    const bool found = next < matched->size() && index((*matched)[next]) == i;
    if (holds != found) std::abort();
    next += found ? 1U : 0U;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    compare(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}

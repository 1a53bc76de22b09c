// SPDX-License-Identifier: Apache-2.0
// Any bytes as a pipeline: it is refused with a place, or runs over rules, a filter and a
// correlation with everything that pipelines change. Never falls over.
#include <cstddef>
#include <cstdint>
#include <string>

#include "rules/load.h"
#include "rules/pipeline.h"

namespace {

constexpr const char* kRules = R"(title: t
name: r
level: high
tags: [attack.t1078]
date: 2026-01-01
logsource: {product: p, service: s}
detection:
  a: {f: [a, 'b*', null, 5], g|expand: '%x%-%y%', h|fieldref|neq: f, i|re|expand: '%x%'}
  b: [keyword, '?']
  condition: a and not b
---
title: f
logsource: {product: p}
filter: {rules: any, s: {f|windash: ' -a', t|hour|gte: 5}, condition: not s}
---
title: c
correlation: {type: value_count, rules: [r], group-by: [f, u], aliases: {u: {r: g}}, timespan: 1m,
  condition: {field: h, gte: 2}}
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  proviso::rules::Diagnostics diagnostics;
  const auto pipelines = proviso::rules::Pipelines::read({{"fuzz.yml", text}}, diagnostics);
  if (!pipelines) return 0;
  const auto loaded =
      proviso::rules::compile_rules({{"rules.yml", kRules}}, nullptr, {}, &*pipelines);
  if (loaded.program) (void)loaded.program->dump();
  return 0;
}

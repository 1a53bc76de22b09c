// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "intake/usage_reader.h"

namespace proviso::intake::testing {

inline const FieldPolicies& shipped_policies() {
  static const FieldPolicies policies = [] {
    auto loaded =
        load_field_policies(real_file_system(), PROVISO_SOURCE_DIR "/contract/field_policy");
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    return loaded ? std::move(*loaded) : FieldPolicies();
  }();
  return policies;
}

inline DecodeOptions options_with(std::vector<std::string> wanted = {}) {
  return {.hash_key = "0123456789abcdef",
          .wanted = std::move(wanted),
          .subscription = "",
          .format = ""};
}

/// Everything that came out of a reader, as text; what a test searches for canaries.
struct Output {
  std::vector<std::string> events;  ///< canonical fields and kept, joined by '|'
  std::vector<Reject> rejects;
  std::string error;
  std::string format;
  [[nodiscard]] std::string all() const {
    std::string text = error + format;
    for (const auto& e : events) text += e + "\n";
    for (const auto& r : rejects) text += r.reason + "\n";
    return text;
  }
};

inline std::string text_of(const model::UsageEvent& e) {
  std::string out;
  for (const auto field :
       {e.id, e.provider, e.billing_account, e.subscription, e.service, e.service_category,
        e.operation, e.region, e.resource_type, e.resource_ref, e.status}) {
    out.append(field).append("|");
  }
  out += format_time_exact(e.window_start) + "|" + format_time_exact(e.window_end) + "|" +
         std::to_string(e.count);
  for (const auto& a : e.used()) {
    out += "|" + std::string(a.unit) + "=" + std::to_string(a.value);
  }
  for (const auto& k : e.kept) out.append("|").append(k.name).append(":").append(k.text);
  return out;
}

inline Output drain(Result<UsageReader> reader) {
  Output out;
  if (!reader) {
    out.error = reader.error().message;
    return out;
  }
  model::UsageEvent event;
  Reject reject;
  for (;;) {
    auto outcome = reader->next(event, reject);
    if (!outcome) out.error = outcome.error().message;
    if (!outcome || *outcome == Outcome::end) break;
    if (*outcome == Outcome::event) out.events.push_back(text_of(event));
    if (*outcome == Outcome::reject) out.rejects.push_back(reject);
  }
  out.format = reader->format();
  return out;
}

inline Output read_text(std::string text, const DecodeOptions& options = options_with()) {
  return drain(UsageReader::open(*ByteSource::from_memory("in", std::move(text)),
                                 shipped_policies(), options));
}

}  // namespace proviso::intake::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "model/testing/people.h"

// Three witnesses for tests, of whom two are asked for.
namespace proviso::gates::testing {

inline ledger::CosignerKey witness_key(const std::string& name) {
  return {name, model::testing::key_of("witness " + name).public_key()};
}

/// A policy: two of oslo, lima and cairo.
inline std::string two_of_three() {
  std::string out;
  for (const char* name : {"oslo", "lima", "cairo"}) {
    out += std::string("witness ") + name + " " + witness_key(name).format() + "\n";
  }
  return out + "group two 2 oslo lima cairo\nquorum two\n";
}

/// The line of `name` below `note`.
inline std::string cosignature(std::string_view note, const std::string& name) {
  const auto text = note.substr(0, note.rfind("\n\n") + 1);
  return ledger::cosign(name, model::testing::key_of("witness " + name), text,
                        model::testing::at("2026-11-08T00:00:00Z"));
}

/// A line that says it is of `name`, and is made by another key.
inline std::string forged_cosignature(std::string_view note, const std::string& name) {
  auto lines = ledger::parse_signature_lines(cosignature(note, "mallory")).value();
  lines.front().name = name;
  lines.front().key_id = witness_key(name).key_id();
  return ledger::format_signature_line(lines.front());
}

}  // namespace proviso::gates::testing

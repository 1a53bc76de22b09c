// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cases/casework.h"

namespace proviso::cases {

/// A signal as it is stored. A shadow's has no case.
struct SignalRow {
  std::string id;
  std::string case_id;
  Json document;
  Json figures;
};

/// All signals that opened or joined a case, or of shadow rules, by id.
enum class SignalKind : std::uint8_t { raised, shadow };
Result<std::vector<SignalRow>> list_signals(Database& database, SignalKind kind);
/// By id or a unique beginning of one of eight digits or more. not_found, or invalid_input where it
/// is not unique.
Result<SignalRow> find_signal(Database& database, const std::string& id);

/// Inside a Record::change. A shadow's signal opens no case, is no evidence and no entry; a known
/// one only gets its figures updated.
Result<void> put_shadow_signal(Database& database, const SignalInput& signal);

}  // namespace proviso::cases

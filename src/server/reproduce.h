// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cases/signal_store.h"
#include "server/data_folder.h"

namespace proviso::server {

/// What came of making a signal again from its logs.
struct Reproduction {
  /// The bytes of the stored signal, and of the one that was made anew (empty where none came).
  std::string stored;
  std::string made;
  /// In words, each with its member: what differs, and what stands in the way of the same bytes.
  std::vector<std::string> differences;
  /// What has changed since, though it made no difference: the register, the rulebook in force.
  std::vector<std::string> remarks;
  [[nodiscard]] bool same() const { return !made.empty() && made == stored; }
};

/// The canonical bytes of a stored signal: {"document","figures"}.
std::string signal_bytes(const cases::SignalRow& row);

struct ReproduceInputs {
  std::vector<std::string> logs;  ///< in any order: each is known by its beginning
  std::string format;             ///< as ReviewOptions
  std::string subscription;
};

/// Re-runs the rulebook, the field policy and the catalogue that the signal names over the records
/// that it names, from empty windows. Errors: not_found where a document was not kept; what cannot
/// be read.
Result<Reproduction> reproduce(DataFolder& folder, const cases::SignalRow& row,
                               const ReproduceInputs& inputs);

}  // namespace proviso::server

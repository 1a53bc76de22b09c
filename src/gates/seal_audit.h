// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/in_force.h"
#include "model/sealed.h"

// Follows sealed entries and their openings through a log. Robust to untrusted input.
namespace proviso::gates {

/// What should be open by now and is not: a sealed entry past its own time, or openings that an
/// order in force promised. Not an error of the log: it is the operator who owes them.
struct Overdue {
  std::uint64_t entry = 0;  ///< index of the sealed entry, or of the order in force
  Time due{};
  std::int64_t missing = 1;  ///< openings that are owed
};

struct SealCounts {
  std::uint64_t sealed = 0;  ///< sealed entries, opened or not
  std::uint64_t opened = 0;
  std::uint64_t covers = 0;       ///< of those opened
  std::uint64_t opened_late = 0;  ///< after their own time
};

/// Memory grows with the number of sealed entries, about 150 bytes each.
class SealAudit {
 public:
  /// A leaf of kind `sealed`. Errors: invalid_input.
  Result<void> seal(std::uint64_t index, const model::Entry& entry);
  /// A leaf of kind `opened`. Returns the id of the entry that was inside, nothing for a cover;
  /// the caller sees that no two are the same. denied: nothing is sealed under that id, it is open
  /// already, it shows something else, or names an order that is not in force.
  Result<std::optional<std::string>> open(const model::Entry& entry);
  /// A restriction came into force.
  void in_force(std::uint64_t index, const model::InForce& order);

  [[nodiscard]] const SealCounts& counts() const { return counts_; }
  /// In the order of the log.
  [[nodiscard]] std::vector<Overdue> overdue(Time at) const;

 private:
  struct Seal {
    std::uint64_t index = 0;
    Digest commitment;
    Time open_by{};
    bool is_open = false;
  };
  struct Promise {
    std::uint64_t index = 0;
    std::optional<model::OrderSeals> seals;
    std::int64_t opened = 0;
  };
  std::unordered_map<std::string, Seal> seals_;
  std::map<Digest, Promise> orders_;
  SealCounts counts_;
};

}  // namespace proviso::gates

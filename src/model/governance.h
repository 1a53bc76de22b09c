// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/genesis.h"

namespace proviso::model {

/// Who could decide, and which documents held, at each time since the founding. Built from the
/// genesis and every governance order in ledger order; used alike by the server, by gates and by
/// `verify`, so that all three agree on what an order is worth (I2, I10).
class Governance {
 public:
  static Governance from(const Genesis& genesis);

  /// Applies a governance order that came into force at `time`. Its approvals are checked under the
  /// authority that held until then. `denied` where they do not suffice.
  Result<void> apply(const SignedOrder& order, Time time);

  /// What held at `time`; before the founding, the founding's.
  [[nodiscard]] const Authority& authority_at(Time time) const;
  [[nodiscard]] const Authority& authority() const { return steps_.back().authority; }
  [[nodiscard]] const Documents& documents() const { return steps_.back().documents; }
  /// Whether this catalogue was ever in force; orders pin the one of their time (I3).
  [[nodiscard]] bool knows_catalogue(const Digest& digest) const;

  /// The effect of a restriction at `now`: the latest stage that has begun and that enough
  /// approvers still stand for at the time it began (I10). `allow` before the first, and after
  /// `until`.
  [[nodiscard]] Effect effect_at(const SignedOrder& order, Time in_force_at, Time now) const;

 private:
  struct Step {
    Time from{};
    Authority authority;
    Documents documents;
  };
  std::vector<Step> steps_;
};

/// Checks a restrict order for a gate or the server: enough approvals (I2, I6, I15) under the
/// authority at `in_force_at`, a catalogue that was authorised, and its closes_export told truly.
Result<void> check_restriction(const SignedOrder& order, const Governance& governance,
                               const class Catalogue& catalogue, Time in_force_at);

}  // namespace proviso::model

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "model/genesis.h"
#include "model/held_effect.h"

namespace proviso::model {

/// `effect` holds from `from` on, until the next step.
struct EffectStep {
  Time from{};
  Effect effect;
  bool shadow = false;  ///< only counted: the order is in shadow until a later step
  [[nodiscard]] HeldEffect held() const { return {effect, shadow}; }
  bool operator==(const EffectStep&) const = default;
};

/// The effect of a schedule at `now`; `allow` before its first step. Allocates nothing.
HeldEffect held_of(const std::vector<EffectStep>& schedule, Time now);
/// What is enforced of it.
Effect effect_of(const std::vector<EffectStep>& schedule, Time now);

/// Who could decide, and which documents held, at each time since the founding. Built from the
/// genesis and every governance order in ledger order; used alike by the server, by gates and by
/// `verify`, so that all three agree on what an order is worth (I2, I10).
class Governance {
 public:
  static Governance from(const Genesis& genesis);

  /// Applies a governance order that came into force at `time`. Its approvals are checked under the
  /// authority that held until then. `denied` where they do not suffice, or where the order belongs
  /// to another ledger; `conflict` where it was applied before (an old roster cannot be replayed).
  /// Returns by how many it was approved, and how many it took.
  Result<Standing> apply(const SignedOrder& order, Time time);

  /// What held at `time`; before the founding, the founding's.
  [[nodiscard]] const Authority& authority_at(Time time) const;
  [[nodiscard]] const Authority& authority() const { return steps_.back().authority; }
  [[nodiscard]] const Documents& documents() const { return steps_.back().documents; }
  /// Whether this catalogue was ever in force; orders pin the one of their time (I3).
  [[nodiscard]] bool knows_catalogue(const Digest& digest) const;

  /// When the latest change came into force; the founding's time where there was none.
  [[nodiscard]] Time latest_change() const { return steps_.back().from; }
  [[nodiscard]] const std::string& ledger() const { return ledger_; }

  /// A restriction's effects over time: each stage from when it begins, if enough approvers still
  /// stand for it then or it eases (I10); `allow` from `until`. Rising in time. As the gate of this
  /// name has it, where the order has a roll-out: enforcing begins there as a stage does, so that
  /// the approvers' standing is asked then, too.
  [[nodiscard]] std::vector<EffectStep> schedule(const SignedOrder& order, Time in_force_at,
                                                 std::string_view gate = {}) const;
  /// The effect of that schedule at `now`, at a gate without a name.
  [[nodiscard]] Effect effect_at(const SignedOrder& order, Time in_force_at, Time now) const;

 private:
  struct Step {
    Time from{};
    Authority authority;
    Documents documents;
  };
  [[nodiscard]] const Step& step_at(Time time) const;
  // No stage begins before `not_before`.
  [[nodiscard]] std::vector<EffectStep> steps(const SignedOrder& order, Time in_force_at,
                                              Time not_before) const;
  std::string ledger_;
  std::vector<Step> steps_;
  std::vector<Digest> applied_;
};

/// Who decides once a governance order is in force, and how: `before`, with what the order changes.
/// Refuses what check_authority() refuses, and `invalid_input` what is no such order.
Result<Authority> changed_authority(const Order& order, const Authority& before);

/// Checks a restrict order for a gate or the server: enough approvals (I2, I6, I15) under the
/// authority at `in_force_at`, a catalogue that was authorised, and its closes_export told truly.
/// Returns by how many it was approved.
Result<Standing> check_restriction(const SignedOrder& order, const Governance& governance,
                                   const class Catalogue& catalogue, Time in_force_at);

/// Checks a lift: of this ledger, with enough approvals under the authority at `in_force_at` (I5).
Result<Standing> check_lift(const SignedOrder& order, const Governance& governance,
                            Time in_force_at);

}  // namespace proviso::model

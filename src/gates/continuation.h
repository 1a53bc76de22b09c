// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "gates/gate.h"
#include "gates/gate_parts.h"
#include "model/gate_delta.h"

// From a gate to the next one by deltas (docs/formats/delta.md): everything that a delta brings is
// proven as in a snapshot, and nothing that the gate knows is proven again.
namespace proviso::gates {

/// A gate that is being continued. One thread; robust to untrusted deltas.
class Continuation {
 public:
  /// `trust` outlives it; `before` is not needed after this.
  Continuation(const Gate& before, const model::TrustRoot& trust);

  /// One thing wrong refuses all of the delta and changes nothing (G3). `conflict`: it does not
  /// continue this gate, or only the whole snapshot can say what follows from it; `denied`,
  /// `corrupt`, `invalid_input`: what does not verify; `exhausted`: too much for one gate.
  Result<void> take(const model::GateDelta& delta);

  /// The gate after all that was taken. Call once.
  Result<Gate> finish();

 private:
  Result<void> check_origin(const model::GateDelta& delta) const;
  Result<ledger::Checkpoint> check_checkpoint(const model::GateDelta& delta) const;
  Result<void> check_places(const model::GateDelta& delta) const;
  Result<void> check_stages(const GovernanceHistory& next) const;
  Result<Digest> check_orders(const model::GateDelta& delta) const;
  [[nodiscard]] const BaseTable& base() const { return *parts_.table.base(); }
  [[nodiscard]] bool enforces(const Digest& order) const;
  void remove(const Digest& order);

  const model::TrustRoot& trust_;
  GateParts parts_;
  Gone gone_;
};

/// How many orders came and went since the base: what a check and a delta pay for.
std::size_t changes_since_base(const Gate& gate);
/// Whether they are so many that the next delta should wait for fold(): more than kFoldAlways, and
/// more than an eighth of the base.
bool is_fold_due(const Gate& gate);
inline constexpr std::size_t kFoldAlways = 4096;

/// All that `gate` enforces in one table, for rebased(). Its cost is that of the whole table.
Result<std::shared_ptr<const BaseTable>> fold(const Gate& gate);
/// `now` on `base`, which is fold(before); `now` continues `before` or is the same. The same `now`
/// where it has another base than `before`: a whole snapshot came between.
Result<Gate> rebased(const Gate& now, const Gate& before, std::shared_ptr<const BaseTable> base);

/// The same gate on a base of its own.
Result<Gate> folded(const Gate& gate);

}  // namespace proviso::gates

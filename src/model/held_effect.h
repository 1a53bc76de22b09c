// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/effect.h"

namespace proviso::model {

/// An effect as one gate has it: where its order is in shadow (rollout.h) it is only counted.
struct HeldEffect {
  Effect effect;
  bool shadow = false;
  [[nodiscard]] Effect enforced() const { return shadow ? Effect{} : effect; }
};

/// What is in shadow is stricter than no effect, and laxer than any that is enforced.
inline bool stricter(const HeldEffect& a, const HeldEffect& b) {
  const auto rank = [](const HeldEffect& held) {
    return held.effect.kind == EffectKind::allow ? 0 : held.shadow ? 1 : 2;
  };
  return rank(a) != rank(b) ? rank(a) > rank(b) : stricter(a.effect, b.effect);
}

}  // namespace proviso::model

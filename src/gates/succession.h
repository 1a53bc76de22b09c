// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "base/result.h"
#include "gates/gate.h"

// Whether one verified snapshot may take another's place.
namespace proviso::gates {

/// So many orders may be gone from a snapshot at once, whatever their share (I5).
inline constexpr std::size_t kShrinkAlways = 16;

/// `conflict` where `next` goes back (fewer ledger entries, or as many and made earlier) or is of
/// another ledger of the same size (a fork).
Result<void> check_not_older(const Gate& next, const Gate& before);

/// `conflict` where more than `percent_max` of the orders that `before` enforces, and that are not
/// over at `now`, are not in `next`, and more than kShrinkAlways of them.
/// The same for the `gone` of a delta.
Result<void> check_not_shrunken(std::span<const Digest> gone, const Gate& before,
                                unsigned percent_max, Instants now);
Result<void> check_not_shrunken(const Gate& next, const Gate& before, unsigned percent_max,
                                Instants now);

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "gates/succession.h"

#include <algorithm>
#include <string>
#include <vector>

namespace proviso::gates {
namespace {

std::vector<Digest> sorted_digests(const Gate& gate) {
  std::vector<Digest> out;
  for (std::uint32_t i = 0; i < gate.order_count(); ++i) {
    if (!gate.table().is_gone(i)) out.push_back(gate.table().digest_of(i));
  }
  std::sort(out.begin(), out.end());
  return out;
}

// `is_gone(digest)` of the orders that are enforced and not over.
template <class IsGone>
Result<void> check_share(const Gate& before, unsigned percent_max, Instants now,
                         const IsGone& is_gone) {
  const LayeredTable& table = before.table();
  std::size_t gone = 0;
  std::size_t all = 0;
  for (std::uint32_t i = 0; i < table.order_count(); ++i) {
    if (table.is_gone(i) || table.is_over(i, now)) continue;
    ++all;
    if (is_gone(table.digest_of(i))) ++gone;
  }
  if (gone <= kShrinkAlways || gone * 100 <= all * percent_max) return {};
  return fail(Errc::conflict, "shrunken: " + std::to_string(gone) + " of " + std::to_string(all) +
                                  " orders that are enforced are not in it; if so many were lifted "
                                  "at once, confirm it");
}

}  // namespace

Result<void> check_not_older(const Gate& next, const Gate& before) {
  const std::string size = std::to_string(before.snapshot_size());
  if (next.snapshot_size() < before.snapshot_size()) {
    return fail(Errc::conflict, "rolled back: it covers " + std::to_string(next.snapshot_size()) +
                                    " ledger entries and the one that is enforced " + size +
                                    "; the newer one stays");
  }
  if (next.snapshot_size() > before.snapshot_size()) return {};
  if (next.snapshot_root() != before.snapshot_root()) {
    return fail(Errc::conflict, "forked: another ledger of " + size +
                                    " entries than the one that is enforced; keep both files, they "
                                    "prove it");
  }
  if (next.snapshot_made_at() >= before.snapshot_made_at()) return {};
  return fail(Errc::conflict, "older than the one that is enforced, of the same ledger entries");
}

Result<void> check_not_shrunken(const Gate& next, const Gate& before, unsigned percent_max,
                                Instants now) {
  const auto kept = sorted_digests(next);
  return check_share(before, percent_max, now, [&](const Digest& order) {
    return !std::binary_search(kept.begin(), kept.end(), order);
  });
}

Result<void> check_not_shrunken(std::span<const Digest> gone, const Gate& before,
                                unsigned percent_max, Instants now) {
  if (gone.size() <= kShrinkAlways) return {};
  return check_share(before, percent_max, now, [&](const Digest& order) {
    return std::binary_search(gone.begin(), gone.end(), order);
  });
}

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "gates/seal_audit.h"

#include <algorithm>

namespace proviso::gates {

Result<void> SealAudit::seal(std::uint64_t index, const model::Entry& entry) {
  const Time open_by = TRY(model::sealed_open_by(entry));
  seals_.emplace(entry.id.value, Seal{.index = index,
                                      .commitment = entry.private_commitment,
                                      .open_by = open_by,
                                      .is_open = false});
  ++counts_.sealed;
  return {};
}

Result<std::optional<std::string>> SealAudit::open(const model::Entry& entry) {
  const model::Opening opening = TRY(model::parse_opening(entry.public_part));
  const auto found = seals_.find(opening.opens.value);
  if (found == seals_.end()) return fail(Errc::denied, "opens nothing that was sealed before it");
  Seal& seal = found->second;
  if (seal.is_open) return fail(Errc::denied, "opens what is open already");
  const auto inner = TRY(model::sealed_content(opening, seal.commitment, entry.ledger));
  if (opening.order) {
    const auto order = orders_.find(*opening.order);
    if (order == orders_.end()) {
      return fail(Errc::denied, "names an order that was not in force before it");
    }
    ++order->second.opened;
  }
  seal.is_open = true;
  ++counts_.opened;
  if (!inner) ++counts_.covers;
  if (entry.time > seal.open_by) ++counts_.opened_late;
  return inner ? std::optional(inner->id.value) : std::nullopt;
}

void SealAudit::in_force(std::uint64_t index, const model::InForce& order) {
  orders_.emplace(order.order, Promise{.index = index, .seals = order.seals, .opened = 0});
}

std::vector<Overdue> SealAudit::overdue(Time at) const {
  std::vector<Overdue> out;
  for (const auto& [id, seal] : seals_) {
    if (!seal.is_open && seal.open_by < at) {
      out.push_back({.entry = seal.index, .due = seal.open_by, .missing = 1});
    }
  }
  for (const auto& [digest, promise] : orders_) {
    if (!promise.seals || promise.seals->open_by >= at) continue;
    const std::int64_t missing = promise.seals->count - promise.opened;
    if (missing > 0) {
      out.push_back({.entry = promise.index, .due = promise.seals->open_by, .missing = missing});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const Overdue& a, const Overdue& b) { return a.entry < b.entry; });
  return out;
}

}  // namespace proviso::gates

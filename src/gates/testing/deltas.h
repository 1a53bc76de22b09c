// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "gates/testing/world.h"
#include "ledger/checkpoint.h"
#include "model/gate_delta.h"

// Deltas between two snapshots, made the plain way.
namespace proviso::gates::testing {

inline model::GateState state_of(const model::GateSnapshot& snapshot) {
  const auto note = std::string_view(snapshot.checkpoint);
  const auto checkpoint = ledger::Checkpoint::parse(note.substr(0, note.find("\n\n") + 1));
  model::OrderSum sum;
  for (const model::ProvenOrder& order : snapshot.restrictions) {
    sum.add(sha256(order.order.canonical));
  }
  return {checkpoint.value().size, checkpoint.value().root, snapshot.made_at, sum.value()};
}

/// `to` is a snapshot of the world as it is now.
inline model::GateDelta delta_between(const model::GateSnapshot& from,
                                      const model::GateSnapshot& to, const World& world) {
  const auto digests = [](const std::vector<model::ProvenOrder>& orders) {
    std::set<Digest> out;
    for (const model::ProvenOrder& order : orders) out.insert(sha256(order.order.canonical));
    return out;
  };
  model::GateDelta out;
  out.ledger = to.ledger;
  out.made_at = to.made_at;
  out.checkpoint = to.checkpoint;
  out.from = state_of(from);
  out.orders = state_of(to).orders;
  out.consistency = world.consistency(out.from.size);
  const auto had = digests(from.restrictions);
  const auto has = digests(to.restrictions);
  const auto governed = digests(from.governance);
  for (const model::ProvenOrder& order : to.governance) {
    if (!governed.contains(sha256(order.order.canonical))) out.governance.push_back(order);
  }
  for (const Json& catalogue : to.catalogues) {
    const bool is_known = std::any_of(
        from.catalogues.begin(), from.catalogues.end(),
        [&](const Json& known) { return canonical_json(known) == canonical_json(catalogue); });
    if (!is_known) out.catalogues.push_back(catalogue);
  }
  for (const model::ProvenOrder& order : to.restrictions) {
    if (!had.contains(sha256(order.order.canonical))) out.added.push_back(order);
  }
  std::set_difference(had.begin(), had.end(), has.begin(), has.end(), std::back_inserter(out.gone));
  return out;
}

}  // namespace proviso::gates::testing

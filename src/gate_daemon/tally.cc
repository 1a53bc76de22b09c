// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/tally.h"

#include <cstring>

namespace proviso::gate_daemon {
namespace {

void add(Tally::Counts& counts, model::Outcome outcome) {
  switch (outcome) {
    case model::Outcome::yes: ++counts.passed; return;
    case model::Outcome::limited: ++counts.limited; return;
    case model::Outcome::no: ++counts.refused; return;
  }
}

}  // namespace

// A digest is random already.
std::size_t Tally::DigestHash::operator()(const Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.bytes.data(), sizeof hash);
  return hash;
}

void Tally::count(const gates::Answer& answer) {
  // One thread writes: a store, and no locked addition, on the way of every request.
  answered_.store(answered() + 1, std::memory_order_relaxed);
  add(done_, answer.outcome);
  if (answer.mode != gates::Mode::enforce) add(not_enforced_, answer.judged);
  if (answer.basis == gates::Basis::none) ++without_state_;
  if (!answer.restricted() || answer.basis == gates::Basis::none) return;
  if (answer.order == Digest{}) {
    if (answer.refused()) ++refused_without_order_;
    return;
  }
  const auto known = by_order_.find(answer.order);
  if (known != by_order_.end()) return add(known->second, answer.judged);
  add(by_order_.size() < kOrdersMax ? by_order_[answer.order] : by_other_orders_, answer.judged);
}

}  // namespace proviso::gate_daemon

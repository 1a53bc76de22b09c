// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "model/proven_order.h"

namespace proviso::model {

/// One order in one file, with everything that proves it to whoever has a trust file, with no
/// network (docs/formats/order-bundle.md). `decisions` writes it, `gates` proves it.
struct OrderBundle {
  SignedOrder order;  ///< approvals as the ledger entry has them
  std::string entry;  ///< the `order-in-force` leaf
  /// A tlog-proof text of that leaf (docs/formats/tlog-proof.md): index, path, and the signed
  /// checkpoint with every signature line as it was found.
  std::string proof;
  ProvenEntry genesis;
  std::vector<ProvenOrder> governance;  ///< all before the entry, in ledger order
  Json catalogue;                       ///< that a restriction pins; else null
};

inline constexpr std::size_t kBundleBytesMax = 64U << 20U;

/// Canonical JSON and a line feed. `exhausted` beyond kBundleBytesMax.
Result<std::string> write_order_bundle(const OrderBundle& bundle);
/// One text per bundle: another text of the same content is refused. Proves nothing: gates do.
/// Robust to untrusted input. `exhausted` where it is longer than kBundleBytesMax.
Result<OrderBundle> parse_order_bundle(std::string_view text);

}  // namespace proviso::model

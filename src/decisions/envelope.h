// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/signing.h"
#include "decisions/orders.h"
#include "model/authority.h"

namespace proviso::decisions {

/// What `order export` wrote and `order sign` reads.
struct ExportedOrder {
  model::Order order;
  std::string canonical;
  Digest digest;
  std::string reason;
  std::string protected_reason;  ///< empty but for protected subjects (I15)
};
/// The order, and the texts that it binds, as a file for the approver's machine.
Result<std::string> export_text(const OrderRow& row);
/// Refuses a file whose digest or reasons do not fit its order.
Result<ExportedOrder> parse_export(std::string_view text);

/// A DSSE envelope (JSON) with an approval of this canonical order.
Result<std::string> make_envelope(std::string_view canonical_order, const Signer& key);
/// The approval in it; denied where its payload is not this very order.
Result<model::Signature> open_envelope(std::string_view envelope, std::string_view canonical_order);

/// What is signed, in words, one thing a line: for a person to read before they sign.
std::string order_in_words(const ExportedOrder& exported);

}  // namespace proviso::decisions

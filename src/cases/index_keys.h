// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cases/database.h"
#include "model/index_tag.h"

// The index keys of customers and the numbers that were given under them
// (docs/formats/customer-list.md). A key's name is what it is made of: the customer's id, or, of a
// subscription that the register did not have, that name with a number of its own once it was used
// and attached to a customer: who registers the subscription next must not get the key of before.
// One thread; inside a transaction of the store.
namespace proviso::cases {

/// A customer's next tag; the number is taken. A transaction that fails gives it back.
Result<Digest> next_tag(Database& db, std::string_view secret, const std::string& customer);

/// The entry `attached_by` says that what was under the unregistered name `was` is about
/// `customer`: its key goes to the customer's list once that entry is open.
Result<void> attach_index_key(Database& db, const std::string& was, const std::string& customer,
                              const std::string& attached_by);

/// One of a customer's keys, and how many numbers were given under it.
struct IndexKey {
  std::string key;  ///< 32 bytes
  std::uint64_t numbers = 0;
};
/// The customer's own first, then those that were attached to it by an entry that everyone can
/// read: what is sealed adds none (I11).
Result<std::vector<IndexKey>> index_keys_of(Database& db, std::string_view secret,
                                            const std::string& customer);

}  // namespace proviso::cases

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/index_tag.h"

// Finds a customer's entries in a whole log with its index keys (docs/formats/customer-list.md).
// Robust to untrusted input.
namespace proviso::gates {

class ListScan {
 public:
  struct Item {
    std::uint64_t index = 0;
    model::Entry entry;
  };

  /// So many numbers after the newest of a key that was found are looked for: who skips fewer is
  /// seen.
  static constexpr std::uint64_t kAhead = 1000;

  ListScan() = default;
  /// Keys have 32 bytes. Costs kAhead hashes a key.
  explicit ListScan(const std::vector<std::string>& keys);

  /// Each leaf after the genesis, in the order of the log. denied: it has a number of a key that is
  /// not the next one, so an entry was kept from the customer.
  Result<void> visit(std::uint64_t index, const model::Entry& entry);

  /// In the order of the log.
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  /// Entries with another tag that name a case or an order of one of items(): the first of each.
  /// The customer has to ask whose they are.
  [[nodiscard]] std::vector<std::uint64_t> under_other_keys() const;

 private:
  struct Place {
    std::size_t key = 0;
    std::uint64_t number = 0;
  };
  struct Key {
    model::IndexTags tags;
    std::uint64_t next = 0;   ///< the number that comes next
    std::uint64_t ahead = 0;  ///< those below are in places_
  };
  void look_ahead(std::size_t key);

  std::vector<Key> keys_;
  std::unordered_map<std::string, Place> places_;
  std::vector<Item> items_;
  std::set<std::string> subjects_;                  // of items()
  std::map<std::string, std::uint64_t> of_others_;  // the first entry that names it
};

}  // namespace proviso::gates

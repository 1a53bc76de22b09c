// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gates/packed_table.h"

namespace proviso::gates {

/// Puts a table together. One thread.
class TableBuilder {
 public:
  explicit TableBuilder(const KeySeed& seed) : seed_(seed) {}
  /// Returns the number that lines name it by. At most 65,535 steps and catalogues.
  std::uint32_t add_order(EnforcedOrder order);
  /// `exhausted`: more than 2^18 services, or 4 GiB of ids, regions and resources.
  Result<void> add_line(const model::ScopeLine& line, std::uint32_t order);
  /// The same, as a table has it; its key is under this seed, its own `order` is not looked at.
  Result<void> add_line(const PackedTable::Line& line, std::uint32_t order);
  /// All that `table` holds, but for orders that are gone, in its order; their numbers rise from
  /// the next one on. It was built under this seed.
  Result<void> add_table(const PackedTable& table, GoneBits gone);
  /// What the orders' `catalogue` are indexes into. Of them only the services that lines name are
  /// kept. `exhausted`: more than 32 GiB of records.
  Result<PackedTable> finish(std::span<const model::Catalogue> catalogues);

 private:
  struct Line {
    IdKey key;
    std::uint32_t id_at = 0;  // into ids_
    std::uint32_t id_bytes = 0;
    std::uint64_t word = 0;
    std::uint32_t lists = 0;  // into lists_; 0: none
  };
  std::uint32_t intern(std::string_view text);
  std::uint32_t number_of_service(std::string_view service);
  Result<void> add(Line line);
  std::uint32_t add_list(const std::vector<std::string>& regions,
                         const std::vector<std::string>& resources);
  [[nodiscard]] std::string_view id_of(const Line& line) const;
  [[nodiscard]] int compare(const Line& a, const Line& b) const;
  [[nodiscard]] std::size_t end_of_subscription(std::size_t begin) const;
  void append_record(std::span<const Line> lines, std::string& records) const;
  Result<std::string> records(std::vector<struct Placed>& placed) const;
  std::string orders();
  Result<std::string> operations(std::span<const model::Catalogue> catalogues,
                                 std::vector<struct Placed>& placed) const;

  KeySeed seed_;
  std::vector<EnforcedOrder> orders_;
  std::vector<Line> lines_;
  std::string ids_;
  std::vector<std::uint32_t> lists_ = {0};
  std::string strings_;
  std::unordered_map<std::string, std::uint32_t> interned_;
  std::unordered_map<std::string, std::uint32_t> services_;
  std::vector<std::uint64_t> steps_;
};

}  // namespace proviso::gates

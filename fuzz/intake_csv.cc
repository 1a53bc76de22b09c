// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV: what the scanner calls complete must split (or be refused) without reading
// beyond it, and every byte is passed once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "intake/csv_row.h"

using namespace proviso::intake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An exactly sized heap buffer, so that the sanitizer sees one byte too far.
  const auto copy = std::make_unique<char[]>(size);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  std::span<char> rest(copy.get(), size);
  std::vector<CsvField> fields;
  while (!rest.empty()) {
    const CsvExtent extent = scan_csv_record({rest.data(), rest.size()}, true);
    if (extent.state != CsvScan::complete) return 0;
    if (extent.length == 0 || extent.length > rest.size()) std::abort();
    std::span<char> row = rest.first(extent.length);
    if (row.back() == '\n') row = row.first(row.size() - 1);
    if (!row.empty() && row.back() == '\r') row = row.first(row.size() - 1);
    if (!split_csv_record(row, fields)) std::abort();
    rest = rest.subspan(extent.length);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace proviso::intake {

struct CsvField {
  std::string_view text;
  bool quoted = false;
};

enum class CsvScan : std::uint8_t {
  complete,    ///< `length` bytes are one record, with its newline
  unfinished,  ///< the bytes end inside the record
  malformed,   ///< a quote stands where none may
};
struct CsvExtent {
  CsvScan state = CsvScan::unfinished;
  std::size_t length = 0;
};

/// How far the first CSV record of `bytes` reaches (RFC 4180; "\n" and "\r\n" end a record, quoted
/// fields may hold both). `at_end`: no more bytes follow.
CsvExtent scan_csv_record(std::string_view bytes, bool at_end);

/// Splits one record that scan_csv_record() found complete, without its newline. Doubled quotes are
/// made single in place; the fields are views of `record`. False where a quote stands wrong.
bool split_csv_record(std::span<char> record, std::vector<CsvField>& fields);

}  // namespace proviso::intake

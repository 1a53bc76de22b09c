// SPDX-License-Identifier: Apache-2.0
#include "intake/csv_row.h"

#include <cstring>

namespace proviso::intake {
namespace {

/// After the closing quote of a field only a comma or the record's end may come.
bool may_follow_quote(std::string_view bytes, std::size_t at) {
  const char c = bytes[at];
  return c == ',' || c == '\n' || (c == '\r' && at + 1 < bytes.size() && bytes[at + 1] == '\n');
}

/// Index after the closing quote of the field whose opening quote is at `at`; npos: none.
std::size_t end_of_quoted(std::string_view bytes, std::size_t at) {
  std::size_t i = at + 1;
  for (;;) {
    i = bytes.find('"', i);
    if (i == std::string_view::npos) return i;
    if (i + 1 >= bytes.size() || bytes[i + 1] != '"') return i + 1;
    i += 2;
  }
}

}  // namespace

CsvExtent scan_csv_record(std::string_view bytes, bool at_end) {
  std::size_t i = 0;
  for (;;) {  // one field per turn
    if (i < bytes.size() && bytes[i] == '"') {
      i = end_of_quoted(bytes, i);
      if (i == std::string_view::npos) return {CsvScan::unfinished, 0};
      // A quote, or "\r", at the very end may go on in the bytes to come.
      const bool last = i == bytes.size() || (bytes[i] == '\r' && i + 1 == bytes.size());
      if (last) return at_end ? CsvExtent{CsvScan::complete, bytes.size()} : CsvExtent{};
      if (!may_follow_quote(bytes, i)) return {CsvScan::malformed, 0};
    } else {
      i = bytes.find_first_of(",\n\"", i);
      if (i == std::string_view::npos) {
        return at_end ? CsvExtent{CsvScan::complete, bytes.size()} : CsvExtent{};
      }
      if (bytes[i] == '"') return {CsvScan::malformed, 0};
    }
    if (bytes[i] == '\r') ++i;
    if (bytes[i] == '\n') return {CsvScan::complete, i + 1};
    ++i;  // the comma
  }
}

bool split_csv_record(std::span<char> record, std::vector<CsvField>& fields) {
  fields.clear();
  const std::string_view all(record.data(), record.size());
  std::size_t i = 0;
  for (;;) {
    if (i < all.size() && all[i] == '"') {
      std::size_t out = i;
      std::size_t in = i + 1;
      const std::size_t start = out;
      for (;; ++in) {
        if (in >= all.size()) return false;
        if (record[in] == '"') {
          if (in + 1 >= all.size() || record[in + 1] != '"') break;
          ++in;
        }
        record[out++] = record[in];
      }
      fields.push_back({{record.data() + start, out - start}, true});
      i = in + 1;
      if (i < all.size() && all[i] != ',') return false;
    } else {
      const std::size_t end = std::min(all.find(',', i), all.size());
      fields.push_back({all.substr(i, end - i), false});
      i = end;
    }
    if (i >= all.size()) return true;
    ++i;
  }
}

}  // namespace proviso::intake

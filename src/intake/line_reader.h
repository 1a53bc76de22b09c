// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/byte_source.h"

namespace proviso::intake {

/// Longest record in bytes. A longer one is passed over without holding it.
inline constexpr std::size_t kRecordBytesMax = 16U << 20U;
/// Longest CSV record: a stray quote must not swallow the rest of a file.
inline constexpr std::size_t kCsvRecordBytesMax = 1U << 20U;

/// Where a record begins: what a reader needs to go on there.
struct ReadPosition {
  std::uint64_t offset = 0;  ///< uncompressed bytes
  std::uint64_t line = 1;
  std::uint64_t column = 1;  ///< bytes, from 1
  /// Inside the array of a {"Records":[...]} document; `needs_comma` after its first member.
  bool in_records = false;
  bool needs_comma = false;
};

/// One record's bytes. They live until the next call of next(); at least 64 bytes beyond them can
/// be read (simdjson reads ahead), and the bytes may be changed in place.
struct Record {
  std::span<char> bytes;
  ReadPosition at;
  /// Not empty: this record can't be read; why. `bytes` is then empty.
  std::string_view problem;
  [[nodiscard]] std::string_view text() const { return {bytes.data(), bytes.size()}; }
};

/// How an input is cut into records.
enum class Shape : std::uint8_t {
  lines,    ///< one record a line; empty lines are no records
  csv,      ///< RFC 4180: quoted fields may hold newlines
  records,  ///< {"Records":[{...},{...}]}, over any number of lines; several in a row are fine
};

/// Cuts bytes into records, with their places. One thread.
class LineReader {
 public:
  explicit LineReader(ByteSource source);

  /// The first bytes (up to `bytes_max`), without a byte order mark, to tell formats apart. Only
  /// before the first next().
  Result<std::string_view> peek(std::size_t bytes_max);
  void set_shape(Shape shape) { shape_ = shape; }
  /// The next record, or nothing at the end. An error is final: damaged compression, or a Records
  /// document that is cut off.
  Result<std::optional<Record>> next();
  /// The next record where it is a line that is whole in the buffer, and not blank; then records
  /// that were given before stay valid. False: ask next(), which ends their lives.
  bool next_at_hand(Record& record);
  /// Goes forward to a place that position() gave earlier for the same input.
  Result<void> resume(const ReadPosition& from);
  /// Where the next record will be looked for.
  [[nodiscard]] ReadPosition position() const;
  [[nodiscard]] const std::string& name() const { return source_.name(); }

 private:
  Result<bool> fill();
  [[nodiscard]] std::span<char> window() { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count);
  Result<std::optional<Record>> next_line();
  Result<std::optional<Record>> next_csv();
  Result<std::optional<Record>> next_member();
  Result<bool> open_records();
  Result<bool> close_records();
  Result<bool> expect(std::string_view token);
  Result<bool> skip_space();
  Result<std::size_t> find_newline(std::size_t bytes_max);
  Result<void> discard_line();
  std::unexpected<Error> broken(std::string_view what) const;

  ByteSource source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::optional<Error> source_error_;
  Shape shape_ = Shape::lines;
  ReadPosition at_;
};

}  // namespace proviso::intake

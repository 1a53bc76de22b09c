// SPDX-License-Identifier: Apache-2.0
#include "intake/line_reader.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/check.h"
#include "intake/csv_row.h"

namespace proviso::intake {
namespace {

// simdjson reads up to 64 bytes beyond a text.
constexpr std::size_t kPadding = 64;
constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::string_view kLineTooLong = "the line is longer than 16 MiB";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Length of the JSON object at the front of `text`, or kNone where it does not end there. Looks at
/// strings and brackets only; the parser judges the rest.
std::size_t object_length(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return kNone;
}

}  // namespace

LineReader::LineReader(ByteSource source)
    : source_(std::move(source)), buffer_(2 * kChunkBytes + kPadding) {}

/// Reads more; false at the end. Reads as much as is held, so that looking at a long record again
/// after each fill costs no more than reading it twice.
Result<bool> LineReader::fill() {
  if (source_error_) return std::unexpected(*source_error_);
  if (at_end_) return false;
  const std::size_t held = end_ - begin_;
  const std::size_t wanted = std::max(kChunkBytes, held);
  if (buffer_.size() - kPadding - end_ < wanted) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, held);
    begin_ = 0;
    end_ = held;
    if (buffer_.size() < held + wanted + kPadding) buffer_.resize(held + wanted + kPadding);
  }
  const std::size_t target = end_ + wanted;
  while (end_ < target) {
    auto count = source_.read({buffer_.data() + end_, target - end_});
    if (!count) {
      // What came before the damage is handed out first.
      source_error_ = std::move(count).error();
      return end_ - begin_ > held ? Result<bool>(true)
                                  : Result<bool>(std::unexpected(*source_error_));
    }
    if (*count == 0) {
      at_end_ = true;
      break;
    }
    end_ += *count;
  }
  return end_ - begin_ > held;
}

void LineReader::consume(std::size_t count) {
  const char* p = buffer_.data() + begin_;
  const char* const stop = p + count;
  while (const void* hit = std::memchr(p, '\n', static_cast<std::size_t>(stop - p))) {
    p = static_cast<const char*>(hit) + 1;
    ++at_.line;
    at_.column = 1;
  }
  at_.column += static_cast<std::uint64_t>(stop - p);
  at_.offset += count;
  begin_ += count;
}

Result<std::string_view> LineReader::peek(std::size_t bytes_max) {
  while (end_ - begin_ < bytes_max) {
    auto more = fill();
    if (!more) {
      if (begin_ == end_) return std::unexpected(more.error());
      break;
    }
    if (!*more) break;
  }
  const std::string_view head(buffer_.data() + begin_, end_ - begin_);
  if (at_.offset == 0 && head.starts_with(kByteOrderMark)) {
    consume(kByteOrderMark.size());
    at_.column = 1;
  }
  return std::string_view(buffer_.data() + begin_, std::min(bytes_max, end_ - begin_));
}

Result<std::optional<Record>> LineReader::next() {
  switch (shape_) {
    case Shape::lines: return next_line();
    case Shape::csv: return next_csv();
    case Shape::records: return next_member();
  }
  CHECK(false);
}

/// Index of the newline in the window; its size at the end of the input; kNone where it lies beyond
/// `bytes_max`.
Result<std::size_t> LineReader::find_newline(std::size_t bytes_max) {
  std::size_t looked_at = 0;
  for (;;) {
    const std::span<char> bytes = window();
    const void* hit = std::memchr(bytes.data() + looked_at, '\n', bytes.size() - looked_at);
    const std::size_t at =
        hit == nullptr ? bytes.size()
                       : static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data());
    if (at > bytes_max) return kNone;
    if (hit != nullptr) return at;
    looked_at = bytes.size();
    const bool more = TRY(fill());
    if (!more) return looked_at;
  }
}

/// Goes past the next newline without holding what comes before it.
Result<void> LineReader::discard_line() {
  for (;;) {
    const std::span<char> bytes = window();
    const void* hit = std::memchr(bytes.data(), '\n', bytes.size());
    if (hit != nullptr) {
      consume(static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data()) + 1);
      return {};
    }
    consume(bytes.size());
    const bool more = TRY(fill());
    if (!more) return {};
  }
}

bool LineReader::next_at_hand(Record& record) {
  if (shape_ != Shape::lines) return false;
  // Nearly every line begins like this; a blank one does not.
  const std::span<char> bytes = window();
  if (bytes.empty() || bytes.front() != '{') return false;
  const void* hit = std::memchr(bytes.data(), '\n', bytes.size());
  if (hit == nullptr) return false;
  const auto length = static_cast<std::size_t>(static_cast<const char*>(hit) - bytes.data());
  if (length > kRecordBytesMax) return false;
  record.at = at_;
  record.bytes = bytes.first(bytes[length - 1] == '\r' ? length - 1 : length);
  begin_ += length + 1;
  at_.offset += length + 1;
  ++at_.line;
  at_.column = 1;
  return true;
}

Result<std::optional<Record>> LineReader::next_line() {
  if (Record whole; next_at_hand(whole)) return std::optional<Record>(whole);
  for (;;) {
    const std::size_t length = TRY(find_newline(kRecordBytesMax));
    Record record{.bytes = {}, .at = at_, .problem = {}};
    if (length == kNone) {
      record.problem = kLineTooLong;
      TRY_VOID(discard_line());
      return std::optional<Record>(record);
    }
    const std::span<char> bytes = window();
    if (bytes.empty()) return std::optional<Record>();
    record.bytes = bytes.first(length);
    consume(std::min(length + 1, bytes.size()));
    if (is_blank(record.text())) continue;
    if (record.bytes.back() == '\r') record.bytes = record.bytes.first(length - 1);
    return std::optional<Record>(record);
  }
}

Result<std::optional<Record>> LineReader::next_csv() {
  for (;;) {
    const std::span<char> bytes = window();
    const CsvExtent extent = scan_csv_record({bytes.data(), bytes.size()}, at_end_);
    Record record{.bytes = {}, .at = at_, .problem = {}};
    if (extent.state == CsvScan::unfinished && !at_end_ && bytes.size() < kCsvRecordBytesMax) {
      TRY(fill());
      continue;
    }
    if (bytes.empty()) return std::optional<Record>();
    if (extent.state != CsvScan::complete || extent.length > kCsvRecordBytesMax) {
      // The next line may be sound: a wrong quote costs its own line only.
      record.problem = extent.state == CsvScan::malformed
                           ? "a quote stands inside a field without quotes"
                           : "a quoted field does not end (or the row is longer than 1 MiB)";
      TRY_VOID(discard_line());
      return std::optional<Record>(record);
    }
    record.bytes = bytes.first(extent.length);
    consume(extent.length);
    if (record.text().ends_with('\n')) record.bytes = record.bytes.first(record.bytes.size() - 1);
    if (record.text().ends_with('\r')) record.bytes = record.bytes.first(record.bytes.size() - 1);
    if (record.bytes.empty()) continue;
    return std::optional<Record>(record);
  }
}

std::unexpected<Error> LineReader::broken(std::string_view what) const {
  return fail(Errc::invalid_input, name() + ":" + std::to_string(at_.line) + ":" +
                                       std::to_string(at_.column) + ": " + std::string(what));
}

/// False at the end of the input.
Result<bool> LineReader::skip_space() {
  for (;;) {
    const std::span<char> bytes = window();
    const std::string_view text(bytes.data(), bytes.size());
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    consume(std::min(at, text.size()));
    if (at != std::string_view::npos) return true;
    const bool more = TRY(fill());
    if (!more) return false;
  }
}

/// Takes `token`, after white space, if it comes next.
Result<bool> LineReader::expect(std::string_view token) {
  const bool some = TRY(skip_space());
  if (!some) return false;
  while (window().size() < token.size()) {
    const bool more = TRY(fill());
    if (!more) return false;
  }
  if (std::string_view(window().data(), token.size()) != token) return false;
  consume(token.size());
  return true;
}

/// Takes {"Records":[ ; false at the end of the input.
Result<bool> LineReader::open_records() {
  const bool some = TRY(skip_space());
  if (!some) return false;
  for (const std::string_view token : {"{", "\"Records\"", ":", "["}) {
    const bool there = TRY(expect(token));
    if (!there) return broken("expected {\"Records\":[ (is this a CloudTrail file?)");
  }
  at_.in_records = true;
  at_.needs_comma = false;
  return true;
}

/// Takes ]} if the array ends here.
Result<bool> LineReader::close_records() {
  const bool closed = TRY(expect("]"));
  if (!closed) return false;
  const bool ended = TRY(expect("}"));
  if (!ended) return broken("expected } after the Records array");
  at_.in_records = false;
  at_.needs_comma = false;
  return true;
}

Result<std::optional<Record>> LineReader::next_member() {
  for (;;) {
    if (!at_.in_records) {
      const bool opened = TRY(open_records());
      if (!opened) return std::optional<Record>();
    }
    const bool closed = TRY(close_records());
    if (!closed) break;
  }
  if (at_.needs_comma) {
    const bool comma = TRY(expect(","));
    if (!comma) return broken("expected a comma or ] inside Records (is the file cut off?)");
  }
  const bool some = TRY(skip_space());
  if (!some || window().front() != '{') return broken("expected an object inside Records");
  for (;;) {
    const std::span<char> bytes = window();
    const std::size_t length = object_length({bytes.data(), bytes.size()});
    if (length != kNone && length <= kRecordBytesMax) {
      const Record record{.bytes = bytes.first(length), .at = at_, .problem = {}};
      consume(length);
      at_.needs_comma = true;
      return std::optional<Record>(record);
    }
    if (bytes.size() > kRecordBytesMax) return broken("a record is longer than 16 MiB");
    const bool more = TRY(fill());
    if (!more) return broken("the record does not end (is the file cut off?)");
  }
}

ReadPosition LineReader::position() const { return at_; }

Result<void> LineReader::resume(const ReadPosition& from) {
  if (from.offset < at_.offset) return broken("cannot go back in an input");
  const std::uint64_t ahead = from.offset - at_.offset;
  if (ahead <= end_ - begin_) {
    begin_ += ahead;
  } else {
    if (source_error_) return std::unexpected(*source_error_);
    begin_ = end_ = 0;
    TRY_VOID(source_.skip_to(from.offset));
  }
  at_ = from;
  return {};
}

}  // namespace proviso::intake

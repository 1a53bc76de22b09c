// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace proviso::intake {

/// The uncompressed bytes of one input: plain, gzip (RFC 1952) or Zstandard (RFC 8878), told apart
/// by their first bytes; "-" is standard input. Streams: holds two small buffers, whatever the size
/// of what it unpacks. One thread.
class ByteSource {
 public:
  /// not_found; unavailable where it can't be read; invalid_input where `path` is a folder.
  static Result<ByteSource> open(const std::string& path);
  /// Reads `bytes` as if they were a file called `name`; for tests and fuzzing.
  static Result<ByteSource> from_memory(std::string name, std::string bytes);
  ~ByteSource();
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;

  /// Fills up to buffer.size() bytes; 0 means the end. What could be read of damaged or truncated
  /// data is handed out first; then comes an error that names the file and the offset in it.
  Result<std::size_t> read(std::span<char> buffer);
  /// Goes forward to an uncompressed offset >= position(). invalid_input where the data ends
  /// before.
  Result<void> skip_to(std::uint64_t offset);
  /// Offset, in uncompressed bytes, of what read() gives next.
  [[nodiscard]] std::uint64_t position() const;
  [[nodiscard]] const std::string& name() const;

 private:
  struct State;
  explicit ByteSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Folders become the files below them, sorted by path; hidden files (".name") are left out; "-"
/// and files stay as they are. At most a million files; links to folders are not followed.
Result<std::vector<std::string>> expand_inputs(const std::vector<std::string>& paths);

}  // namespace proviso::intake

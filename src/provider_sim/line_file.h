// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso::provider_sim {

/// A file of lines, written anew (what was there is replaced), compressed by Zstandard where its
/// name ends in ".zst"; "-" is standard output. It is no store: nothing is synced, and what is not
/// closed is cut short. One thread. Errors: `unavailable` and `exhausted` from the disk.
class LineFile {
 public:
  static Result<LineFile> create(const std::string& path);
  ~LineFile();
  LineFile(LineFile&&) noexcept;
  LineFile& operator=(LineFile&&) noexcept;
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  Result<void> write(std::string_view bytes);
  /// Ends the frame and the file; call it once, last.
  Result<void> close();

 private:
  struct State;
  explicit LineFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace proviso::provider_sim

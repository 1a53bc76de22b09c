// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace proviso::rules {

/// Finds which of many needles a text contains, in one pass (Vectorscan, and the only place that
/// knows it). Where all needles have a word in common (`microsoft.` of Azure's operations) texts
/// without it are done after one look for that, at a third of the cost. A needle is told by its
/// place in the list. The answer is a necessary condition: of a long needle only the beginning is
/// looked for. One thread at a time.
class NeedleScanner {
 public:
  /// Needles in lower case, none empty.
  explicit NeedleScanner(const std::vector<std::string>& needles);
  NeedleScanner(NeedleScanner&&) noexcept;
  NeedleScanner& operator=(NeedleScanner&&) noexcept;
  ~NeedleScanner();

  /// Whether all bytes of a text are known to be ASCII.
  enum class Letters : std::uint8_t { ascii, any };
  /// Appends the places of the needles in `text`, each once, in no order. ASCII letters of either
  /// case are equal; a text with others must be given in lower case.
  void scan(std::string_view text, Letters letters, std::vector<std::uint32_t>& found);

  /// A word of 5 to 32 bytes that all needles contain; empty where there is none.
  [[nodiscard]] const std::string& common_word() const;

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace proviso::rules

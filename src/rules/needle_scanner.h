// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace proviso::rules {

/// Finds which of many needles a text contains, in one pass (Vectorscan, and the only place that
/// knows it). A needle is told by its place in the list. The answer is a necessary condition: of a
/// long needle only the beginning is looked for. One thread at a time.
class NeedleScanner {
 public:
  /// Needles in lower case, none empty.
  explicit NeedleScanner(const std::vector<std::string>& needles);
  NeedleScanner(NeedleScanner&&) noexcept;
  NeedleScanner& operator=(NeedleScanner&&) noexcept;
  ~NeedleScanner();

  /// Appends the places of the needles in `text`, each once, in no order. ASCII letters of either
  /// case are equal; a text with others must be given in lower case.
  void scan(std::string_view text, std::vector<std::uint32_t>& found);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace proviso::rules

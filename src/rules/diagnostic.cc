// SPDX-License-Identifier: Apache-2.0
#include "rules/diagnostic.h"

#include <algorithm>

namespace proviso::rules {

std::string Diagnostic::to_string() const {
  std::string out = file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  if (!item.empty()) out += item + ": ";
  return out + message;
}

void Diagnostics::add(std::string file, Position at, std::string item, std::string message) {
  ++count_;
  if (all_.size() >= kMax) return;
  all_.push_back({std::move(file), at, std::move(item), std::move(message)});
}

std::string Diagnostics::to_string() const {
  std::vector<Diagnostic> sorted = all_;
  std::ranges::sort(sorted);
  std::string out;
  for (const Diagnostic& d : sorted) out += d.to_string() + "\n";
  if (count_ > all_.size()) {
    out += "and " + std::to_string(count_ - all_.size()) + " more errors\n";
  }
  return out;
}

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#include "rules/diagnostic.h"

#include <algorithm>

#include "base/encoding.h"

namespace proviso::rules {

std::string Diagnostic::to_string() const {
  std::string out = file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  if (!item.empty()) out += item + ": ";
  return out + message;
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::sigma: return "sigma";
    case Reason::unkept_field: return "unkept-field";
    case Reason::keywords: return "keywords";
    case Reason::identity: return "identity";
    case Reason::terms: return "terms";
  }
  return "";
}

void Diagnostics::add(std::string file, Position at, std::string item, std::string message) {
  add({std::move(file), at, std::move(item), std::move(message)});
}

// A filter's fault comes up in each rule that it is for, and that of a repeated document again: it
// is shown once, but always counted, since readers tell by the count whether they found a fault.
void Diagnostics::add(Diagnostic one) {
  ++count_;
  if (all_.size() >= max_ || !seen_.insert("e" + one.to_string()).second) return;
  all_.push_back(std::move(one));
}

void Diagnostics::warn(std::string file, Position at, std::string item, std::string message) {
  Diagnostic one{std::move(file), at, std::move(item), std::move(message)};
  if (warnings_.size() < max_) {
    if (!seen_.insert("w" + one.to_string()).second) return;
    warnings_.push_back(std::move(one));
  } else if (seen_.contains("w" + one.to_string())) {
    return;
  }
  ++warning_count_;
}

void Diagnostics::take(const Diagnostics& other) {
  const auto move_into = [&](const std::vector<Diagnostic>& from, std::vector<Diagnostic>& to) {
    const std::size_t room = max_ - std::min(max_, to.size());
    const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(room, from.size()));
    to.insert(to.end(), from.begin(), end);
  };
  move_into(other.all_, all_);
  move_into(other.warnings_, warnings_);
  count_ += other.count_;
  warning_count_ += other.warning_count_;
}

void Diagnostics::add_snippets(const std::string& file, std::string_view text) {
  std::vector<std::size_t> lines;  // where each line begins; only made where it is needed
  const auto fill = [&](Diagnostic& d) {
    if (d.file != file || !d.snippet.empty()) return;
    if (lines.empty()) {
      lines.push_back(0);
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') lines.push_back(i + 1);
      }
    }
    if (d.at.line == 0 || d.at.line > lines.size()) return;
    const std::string_view rest = text.substr(lines[d.at.line - 1]);
    d.snippet = printable(rest.substr(0, rest.find_first_of("\r\n")));
  };
  std::ranges::for_each(all_, fill);
  std::ranges::for_each(warnings_, fill);
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

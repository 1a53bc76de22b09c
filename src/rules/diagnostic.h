// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace proviso::rules {

/// A place in a rule file; line and column begin at 1.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  auto operator<=>(const Position&) const = default;
};

/// Why something is refused: for tables.
enum class Reason : std::uint8_t {
  sigma,         ///< the text itself
  unkept_field,  ///< no field policy keeps a field that it reads (I1)
  keywords,      ///< reads every field (I1)
  identity,      ///< names a subscription or customer (I14)
  terms,         ///< is tied to no term, or to one that does not exist
};
std::string_view to_string(Reason reason);

/// One thing that is wrong with a rule, for its author. Rule text may be quoted here: a rule is no
/// customer's data.
struct Diagnostic {
  std::string file;
  Position at;
  /// The part of the rule that is meant ("detection.selection.eventName"); may be empty.
  std::string item;
  /// What is wrong, and in brackets what to do.
  std::string message;
  /// The line of the file that is meant, cut to 200 bytes; empty where there is none.
  std::string snippet{};
  Reason reason = Reason::sigma;
  /// Of an unkept field: its name.
  std::string field{};

  /// "file:line:column: item: message".
  [[nodiscard]] std::string to_string() const;
  auto operator<=>(const Diagnostic&) const = default;
};

/// All that is wrong with a set of rules, in the order in which it was found; and warnings: what is
/// good Sigma but may not mean what its author thinks.
class Diagnostics {
 public:
  /// Beyond this many the rest is only counted.
  static constexpr std::size_t kMax = 1000;

  explicit Diagnostics(std::size_t max = kMax) : max_(max) {}
  void add(Diagnostic one);
  void add(std::string file, Position at, std::string item, std::string message);
  void warn(std::string file, Position at, std::string item, std::string message);
  /// No error; there may be warnings.
  [[nodiscard]] bool ok() const { return count_ == 0; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::size_t warning_count() const { return warning_count_; }
  [[nodiscard]] const std::vector<Diagnostic>& warnings() const { return warnings_; }
  /// Takes the errors and warnings of another set.
  void take(const Diagnostics& other);
  /// Fills in the snippets of what is in `file`.
  void add_snippets(const std::string& file, std::string_view text);
  /// One line each, sorted by file and place.
  [[nodiscard]] std::string to_string() const;

 private:
  std::size_t max_;
  std::set<std::string> seen_;  ///< at most `max_` errors and as many warnings
  std::vector<Diagnostic> all_;
  std::size_t count_ = 0;
  std::vector<Diagnostic> warnings_;
  std::size_t warning_count_ = 0;
};

}  // namespace proviso::rules

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rules/json_event.h"
#include "rules/matcher.h"

namespace proviso::rules {

enum class Routing : std::uint8_t {
  off,            ///< every rule sees every record
  by_log_source,  ///< a rule sees the records of its log source (log_route.h)
};

/// Which rules a JSON record matches: bytes to answer in one pass. With routing there is an index
/// for each log source, so that rules for other logs cost nothing. One thread; as many as wanted
/// share a program.
class JsonMatcher {
 public:
  JsonMatcher(std::shared_ptr<const Program> program, Routing routing);

  /// The rules in ascending order, valid until the next call; nothing where the record is no JSON
  /// object. `record` must be followed by JsonTokens::kPadding readable bytes.
  std::optional<std::span<const RuleIndex>> match(std::string_view record);
  /// The record that was matched last.
  [[nodiscard]] JsonEvent& event() { return *routes_[current_].event; }

 private:
  struct Route {
    std::unique_ptr<JsonEvent> event;
    std::unique_ptr<Matcher> matcher;
  };
  Route& route(std::size_t source);
  Route make_route(std::size_t source) const;
  bool read(std::string_view record);

  std::shared_ptr<const Program> program_;
  Routing routing_;
  std::vector<Route> routes_;  ///< by log source; made when one comes
  std::size_t current_ = 0;
  /// The log source of the last record that began with the same bytes: a good guess.
  std::vector<std::uint8_t> guesses_;
};

}  // namespace proviso::rules

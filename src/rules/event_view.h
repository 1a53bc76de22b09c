// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace proviso::rules {

/// A field that a program reads: an index into Program::fields().
enum class FieldId : std::uint32_t {};
constexpr std::size_t index(FieldId f) { return std::to_underlying(f); }

enum class ValueKind : std::uint8_t { null, boolean, number, string, json };

/// One value of a field. `json` is an object or an array as compact JSON text.
struct Value {
  ValueKind kind = ValueKind::null;
  double number = 0;  ///< of kind number
  /// The rendering: a string as it is, else JSON text; empty for null.
  std::string_view text;
};

/// What the matcher sees of an event, whatever the event is made of. Views live until the event
/// does; an implementation may compute them when they are first asked for. One thread.
class EventView {
 public:
  virtual ~EventView() = default;
  /// All values of a field. Empty where the field is missing; an array gives its JSON text first
  /// and then its members, so that the first value is always the whole.
  virtual std::span<const Value> values(FieldId field) = 0;
  /// Every leaf value of the event, for keywords.
  virtual std::span<const Value> leaves() = 0;
  /// Text, all ASCII, in which each leaf value but numbers stands as it is, and more; nothing where
  /// there is none at hand. A word that is not in it, and is no part of a number, is in no leaf.
  virtual std::optional<std::string_view> plain_text() { return std::nullopt; }
  /// Whether some leaf value contains `needle`, ASCII in lower case, in either case; nothing where
  /// only leaves() can tell.
  virtual std::optional<bool> some_leaf_contains(std::string_view /*needle*/) {
    return std::nullopt;
  }
};

}  // namespace proviso::rules

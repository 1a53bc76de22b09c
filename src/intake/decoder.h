// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/field_policy.h"
#include "model/usage_event.h"

namespace proviso::intake {

struct DecodeOptions {
  /// Key of the keyed hashes, per deployment; at least 16 bytes.
  std::string hash_key;
  /// Source fields that the loaded rules read (dotted path, with or without "[]"). Only those that
  /// a format's policy keeps or hashes are handed out, in UsageEvent::kept.
  std::vector<std::string> wanted;
  /// Subscription for formats that name none (azure-llm-trace); never replaces one in the data.
  std::string subscription;
  /// Format by name; empty = found by its fields.
  std::string format;
};

/// Turns the bytes of one record into a usage event, by one format's policy. Holds no value of a
/// field that the policy does not name. No allocation per event after the first few. One thread.
class Decoder {
 public:
  /// invalid_input: short key; a format without a tenant and no `options.subscription`.
  static Result<Decoder> make(const FieldPolicy& policy, const DecodeOptions& options);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// CSV only, before the first record: the header row. invalid_input where a needed column is
  /// missing or a column name stands twice.
  Result<void> set_header(std::span<char> row);
  /// Fills `event`, or returns why the record is refused (field names, never values). The bytes may
  /// be changed; 64 bytes beyond them must be readable; the event lives as long as they do, until
  /// the next call.
  std::string_view decode(std::span<char> record, model::UsageEvent& event);
  /// As decode(), but events of earlier calls live on, up to the next decode(). Only while
  /// has_room().
  std::string_view decode_more(std::span<char> record, model::UsageEvent& event);
  /// Whether decode_more() may be called: there is memory for one more record, and the last one was
  /// not read by simdjson, whose strings live until it reads again.
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] const std::string& format() const;

 private:
  struct State;
  explicit Decoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The format whose marks the record has; empty where none or the record is no JSON object.
/// `header` of a CSV file works the same with Syntax::csv.
std::string detect_format(const FieldPolicies& policies, Syntax syntax, std::span<char> record);

}  // namespace proviso::intake

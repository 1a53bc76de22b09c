// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "intake/byte_source.h"
#include "intake/decoder.h"
#include "intake/field_policy.h"
#include "intake/line_reader.h"
#include "model/usage_event.h"

namespace proviso::intake {

/// What next() found.
enum class Outcome : std::uint8_t { event, reject, end };

/// Why a record was not taken. Never its content (I1).
struct Reject {
  std::uint64_t line = 0;
  std::uint64_t column = 0;  ///< of the record's first byte
  std::uint64_t offset = 0;  ///< in uncompressed bytes
  std::string reason;
};

/// Where a reader goes on after a restart; plain values, to be stored by the caller.
struct UsagePosition {
  ReadPosition read;
  std::string format;  ///< as found; empty before the first event
};

/// Events that live together; a caller keeps one and has it filled again and again.
class UsageBatch {
 public:
  [[nodiscard]] std::span<const model::UsageEvent> events() const {
    return {events_.data(), size_};
  }
  /// Where event `i`'s record begins.
  [[nodiscard]] const ReadPosition& position(std::size_t i) const { return at_[i]; }

 private:
  friend class UsageReader;
  std::vector<model::UsageEvent> events_;
  std::vector<ReadPosition> at_;
  std::size_t size_ = 0;
};

/// One input file as usage events: bytes -> records -> events. One thread.
class UsageReader {
 public:
  /// `path` may be "-". Fails: the file can't be read, is empty (invalid_input), is text of no
  /// known format (not_found), or is a format that needs an option that is not set. `policies` must
  /// outlive the reader.
  static Result<UsageReader> open(const std::string& path, const FieldPolicies& policies,
                                  const DecodeOptions& options, const UsagePosition& from = {});
  /// The same over any source.
  static Result<UsageReader> open(ByteSource source, const FieldPolicies& policies,
                                  const DecodeOptions& options, const UsagePosition& from = {});
  ~UsageReader();
  UsageReader(UsageReader&&) noexcept;
  UsageReader& operator=(UsageReader&&) noexcept;

  /// Fills `event` (Outcome::event) or `reject` (Outcome::reject). The event's strings live until
  /// the next call. An error is final for this input and begins with its name; what could be read
  /// before the damage has been handed out.
  Result<Outcome> next(model::UsageEvent& event, Reject& reject);
  /// The same for up to `events_max` (at least 1) events, fewer where more would need bytes that
  /// are not read yet. They live until the next call. Outcome::reject and end: what came after
  /// them.
  Result<Outcome> next_batch(UsageBatch& batch, std::size_t events_max, Reject& reject);
  /// Where the record that next() or next_batch() gave last begins.
  [[nodiscard]] const ReadPosition& record_position() const;
  /// Where to go on: after the last record that was given.
  [[nodiscard]] UsagePosition position() const;
  /// Empty until the first record was recognised.
  [[nodiscard]] std::string_view format() const;
  [[nodiscard]] const std::string& name() const;

 private:
  struct State;
  explicit UsageReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace proviso::intake

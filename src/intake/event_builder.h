// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/siphash.h"
#include "intake/decoder.h"
#include "intake/plan.h"
#include "model/ids.h"
#include "model/usage_event.h"

namespace proviso::intake {

/// One value of the source, as text that lives as long as the record.
struct Scalar {
  enum class Kind : std::uint8_t { string, number, boolean };
  Kind kind = Kind::string;
  std::string_view text;
};

/// Collects the values of one record, checks them, and makes the event. Says what is wrong by field
/// name, never by value (I1). One thread; all memory is in the object.
class EventBuilder {
 public:
  EventBuilder(const FieldPolicy& policy, const Plan& plan, const DecodeOptions& options);

  /// Ends the life of all events that were made.
  void start();
  /// The same, but those events live on. Only while has_room().
  void start_more();
  /// Forgets what was taken since start() or start_more().
  void start_again();
  [[nodiscard]] bool has_room() const {
    return kScratchBytes - scratch_used_ >= kScratchPerRecord && kKept - kept_count_ >= kKeptMax;
  }
  /// Takes a value for `leaf`; `index`: in the innermost array. Returns why not, or nothing.
  std::string_view take(const Leaf& leaf, const Scalar& value, std::size_t index);
  /// The values of Plan::required with these bits have been seen.
  void require(std::uint64_t bits) { required_seen_ |= bits; }
  /// What take() does for a leaf with one use, a text, whose value has no control character; false
  /// where take() would refuse.
  bool take_plain_text(const FieldUse& use, std::string_view text) {
    if (text.size() > model::kIdBytesMax) return false;
    if (use.rank < text_rank_[use.index] && !text.empty()) {
      text_rank_[use.index] = use.rank;
      text_[use.index] = text;
    }
    return true;
  }
  /// What take() does for a leaf that is only read as times; false also where it is a time of
  /// another form than YYYY-MM-DDTHH:MM:SSZ.
  bool take_plain_time(const Leaf& leaf, std::string_view text);
  /// What take() does for a count of at most 15 digits; false where it is anything else.
  bool take_plain_count(std::string_view digits);
  /// Fills `event`, or returns why the record is no event.
  std::string_view finish(model::UsageEvent& event);
  /// Keeps "FIELD: what" until the next start().
  std::string_view refuse(std::string_view field, std::string_view what);

 private:
  static constexpr std::uint8_t kUnset = 255;
  static constexpr std::size_t kEntries = 8;
  static constexpr std::size_t kKeptMax = 128;  // of one record
  static constexpr std::size_t kKept = 4 * kKeptMax;
  static constexpr std::size_t kScratchPerRecord = 32U << 10U;
  static constexpr std::size_t kScratchBytes = 2 * kScratchPerRecord;

  struct When {
    Time time{};
    std::uint8_t rank = kUnset;
  };
  struct Entry {
    std::string_view unit;
    double quantity = 0;
    std::uint8_t rank = kUnset;
  };

  std::string_view use(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                       std::size_t index);
  std::string_view take_text(const Leaf& leaf, const FieldUse& use, const Scalar& value);
  std::string_view take_time(const Leaf& leaf, When& when, std::uint8_t rank, const Scalar& value);
  std::string_view take_whole(const Leaf& leaf, const Scalar& value, std::uint64_t& out);
  std::string_view take_quantity(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                                 std::size_t index);
  std::string_view take_unit(const Leaf& leaf, const FieldUse& use, const Scalar& value,
                             std::size_t index);
  std::string_view take_kept(const Leaf& leaf, const Scalar& value);
  std::string_view check_number(const Leaf& leaf, const Scalar& value) const;
  std::string_view finish_times(model::UsageEvent& event);
  std::string_view finish_amounts(model::UsageEvent& event);
  std::string_view hash(std::string_view text);
  void make_hash(std::string_view text, std::span<char> out) const;
  std::string_view lower(std::string_view text);
  std::span<char> scratch(std::size_t size);

  const FieldPolicy& policy_;
  const Plan& plan_;
  std::string subscription_;
  KeyedHash keyed_hash_;
  // The same few resources come again and again. What is kept of one is a keyed hash of its name,
  // never the name (I1), and the hexadecimal digits that it becomes.
  struct KnownHash {
    std::array<std::uint8_t, 16> of{};
    std::array<char, 64> digits{};
  };
  static constexpr std::size_t kKnownHashes = 1024;
  SipKey known_key_;
  std::vector<KnownHash> known_hashes_;
  std::array<std::string_view, kTextTargets> text_;
  std::array<std::uint8_t, kTextTargets> text_rank_;
  When start_;
  When end_;
  std::optional<std::uint64_t> count_;
  std::uint64_t operation_index_ = 0;
  std::array<Entry, kEntries> entries_;
  std::uint64_t required_seen_ = 0;
  std::array<model::KeptField, kKept> kept_;
  std::size_t kept_begin_ = 0;  ///< of the record in hand
  std::size_t kept_count_ = 0;
  std::array<char, kScratchBytes> scratch_;
  std::size_t scratch_begin_ = 0;  ///< of the record in hand
  std::size_t scratch_used_ = 0;
  std::array<Entry, kEntries> blank_entries_;
  // A log goes on with the time it was at.
  std::array<char, 20> last_text_{};
  Time last_time_{};
  std::string reason_;
};

/// At most 15 digits, and nothing else.
std::optional<std::uint64_t> parse_short_whole(std::string_view text);

/// RFC 8259 number, finite. Nothing where the text is none.
std::optional<double> parse_number(std::string_view text);

}  // namespace proviso::intake

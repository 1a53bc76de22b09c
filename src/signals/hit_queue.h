// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signals/record.h"

namespace proviso::signals {

/// Records in order of time, packed, and what they come to: new ones come at the end, old ones go
/// at the front, both at constant cost (amortised). 48 bytes; what is longer than 28 bytes (four to
/// nine records) lies in a block of its own, and its figures with it. Figures of a short queue are
/// added up when they are asked for. Numbers of records are bounded by the caller. One thread.
class HitQueue {
 public:
  /// Which number of a record sum() adds up.
  enum class Summed : std::uint8_t { nothing, weights, values };

  HitQueue() = default;
  explicit HitQueue(Summed summed) : summed_(summed) {}
  HitQueue(HitQueue&& other) noexcept { *this = std::move(other); }
  HitQueue& operator=(HitQueue&& other) noexcept;
  ~HitQueue() { clear(); }

  [[nodiscard]] bool empty() const { return small_ == 0; }
  [[nodiscard]] std::size_t size() const { return is_spilled() ? block()->records : small_; }
  /// Hits in all records.
  [[nodiscard]] std::uint64_t events() const {
    return is_spilled() ? block()->events : added_up().events;
  }
  [[nodiscard]] rules::Billionths sum() const {
    if (summed_ == Summed::nothing) return 0;
    return is_spilled() ? block()->sum : added_up().sum;
  }
  /// What sum() has of one record.
  [[nodiscard]] rules::Billionths counted(const Record& record) const {
    if (summed_ == Summed::weights) return static_cast<rules::Billionths>(record.weight);
    return summed_ == Summed::values ? record.value : 0;
  }
  /// Times of the oldest hit and of the newest; not empty.
  [[nodiscard]] Time front_time() const { return front_; }
  [[nodiscard]] Time back_time() const { return back_; }
  [[nodiscard]] Record front() const;
  [[nodiscard]] bool front_is_bucket() const { return is_bucket(first_record()); }
  /// Time of the oldest hit of the second record; back_time() where there is none.
  [[nodiscard]] Time second_time() const;
  [[nodiscard]] Record back() const;
  /// `record` is not older than the back.
  void push_back(const Record& record);
  /// The back, which is a single instant, takes in another hit of that instant.
  void add_to_back(const Record& record);
  void pop_front();
  /// All records, oldest first.
  [[nodiscard]] std::vector<Record> unpack() const;
  void assign(std::span<const Record> records);
  void prefetch() const;

  /// The records as bytes, for saved states; parse() is false where they are none.
  [[nodiscard]] std::string packed() const;
  bool parse(std::string_view bytes, Time front, std::uint32_t records);
  [[nodiscard]] std::size_t heap_bytes() const {
    return is_spilled() ? sizeof(Block) + block()->capacity : 0;
  }

 private:
  static constexpr std::size_t kInline = 28;
  static constexpr std::uint8_t kSpilled = 0xFF;
  struct Totals {
    std::uint64_t events = 0;
    rules::Billionths sum = 0;
  };
  /// Before the bytes of a long queue; the records in use are those from `head` to `tail`.
  struct Block {
    rules::Billionths sum = 0;
    std::uint64_t events = 0;
    std::uint32_t records = 0;
    std::uint32_t capacity = 0;
    std::uint32_t head = 0;
    std::uint32_t last = 0;  ///< where the back record begins
    std::uint32_t tail = 0;
    [[nodiscard]] std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(this + 1); }
    [[nodiscard]] const std::uint8_t* bytes() const {
      return reinterpret_cast<const std::uint8_t*>(this + 1);
    }
  };
  [[nodiscard]] bool is_spilled() const { return small_ == kSpilled; }
  /// The inline bytes begin with the address of the block where there is one.
  [[nodiscard]] Block* block() const {
    std::uintptr_t address = 0;
    std::memcpy(&address, inline_.data(), sizeof(std::uintptr_t));
    return reinterpret_cast<Block*>(address);
  }
  [[nodiscard]] const std::uint8_t* first_record() const {
    return is_spilled() ? block()->bytes() + block()->head : inline_.data();
  }
  [[nodiscard]] const std::uint8_t* last_record() const {
    return is_spilled() ? block()->bytes() + block()->last : inline_.data() + last_;
  }
  [[nodiscard]] const std::uint8_t* end() const {
    return is_spilled() ? block()->bytes() + block()->tail : inline_.data() + tail_;
  }
  [[nodiscard]] Totals added_up() const;
  void append(std::span<const std::uint8_t> bytes);
  void widen(std::size_t room);
  static void append_to(Block& block, std::span<const std::uint8_t> bytes);
  void clear();

  Time front_{};
  Time back_{};
  std::array<std::uint8_t, kInline> inline_{};
  std::uint8_t small_ = 0;  ///< number of records, or kSpilled
  std::uint8_t last_ = 0;
  std::uint8_t tail_ = 0;
  Summed summed_ = Summed::nothing;
};

}  // namespace proviso::signals

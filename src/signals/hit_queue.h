// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signals/record.h"

namespace proviso::signals {

/// Records in order of time, packed: new ones come at the end, old ones go at the front, both at
/// constant cost (amortised). Small queues need no memory of their own. Numbers of records are
/// bounded by the caller. One thread.
class HitQueue {
 public:
  HitQueue() = default;
  HitQueue(HitQueue&& other) noexcept { *this = std::move(other); }
  HitQueue& operator=(HitQueue&& other) noexcept;
  ~HitQueue() = default;

  [[nodiscard]] bool empty() const { return records_ == 0; }
  [[nodiscard]] std::size_t size() const { return records_; }
  /// Times of the oldest hit and of the newest; not empty.
  [[nodiscard]] Time front_time() const { return front_; }
  [[nodiscard]] Time back_time() const { return back_; }
  [[nodiscard]] Record front() const;
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

  /// The records as bytes, for saved states; parse() is false where they are none.
  [[nodiscard]] std::string packed() const;
  bool parse(std::string_view bytes, Time front, std::uint32_t records);
  [[nodiscard]] std::size_t heap_bytes() const { return heap_ ? capacity_ : 0; }

 private:
  static constexpr std::size_t kInline = 24;
  [[nodiscard]] const std::uint8_t* data() const { return heap_ ? heap_.get() : inline_.data(); }
  std::uint8_t* data() { return heap_ ? heap_.get() : inline_.data(); }
  void append(std::span<const std::uint8_t> bytes);
  void clear();

  std::unique_ptr<std::uint8_t[]> heap_;
  std::array<std::uint8_t, kInline> inline_{};
  std::uint32_t capacity_ = kInline;
  std::uint32_t head_ = 0;
  std::uint32_t last_ = 0;  ///< where the back record begins
  std::uint32_t tail_ = 0;
  std::uint32_t records_ = 0;
  Time front_{};
  Time back_{};
};

}  // namespace proviso::signals

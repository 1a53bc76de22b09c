// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "gates/refusal.h"

namespace proviso::gates {

/// Where refusals wait for whoever writes them down, off the path of requests. Bounded: what finds
/// no room is dropped and counted, and no request ever waits for it.
///
/// Some lanes of fixed cells of 512 bytes; a thread has a lane of its own, as long as there are
/// not more threads than lanes, and takes another where its own is full. In a lane the order is
/// that of time; between lanes there is none.
class RefusalRing {
 public:
  static constexpr std::size_t kCellBytes = 512;
  /// Of one record's texts together; five ids of common length are 150 to 250.
  static constexpr std::size_t kTextBytes = 416;
  static constexpr std::size_t kLanes = 4;

  /// `records` in all: rounded up to a power of two, 64 to 1,048,576.
  explicit RefusalRing(std::size_t records);
  ~RefusalRing();
  RefusalRing(const RefusalRing&) = delete;
  RefusalRing& operator=(const RefusalRing&) = delete;

  /// Any number of threads; wait-free; allocates nothing. `by_key`: the subscription is not in
  /// `request`, which is not looked at for it.
  enum class Named : std::uint8_t { by_id, by_key };
  void push(const Request& request, Named named, const Answer& answer, Instants at) noexcept;
  /// One thread at a time. False where there is none.
  bool pop(Refusal& out);

  /// Since the ring was made. Any thread.
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  [[nodiscard]] std::size_t capacity() const noexcept;

 private:
  struct Lane;
  std::size_t lane_records_;
  std::unique_ptr<Lane[]> lanes_;
  std::size_t next_ = 0;  // the lane that pop() looks at first
};

}  // namespace proviso::gates

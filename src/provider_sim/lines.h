// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "provider_sim/world.h"

namespace proviso::provider_sim {

/// One record of a stream: so many calls in [start, end).
struct Record {
  const Stream* stream = nullptr;
  const std::string* subscription = nullptr;
  /// Resources are numbered by stream.
  std::uint64_t stream_index = 0;
  std::uint64_t calls = 0;
  std::array<std::uint64_t, 2> amounts{};
  Time start{};
  Time end{};
};

/// Appends a line of docs/formats/usage-record.md. All strings of the simulator are plain ASCII
/// that needs no escaping.
void append_usage_line(std::string& out, std::string_view id, const Record& record);

/// What an AWS log would call an operation of ours.
struct CloudtrailName {
  std::string_view service;
  std::string_view operation;
  std::string_view event_source;
  std::string_view event_name;
  bool data_event;
  bool read_only;
};
/// Null for what is no API call (hours of an instance, packets) or has no counterpart.
const CloudtrailName* cloudtrail_name(const Stream& stream);

/// Appends a CloudTrail line for one call at `at`. No request, no response, no caller.
void append_cloudtrail_line(std::string& out, const CloudtrailName& name, const Record& record,
                            Time at, SeededRandom& ids);

}  // namespace proviso::provider_sim

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace proviso {

/// What a long-running program says about itself: one JSON object a line, with `event` and
/// `time` in each. Never content (I1), names or addresses of people (I11): fields are
/// numbers, codes, patterns of paths and texts of our own.
/// Threads: any, if the sink may be called from any.
class EventLog {
 public:
  /// Is given whole lines, each with its line feed.
  using Sink = std::function<void(std::string_view)>;

  EventLog(const Clock& clock, Sink sink) : clock_(clock), sink_(std::move(sink)) {}
  void write(std::string_view event, Json::Object fields = {}) const;

 private:
  const Clock& clock_;
  Sink sink_;
};

/// Writes each line to a file descriptor with one write(2), so that lines of several threads do not
/// mix. What cannot be written is lost: a full disk must not stop the program that says so.
EventLog::Sink descriptor_sink(int fd);

}  // namespace proviso

// SPDX-License-Identifier: Apache-2.0
#include "base/event_log.h"

#include <unistd.h>

namespace proviso {

void EventLog::write(std::string_view event, Json::Object fields) const {
  fields.insert_or_assign("event", Json(event));
  fields.insert_or_assign("time", Json(format_time_exact(clock_.now())));
  sink_(canonical_json(Json(std::move(fields))) + "\n");
}

EventLog::Sink descriptor_sink(int fd) {
  return [fd](std::string_view line) {
    const auto written = ::write(fd, line.data(), line.size());
    (void)written;
  };
}

}  // namespace proviso

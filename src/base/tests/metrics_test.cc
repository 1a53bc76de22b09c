// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gtest/gtest.h>

#include "base/event_log.h"

namespace proviso {
namespace {

TEST(Metrics, ArePrintedAsPrometheusReadsThem) {
  Metrics metrics;
  metrics.counter("requests_total", "Requests.");
  metrics.gauge("open", "Open \"ones\".");
  metrics.histogram("seconds", "Times.", {0.1, 1});
  metrics.add("requests_total", {{"route", "/a\"b\\c\n"}, {"status", "200"}});
  metrics.add("requests_total", {{"route", "/a\"b\\c\n"}, {"status", "200"}}, 2);
  metrics.set("open", 7);
  metrics.set("open", 3);
  for (const double seconds : {0.05, 0.1, 0.5, 9.0}) metrics.observe("seconds", seconds);
  EXPECT_EQ(metrics.text(),
            "# HELP open Open \\\"ones\\\".\n# TYPE open gauge\nopen 3\n"
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{route=\"/a\\\"b\\\\c\\n\",status=\"200\"} 3\n"
            "# HELP seconds Times.\n# TYPE seconds histogram\n"
            "seconds_bucket{le=\"0.1\"} 2\nseconds_bucket{le=\"1\"} 3\n"
            "seconds_bucket{le=\"+Inf\"} 4\nseconds_sum 9.65\nseconds_count 4\n");
  EXPECT_EQ(metrics.value("open"), 3);
  EXPECT_EQ(metrics.value("requests_total"), 0);
}

TEST(EventLog, WritesOneObjectALine) {
  std::string out;
  const ManualClock clock(parse_time("2026-11-25T12:00:00.5Z").value());
  const EventLog log(clock, [&](std::string_view line) { out += line; });
  log.write("started", {{"port", 80}});
  log.write("odd", {{"text", "a\nb"}});
  EXPECT_EQ(out,
            "{\"event\":\"started\",\"port\":80,\"time\":\"2026-11-25T12:00:00.500Z\"}\n"
            "{\"event\":\"odd\",\"text\":\"a\\nb\",\"time\":\"2026-11-25T12:00:00.500Z\"}\n");
}

}  // namespace
}  // namespace proviso

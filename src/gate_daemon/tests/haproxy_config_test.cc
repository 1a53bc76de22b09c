// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_config.h"

#include <tuple>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "gate_daemon/config.h"

namespace proviso::gate_daemon {
namespace {

std::string problem(std::string_view text) {
  const auto config = GateConfig::parse("gate.toml", text);
  return config ? "" : config.error().message;
}

TEST(HaproxyConfigTest, ReadsWhatIsSet) {
  const auto config = GateConfig::parse("gate.toml", R"(
[haproxy]
map = "#3"
file = "/run/m"
interval_seconds = 2
answer_seconds = 3
payload_bytes = 2048
entries = 10
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->haproxy.map, "#3");
  EXPECT_EQ(config->haproxy.file, "/run/m");
  EXPECT_EQ(config->haproxy.interval, std::chrono::seconds{2});
  EXPECT_EQ(config->haproxy.answer, std::chrono::seconds{3});
  EXPECT_EQ(config->haproxy.payload_bytes, 2048U);
  EXPECT_EQ(config->haproxy.entries_max, 10U);
}

TEST(HaproxyConfigTest, TheDefaultsStandInTheDocs) {
  const auto page = real_file_system().read(PROVISO_SOURCE_DIR "/docs/gate-haproxy.md", 1U << 20U);
  ASSERT_TRUE(page);
  const std::size_t begin = page->find("```toml\n", page->find("<!-- CONFIG:BEGIN")) + 8;
  const std::string text = page->substr(begin, page->find("```", begin) - begin);
  const auto told = GateConfig::parse("gate-haproxy.md", text);
  ASSERT_TRUE(told) << told.error().message;
  const auto all = [](const HaproxySettings& s) {
    return std::tuple(s.map, s.file, s.interval, s.answer, s.payload_bytes, s.entries_max);
  };
  EXPECT_EQ(all(told->haproxy), all(HaproxySettings{}));
  for (const char* key :
       {"map", "file", "interval_seconds", "answer_seconds", "payload_bytes", "entries"}) {
    EXPECT_NE(text.find(std::string("\n") + key + " = "), std::string::npos) << key;
  }
}

TEST(HaproxyConfigTest, SaysWhatIsWrongAndWhere) {
  for (const auto& [line, what] : std::initializer_list<std::pair<std::string, std::string>>{
           {"map = \"/a b\"", "gate.toml:2:7: no map's name"},
           {"map = \"/a;b\"", "gate.toml:2:7: no map's name"},
           {"map = \"\"", "gate.toml:2:7: no map's name"},
           {"map = 1", "gate.toml:2:7: must be a text"},
           {"file = 1", "gate.toml:2:8: must be a text"},
           {"interval_seconds = 0", "gate.toml:2:20: must be a whole number from 1 to 60"},
           {"answer_seconds = 61", "gate.toml:2:18: must be a whole number from 1 to 60"},
           {"payload_bytes = 1023", "gate.toml:2:17: must be a whole number from 1024"},
           {"entries = 0", "gate.toml:2:11: must be a whole number from 1"},
           {"others = 1", "gate.toml:2:1: unknown setting"}}) {
    EXPECT_EQ(problem("[haproxy]\n" + line).substr(0, what.size()), what);
  }
}

}  // namespace
}  // namespace proviso::gate_daemon

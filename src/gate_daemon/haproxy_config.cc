// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_config.h"

#include <algorithm>
#include <cstdint>

#include "base/text/format.h"

namespace proviso::gate_daemon {
namespace {

// Goes into commands as it is: a space or a ";" in it would be the end of a word, or of a command.
bool is_map_name(std::string_view name) {
  return !name.empty() && name.size() <= 1'000 && std::ranges::all_of(name, [](char c) {
    return c > ' ' && c < '\x7f' && c != ';' && c != '\\' && c != '<';
  });
}

class Reading {
 public:
  Reading(const std::string& file, HaproxySettings& out) : file_(file), out_(out) {}

  Result<void> take(const toml::key& key, const toml::node& node) {
    if (key == "map") return take_map(node);
    if (key == "file") return take_text(node, out_.file);
    std::int64_t number = 0;
    if (key == "interval_seconds") {
      TRY_VOID(take_number(node, 1, 60, number));
      out_.interval = std::chrono::seconds{number};
    } else if (key == "answer_seconds") {
      TRY_VOID(take_number(node, 1, 60, number));
      out_.answer = std::chrono::seconds{number};
    } else if (key == "payload_bytes") {
      TRY_VOID(take_number(node, 1'024, 1 << 20, number));
      out_.payload_bytes = static_cast<std::size_t>(number);
    } else if (key == "entries") {
      TRY_VOID(take_number(node, 1, 100'000'000, number));
      out_.entries_max = static_cast<std::size_t>(number);
    } else {
      return fault(key.source(), "unknown setting (docs/gate-haproxy.md lists them)");
    }
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> fault(const toml::source_region& where,
                                             std::string_view what) const {
    return fail(Errc::invalid_input,
                format("{}:{}:{}: {}", file_, where.begin.line, where.begin.column, what));
  }
  Result<void> take_text(const toml::node& node, std::string& out) const {
    const auto text = node.value_exact<std::string>();
    if (!text) return fault(node.source(), "must be a text, in quotes");
    out = *text;
    return {};
  }
  Result<void> take_map(const toml::node& node) const {
    TRY_VOID(take_text(node, out_.map));
    if (is_map_name(out_.map)) return {};
    return fault(node.source(),
                 "no map's name (a file's path without spaces, as in HAProxy's configuration, or "
                 "\"#\" and a number)");
  }
  Result<void> take_number(const toml::node& node, std::int64_t least, std::int64_t most,
                           std::int64_t& out) const {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < least || *value > most) {
      return fault(node.source(), format("must be a whole number from {} to {}", least, most));
    }
    out = *value;
    return {};
  }

  const std::string& file_;
  HaproxySettings& out_;
};

}  // namespace

Result<void> read_haproxy(const std::string& file, const toml::table& table, HaproxySettings& out) {
  Reading reading(file, out);
  for (const auto& [key, node] : table) TRY_VOID(reading.take(key, node));
  return {};
}

}  // namespace proviso::gate_daemon

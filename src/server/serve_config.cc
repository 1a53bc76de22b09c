// SPDX-License-Identifier: Apache-2.0
#include "server/serve_config.h"

#include <array>
#include <functional>
#include <map>
#include <string_view>

#include "base/text/format.h"
#include "server/toml_settings.h"

namespace proviso::server {
namespace {

using Settings = http::ServerSettings;

// One number of the section. What it means stands below it in the file that `init` writes.
struct Number {
  std::string_view key;
  std::int64_t least;
  std::int64_t most;
  std::int64_t fallback;
  std::string_view meaning;
  std::function<void(Settings&, std::int64_t)> take;
};

std::chrono::milliseconds seconds(std::int64_t n) { return std::chrono::seconds{n}; }
std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

const std::array<Number, 14>& numbers() {
  static const std::array<Number, 14> kNumbers = {{
      {"port", 0, 65535, 7480, "0: a free one, told in the first line of the log.",
       [](Settings& s, std::int64_t n) { s.port = static_cast<std::uint16_t>(n); }},
      {"header_bytes_max", 1024, 1 << 20, 16384, "Longest head of a request (431).",
       [](Settings& s, std::int64_t n) { s.header_bytes_max = size(n); }},
      {"handshake_seconds", 1, 3600, 10, "For the TLS handshake (closed).",
       [](Settings& s, std::int64_t n) { s.handshake = seconds(n); }},
      {"header_seconds", 1, 3600, 10, "From a request's first byte to the end of its head (408).",
       [](Settings& s, std::int64_t n) { s.header = seconds(n); }},
      {"request_seconds", 1, 3600, 30, "For its body (408), and then for making the answer (503).",
       [](Settings& s, std::int64_t n) { s.request = seconds(n); }},
      {"write_seconds", 1, 3600, 60, "Until a client has taken its answer (closed).",
       [](Settings& s, std::int64_t n) { s.write = seconds(n); }},
      {"idle_seconds", 1, 3600, 60, "Between two requests of a connection (closed).",
       [](Settings& s, std::int64_t n) { s.idle = seconds(n); }},
      {"stop_seconds", 0, 3600, 10, "For what runs when the server is told to stop.",
       [](Settings& s, std::int64_t n) { s.stop = seconds(n); }},
      {"workers", 1, 256, 2, "Threads that make answers.",
       [](Settings& s, std::int64_t n) { s.workers = size(n); }},
      {"connections_max", 1, 1 << 20, 1024, "Connections at once (503).",
       [](Settings& s, std::int64_t n) { s.clients.connections_max = size(n); }},
      {"connections_per_client_max", 1, 1 << 20, 64, "Of one address, for IPv6 of its /64 (429).",
       [](Settings& s, std::int64_t n) { s.clients.connections_per_client_max = size(n); }},
      {"requests_per_second", 0, 1'000'000, 200,
       "Of one client in the long run (429); 0: no limit.",
       [](Settings& s, std::int64_t n) { s.clients.requests_per_second = static_cast<double>(n); }},
      {"requests_burst", 1, 1'000'000, 400, "Of one client at once (429).",
       [](Settings& s, std::int64_t n) { s.clients.requests_burst = static_cast<double>(n); }},
      {"body_bytes_max", 0, 64 << 20, 1 << 20, "Longest body of a request (413), where one is due.",
       [](Settings& s, std::int64_t n) { s.body_bytes_max = size(n); }},
  }};
  return kNumbers;
}

Result<void> take_number(const std::string& name, std::string_view key, const toml::node& node,
                         Settings& out) {
  for (const Number& number : numbers()) {
    if (number.key != key) continue;
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < number.least || *value > number.most) {
      return fault_at(name, node.source(),
                      format("serve.{} must be {} to {}", key, number.least, number.most));
    }
    number.take(out, *value);
    return {};
  }
  return unknown_setting(name, node.source());
}

}  // namespace

Result<http::ServerSettings> parse_serve_config(const std::string& name, const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return fault_at(name, parsed.error().source(), parsed.error().description());
  Settings out;
  for (const Number& number : numbers()) number.take(out, number.fallback);
  const toml::node* section = parsed.table().get("serve");
  if (section == nullptr) return out;
  const toml::table* members = section->as_table();
  if (members == nullptr) return fault_at(name, section->source(), "serve must be a section");
  for (const auto& [key, node] : *members) {
    if (key == "address") {
      TRY_VOID(take_text(name, node, out.address));
    } else if (key == "tls_certificate") {
      TRY_VOID(take_text(name, node, out.tls_certificate));
    } else if (key == "tls_key") {
      TRY_VOID(take_text(name, node, out.tls_key));
    } else {
      TRY_VOID(take_number(name, key.str(), node, out));
    }
  }
  return out;
}

namespace {

std::string serve_section(std::string_view command,
                          const std::map<std::string_view, std::int64_t>& others) {
  std::string out = format(
      "[serve]\n"
      "# Where `{}` listens. Any other address than loopback needs TLS: PEM files,\n"
      "# relative to this folder; the key without a passphrase, readable by the server alone.\n"
      "address = \"127.0.0.1\"\n"
      "tls_certificate = \"\"\n"
      "tls_key = \"\"\n",
      command);
  for (const Number& number : numbers()) {
    const auto other = others.find(number.key);
    const std::int64_t value = other == others.end() ? number.fallback : other->second;
    out += format("# {}\n{} = {}\n", number.meaning, number.key, value);
  }
  return out;
}

}  // namespace

std::string default_serve_section() { return serve_section("proviso serve", {}); }

std::string witness_serve_section() {
  return serve_section("proviso witness run", {{"port", 7481},
                                               {"requests_per_second", 10},
                                               {"requests_burst", 100},
                                               {"connections_max", 256},
                                               {"connections_per_client_max", 16}});
}

}  // namespace proviso::server

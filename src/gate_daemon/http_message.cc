// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/http_message.h"

#include <algorithm>

namespace proviso::gate_daemon {
namespace {

constexpr std::size_t kFieldBytesMax = 1000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> HttpRequest::field(std::string_view name) const {
  for (const HttpField& f : fields) {
    if (same_name(f.name, name)) return f.value;
  }
  return std::nullopt;
}

std::size_t HttpRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [&](const HttpField& f) { return same_name(f.name, name); }));
}

void HttpAnswer::clear() {
  status = 200;
  type = {};
  fields.clear();
  body.clear();
}

void HttpAnswer::add_field(std::string_view name, std::string_view value) {
  fields.append(name).append(": ");
  for (const char c : value.substr(0, kFieldBytesMax)) {
    fields.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  fields.append("\r\n");
}

void HttpAnswer::set_text(int status_code, std::string_view text) {
  status = status_code;
  type = "text/plain; charset=utf-8";
  body.assign(text).push_back('\n');
}

}  // namespace proviso::gate_daemon

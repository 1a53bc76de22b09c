// SPDX-License-Identifier: Apache-2.0
// The texts of HTTP that we read ourselves: a request target, and the values of three header
// fields.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  const auto target = proviso::http::parse_target(text);
  if (target) {
    const std::string& path = target->path;
    CHECK(path.starts_with('/') && path.find("//") == std::string::npos);
    const std::string closed = path + "/";
    CHECK(closed.find("/../") == std::string::npos && closed.find("/./") == std::string::npos);
    CHECK(path.find('\0') == std::string::npos && path.find('\\') == std::string::npos);
  }
  const auto token = proviso::http::bearer_token(text);
  CHECK(token.size() <= 200 && token.find(' ') == std::string_view::npos);
  (void)proviso::http::choose_encoding(text);
  if (proviso::http::none_match_has(text, "\"etag\"")) {
    CHECK(text.find("\"etag\"") != std::string_view::npos || text.find('*') != text.npos);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Bytes of an HTTP client. In whatever pieces they come, the answers are the same.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "gate_daemon/http_connection.h"

namespace {

using namespace proviso::gate_daemon;

class Echo final : public HttpHandler {
 public:
  void answer(const HttpRequest& request, HttpAnswer& answer) override {
    answer.body.append(request.method).append(request.target);
    for (const HttpField& f : request.fields) {
      CHECK(f.value.find('\n') == std::string_view::npos);
      answer.body.append(f.name).append("=").append(f.value).append(";");
    }
    answer.body.append(request.body);
    answer.add_field("X-Echo", request.body);
  }
};

// Whether the client is told to go on depends on how its bytes come.
std::string without_continue(std::string out) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  for (std::size_t at; (at = out.find(kContinue)) != std::string::npos;) {
    out.erase(at, kContinue.size());
  }
  return out;
}

std::string play(std::string_view bytes, std::size_t piece) {
  Echo echo;
  HttpLimits limits;
  limits.head_bytes_max = 1'000;
  limits.body_bytes_max = 1'000;
  HttpConnection connection(echo, limits);
  std::string out;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
    const std::unique_ptr<char[]> copy(new char[size]);
    std::copy_n(bytes.begin(), size, copy.get());
    bytes.remove_prefix(size);
    if (!connection.take({copy.get(), size}, out)) return without_continue(out) + "(closed)";
  }
  return without_continue(out) + (connection.in_request() ? "(more)" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Longer lines before chunks are refused earlier where they come in pieces.
  if (size < 1 || size > 900) return 0;
  const std::size_t piece = 1U + data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  CHECK(play(bytes, bytes.size() + 1) == play(bytes, piece));
  return 0;
}

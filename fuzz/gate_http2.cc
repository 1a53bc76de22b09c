// SPDX-License-Identifier: Apache-2.0
// A client of gRPC. The bytes come in pieces, whose sizes are taken from their own first bytes;
// what is answered must be whole frames of HTTP/2, and no more than a fixed number of bytes for
// each that came.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "gate_daemon/grpc_connection.h"

namespace {

using namespace proviso::gate_daemon;  // NOLINT(google-build-using-namespace)

class Echo final : public GrpcService {
 public:
  [[nodiscard]] std::string_view name() const override { return "a.Service"; }
  GrpcStatus call(std::string_view method, std::string_view message, std::string& answer) override {
    if (method != "Check") return {GrpcCode::unimplemented, "no such method here"};
    answer.append(message);
    return {};
  }
};

void check_frames(std::string_view bytes) {
  while (!bytes.empty()) {
    CHECK(bytes.size() >= 9);
    std::size_t length = 0;
    for (int i = 0; i < 3; ++i)
      length = length * 256 + static_cast<std::uint8_t>(bytes[static_cast<std::size_t>(i)]);
    CHECK(bytes.size() >= 9 + length);
    bytes.remove_prefix(9 + length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 4;
  if (size < kHead) return 0;
  Echo echo;
  const GrpcLimits limits{.message_bytes_max = 4'096,
                          .pending_bytes_max = 16'384,
                          .streams_max = 16,
                          .header_bytes_max = 1'024,
                          .idle_frames_max = 500,
                          .resets_burst = 50,
                          .resets_per_second = 1};
  GrpcConnection connection(echo, limits);
  // Begins as every client does, if the input says so: else hardly any gets beyond it.
  std::string out;
  bool open = true;
  if ((data[0] & 1U) != 0) {
    open = connection.take(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\x04\0\0\0\0\0", 9), out);
    CHECK(open);
  }
  std::size_t taken = 64;
  for (std::size_t at = kHead, piece = 0; at < size && open; ++piece) {
    const std::size_t step = std::min<std::size_t>(size - at, data[piece % kHead] + std::size_t{1});
    // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
    const std::unique_ptr<char[]> copy(new char[step]);
    std::copy_n(data + at, step, copy.get());
    open = connection.take(std::string_view(copy.get(), step), out);
    at += step;
    taken += step;
  }
  connection.shut_down(out);
  check_frames(out);
  CHECK(out.size() <= 1'024 + taken * 128);
  return 0;
}

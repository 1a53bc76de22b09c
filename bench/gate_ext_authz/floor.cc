// SPDX-License-Identifier: Apache-2.0
#include "bench/gate_ext_authz/floor.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace proviso::bench {
namespace {

constexpr std::size_t kAnswer = 81;

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

ssize_t read_answer(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t,
                    std::uint32_t* flags, nghttp2_data_source*, void*) {
  std::fill_n(into, kAnswer, std::uint8_t{0});
  into[4] = kAnswer - 5;
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  static const std::array kTrailers{field("grpc-status", "0")};
  nghttp2_submit_trailer(session, id, kTrailers.data(), kTrailers.size());
  return kAnswer;
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  static const std::array kHeaders{field(":status", "200"),
                                   field("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.read_callback = &read_answer;
  nghttp2_submit_response(session, frame->hd.stream_id, kHeaders.data(), kHeaders.size(),
                          &provider);
  return 0;
}

class Floor final : public gate_daemon::Connection {
 public:
  Floor() {
    nghttp2_session_callbacks* calls = nullptr;
    CHECK(nghttp2_session_callbacks_new(&calls) == 0);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, &on_frame);
    CHECK(nghttp2_session_server_new(&session_, calls, nullptr) == 0);
    nghttp2_session_callbacks_del(calls);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Floor() override { nghttp2_session_del(session_); }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  bool take(std::string_view bytes, std::string& out) override {
    if (nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                 bytes.size()) < 0) {
      return false;
    }
    const std::uint8_t* piece = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session_, &piece)) > 0) {
      out.append(reinterpret_cast<const char*>(piece), static_cast<std::size_t>(size));
    }
    return true;
  }
  [[nodiscard]] bool in_request() const override { return false; }

 private:
  nghttp2_session* session_ = nullptr;
};

}  // namespace

std::unique_ptr<gate_daemon::Connection> make_floor() { return std::make_unique<Floor>(); }

}  // namespace proviso::bench

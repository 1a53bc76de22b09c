// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/testing/grpc_client.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/check.h"

namespace proviso::gate_daemon::testing {

struct GrpcClient::Calls {
  static GrpcClient& of(void* user) { return *static_cast<GrpcClient*>(user); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    const auto text = [](const std::uint8_t* bytes, std::size_t size) {
      return std::string(reinterpret_cast<const char*>(bytes), size);
    };
    of(user).answers_[frame->hd.stream_id].headers[text(name, name_size)] = text(value, value_size);
    return 0;
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t size, void* user) {
    of(user).answers_[id].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    GrpcClient& client = of(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      client.goaway_ = true;
      client.goaway_code_ = frame->goaway.error_code;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      client.answers_[frame->hd.stream_id].was_reset = true;
      client.answers_[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    } else if (frame->hd.stream_id != 0 && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      client.answers_[frame->hd.stream_id].ended = true;
    }
    return 0;
  }
  static int close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    of(user).answers_[id].closed = true;
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t room,
                      std::uint32_t* flags, nghttp2_data_source*, void* user) {
    std::string& body = of(user).bodies_[id];
    const std::size_t size = std::min(room, body.size());
    std::copy_n(body.data(), size, into);
    body.erase(0, size);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
};

GrpcClient::GrpcClient(std::uint32_t window) {
  nghttp2_session_callbacks* calls = nullptr;
  CHECK(nghttp2_session_callbacks_new(&calls) == 0);
  nghttp2_session_callbacks_set_on_header_callback(calls, &Calls::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, &Calls::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(calls, &Calls::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(calls, &Calls::close);
  CHECK(nghttp2_session_client_new(&session_, calls, this) == 0);
  nghttp2_session_callbacks_del(calls);
  const std::array settings{nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window}};
  CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
        0);
}

GrpcClient::~GrpcClient() { nghttp2_session_del(session_); }

Headers GrpcClient::call_headers(std::string_view path) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":path", std::string(path)},
          {":authority", "gate"},
          {"content-type", "application/grpc"},
          {"te", "trailers"},
          {"grpc-timeout", "200m"}};
}

std::string GrpcClient::framed(std::string_view message) {
  std::string out(5, '\0');
  for (std::size_t i = 0; i < 4; ++i) {
    out[4 - i] = static_cast<char>((message.size() >> (8 * i)) & 0xFF);
  }
  return out.append(message);
}

std::int32_t GrpcClient::request(const Headers& headers, std::string body) {
  std::vector<nghttp2_nv> list;
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  for (const auto& [name, value] : headers) {
    list.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{};
  provider.read_callback = &Calls::read;
  const bool empty = body.empty();
  const std::int32_t id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(),
                                                 empty ? nullptr : &provider, nullptr);
  bodies_[id] = std::move(body);
  return id;
}

std::string GrpcClient::send() {
  std::string out;
  const std::uint8_t* piece = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_, &piece)) > 0) {
    out.append(reinterpret_cast<const char*>(piece), static_cast<std::size_t>(size));
  }
  return out;
}

bool GrpcClient::receive(std::string_view bytes) {
  return nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                  bytes.size()) == static_cast<ssize_t>(bytes.size());
}

}  // namespace proviso::gate_daemon::testing

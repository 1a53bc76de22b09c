// SPDX-License-Identifier: Apache-2.0
// nghttp2 does the frames, header compression, flow control and what HTTP/2 demands of a client;
// this file tells it what to answer. Only this file knows it.
#include "gate_daemon/grpc_connection.h"

#include <algorithm>
#include <array>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace proviso::gate_daemon {
namespace {

constexpr std::string_view kHealth = "grpc.health.v1.Health";
// Until the client has been told so much, it may send without hearing of us: more than it can have
// under way on a local network.
constexpr std::int32_t kConnectionWindow = 4 * 1024 * 1024;

// Names and values that live for ever are not copied by nghttp2.
nghttp2_nv header(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it only reads them.
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

std::string_view digits(GrpcCode code) {
  switch (code) {
    case GrpcCode::ok: return "0";
    case GrpcCode::invalid_argument: return "3";
    case GrpcCode::not_found: return "5";
    case GrpcCode::resource_exhausted: return "8";
    case GrpcCode::unimplemented: return "12";
    case GrpcCode::internal: return "13";
  }
  return "2";  // UNKNOWN
}

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool is_grpc(std::string_view content_type) {
  constexpr std::string_view kType = "application/grpc";
  return content_type.starts_with(kType) &&
         (content_type.size() == kType.size() || content_type[kType.size()] == '+' ||
          content_type[kType.size()] == ';');
}

/// One request and its answer.
struct Stream {
  std::int32_t id = 0;
  std::string path;
  std::string body;
  std::string answer;
  std::size_t sent = 0;
  std::size_t header_bytes = 0;
  bool post = false;
  bool grpc = false;
  bool answered = false;

  /// Keeps the strings' memory, so that a connection in use allocates none.
  void reuse(std::int32_t new_id) {
    id = new_id;
    path.clear();
    body.clear();
    answer.clear();
    sent = header_bytes = 0;
    post = grpc = answered = false;
  }
};

}  // namespace

struct GrpcConnection::Session {
  Session(GrpcService& called, const GrpcLimits& given) : service(called), limits(given) {}
  ~Session() { nghttp2_session_del(h2); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void begin();
  bool take(std::string_view bytes);
  void drain(std::string& out);
  void send_all(std::string& out) const;

  // What nghttp2 tells. An int is 0, or one of its error codes.
  int on_begin_frame(const nghttp2_frame_hd& head);
  void on_begin_headers(std::int32_t id);
  static int on_header(std::uint32_t bytes_max, Stream& s, std::string_view name,
                       std::string_view value);
  void on_data(Stream& s, std::string_view bytes);
  void on_end_of_request(Stream& s);
  void on_close(Stream& s);
  [[nodiscard]] std::int64_t read_answer(Stream& s, std::uint8_t* into, std::size_t room,
                                         std::uint32_t& flags) const;

  [[nodiscard]] Stream* stream(std::int32_t id) const {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(h2, id));
  }
  GrpcStatus call(Stream& s);
  void send_answer(Stream& s) const;
  void refuse(Stream& s, GrpcStatus status) const;
  void refuse_http(Stream& s, std::string_view status) const;

  GrpcService& service;
  GrpcLimits limits;
  nghttp2_session* h2 = nullptr;
  std::vector<std::unique_ptr<Stream>> streams;  // as many as were ever open at once
  std::vector<Stream*> spare;                    // those of them that are not open
  std::size_t open = 0;
  std::vector<std::int32_t> cut_short;
  std::size_t pending_bytes = 0;
  std::uint32_t idle_frames = 0;
  bool stopping = false;
};

namespace {

// The C side of the callbacks: finds the session and the stream. What belongs to no open stream of
// ours is left to nghttp2.
template <class Session>
struct Callbacks {
  static Session& of(void* user) { return *static_cast<Session*>(user); }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    return of(user).on_begin_frame(*head);
  }
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) of(user).on_begin_headers(frame->hd.stream_id);
    return 0;
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    Stream* s = of(user).stream(frame->hd.stream_id);
    if (s == nullptr) return 0;
    return Session::on_header(of(user).limits.header_bytes_max, *s, text(name, name_size),
                              text(value, value_size));
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t size, void* user) {
    Stream* s = of(user).stream(id);
    if (s != nullptr) of(user).on_data(*s, text(bytes, size));
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                      (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS);
    if (!ends) return 0;
    Stream* s = of(user).stream(frame->hd.stream_id);
    if (s != nullptr) of(user).on_end_of_request(*s);
    return 0;
  }
  static int close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    Stream* s = of(user).stream(id);
    if (s != nullptr) of(user).on_close(*s);
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room,
                      std::uint32_t* flags, nghttp2_data_source* source, void* user) {
    return of(user).read_answer(*static_cast<Stream*>(source->ptr), into, room, *flags);
  }
};

}  // namespace

void GrpcConnection::Session::begin() {
  using Calls = Callbacks<Session>;
  nghttp2_session_callbacks* calls = nullptr;
  nghttp2_session_callbacks_new(&calls);
  nghttp2_session_callbacks_set_on_begin_frame_callback(calls, &Calls::begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(calls, &Calls::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(calls, &Calls::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, &Calls::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(calls, &Calls::frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(calls, &Calls::close);
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  nghttp2_option_set_stream_reset_rate_limit(options, limits.resets_burst,
                                             limits.resets_per_second);
  nghttp2_option_set_max_outbound_ack(options, 256);
  nghttp2_option_set_max_settings(options, 32);
  nghttp2_option_set_max_continuations(options, 8);
  CHECK(nghttp2_session_server_new2(&h2, calls, this, options) == 0);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(calls);
  const std::array settings{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_bytes_max},
      // Answers are as short as each other: there is nothing to order.
      nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  nghttp2_submit_settings(h2, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(h2, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

bool GrpcConnection::Session::take(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return nghttp2_session_mem_recv(h2, data, bytes.size()) >= 0;
}

// A reset that is queued with an answer would overtake it.
void GrpcConnection::Session::drain(std::string& out) {
  send_all(out);
  if (cut_short.empty()) return;
  for (const std::int32_t id : cut_short) {
    if (stream(id) == nullptr) continue;  // the request was over
    nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
  }
  cut_short.clear();
  send_all(out);
}

void GrpcConnection::Session::send_all(std::string& out) const {
  const std::uint8_t* piece = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(h2, &piece)) > 0) {
    out.append(text(piece, static_cast<std::size_t>(size)));
  }
}

// Counted before anything is done for the frame. A frame that ends a request sets it back.
int GrpcConnection::Session::on_begin_frame(const nghttp2_frame_hd& head) {
  const bool ends = (head.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                    (head.type == NGHTTP2_DATA || head.type == NGHTTP2_HEADERS);
  idle_frames = ends ? 0 : idle_frames + 1;
  if (idle_frames <= limits.idle_frames_max) return 0;
  nghttp2_session_terminate_session(h2, NGHTTP2_ENHANCE_YOUR_CALM);
  return 0;
}

void GrpcConnection::Session::on_begin_headers(std::int32_t id) {
  if (spare.empty()) {
    streams.push_back(std::make_unique<Stream>());
    spare.push_back(streams.back().get());
  }
  Stream* s = spare.back();
  if (nghttp2_session_set_stream_user_data(h2, id, s) != 0) return;
  spare.pop_back();
  s->reuse(id);
  ++open;
}

int GrpcConnection::Session::on_header(std::uint32_t bytes_max, Stream& s, std::string_view name,
                                       std::string_view value) {
  constexpr std::size_t kOverhead = 32;  // RFC 9113 section 6.5.2
  s.header_bytes += name.size() + value.size() + kOverhead;
  if (s.header_bytes > bytes_max) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // RST_STREAM
  if (name == ":path") {
    s.path = value;
  } else if (name == ":method") {
    s.post = value == "POST";
  } else if (name == "content-type") {
    s.grpc = is_grpc(value);
  }
  return 0;
}

// An answer before the request is over; drain() then tells the client to send no more of it.
void GrpcConnection::Session::on_data(Stream& s, std::string_view bytes) {
  if (s.answered) return;
  if (s.body.size() + bytes.size() > limits.message_bytes_max ||
      pending_bytes + bytes.size() > std::max(limits.pending_bytes_max, limits.message_bytes_max)) {
    refuse(s, {GrpcCode::resource_exhausted, "the message is larger than this gate's limit"});
    cut_short.push_back(s.id);
    return;
  }
  s.body.append(bytes);
  pending_bytes += bytes.size();
}

void GrpcConnection::Session::on_end_of_request(Stream& s) {
  if (s.answered) return;
  if (!s.post) return refuse_http(s, "405");
  if (!s.grpc) return refuse_http(s, "415");
  const std::size_t begun = begin_frame(s.answer);
  const GrpcStatus status = call(s);
  if (status.code != GrpcCode::ok) return refuse(s, status);
  end_frame(s.answer, begun);
  send_answer(s);
}

GrpcStatus GrpcConnection::Session::call(Stream& s) {
  const std::string_view path = s.path;
  const std::size_t slash = path.rfind('/');
  if (slash == 0 || slash == std::string_view::npos) {
    return {GrpcCode::unimplemented, "no such method here"};
  }
  const std::string_view name = path.substr(1, slash - 1);
  const std::string_view method = path.substr(slash + 1);
  const bool health = name == kHealth && method == "Check";
  if (!health && name != service.name()) {
    return {GrpcCode::unimplemented, "no such method here"};
  }
  std::string_view message;
  const GrpcStatus framed = unframe(s.body, message);
  if (framed.code != GrpcCode::ok) return framed;
  if (!health) return service.call(method, message, s.answer);
  return answer_health_check(message, service.name(), stopping ? Serving::no : Serving::yes,
                             s.answer);
}

void GrpcConnection::Session::send_answer(Stream& s) const {
  s.answered = true;
  static const std::array kHeaders{header(":status", "200"),
                                   header("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.source.ptr = &s;
  provider.read_callback = &Callbacks<Session>::read;
  nghttp2_submit_response(h2, s.id, kHeaders.data(), kHeaders.size(), &provider);
}

std::int64_t GrpcConnection::Session::read_answer(Stream& s, std::uint8_t* into, std::size_t room,
                                                  std::uint32_t& flags) const {
  const std::size_t size = std::min(room, s.answer.size() - s.sent);
  std::copy_n(s.answer.data() + s.sent, size, into);
  s.sent += size;
  if (s.sent == s.answer.size()) {
    flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    static const std::array kTrailers{header("grpc-status", "0")};
    nghttp2_submit_trailer(h2, s.id, kTrailers.data(), kTrailers.size());
  }
  return static_cast<std::int64_t>(size);
}

void GrpcConnection::Session::refuse(Stream& s, GrpcStatus status) const {
  s.answered = true;
  const std::array headers{header(":status", "200"), header("content-type", "application/grpc"),
                           header("grpc-status", digits(status.code)),
                           header("grpc-message", status.message),
                           header("grpc-accept-encoding", "identity")};
  nghttp2_submit_response(h2, s.id, headers.data(), headers.size(), nullptr);
}

void GrpcConnection::Session::refuse_http(Stream& s, std::string_view status) const {
  s.answered = true;
  const std::array headers{header(":status", status)};
  nghttp2_submit_response(h2, s.id, headers.data(), headers.size(), nullptr);
}

void GrpcConnection::Session::on_close(Stream& s) {
  --open;
  pending_bytes -= s.body.size();
  nghttp2_session_set_stream_user_data(h2, s.id, nullptr);
  constexpr std::size_t kKeptBytes = 8 * 1024;  // more than what nearly every request has
  if (s.body.capacity() > kKeptBytes) s.body = std::string{};
  spare.push_back(&s);
}

GrpcConnection::GrpcConnection(GrpcService& service, const GrpcLimits& limits)
    : session_(std::make_unique<Session>(service, limits)) {
  session_->begin();
}

GrpcConnection::~GrpcConnection() = default;

bool GrpcConnection::take(std::string_view bytes, std::string& out) {
  const bool good = session_->take(bytes);
  session_->drain(out);
  return good && (nghttp2_session_want_read(session_->h2) != 0 ||
                  nghttp2_session_want_write(session_->h2) != 0);
}

bool GrpcConnection::in_request() const { return session_->open > 0; }

void GrpcConnection::shut_down(std::string& out) {
  if (session_->stopping) return;
  session_->stopping = true;
  nghttp2_submit_goaway(session_->h2, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_->h2), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  session_->drain(out);
}

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
// A request is parsed only once its head is whole, so that all its names and values are views of
// one piece of memory: the socket's buffer, where it came in one piece as nearly all do, and then
// nothing is copied. Beast's parser knows the grammar and what smugglers do with lengths; its
// message type is not used, since it allocates for each field.
#include "gate_daemon/http_connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <vector>

namespace proviso::gate_daemon {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using Text = boost::beast::string_view;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view view(Text text) { return {text.data(), text.size()}; }

}  // namespace

// Beast's virtual functions, none of which may keep what it is given beyond its buffer's life.
struct HttpConnection::Head final : http::basic_parser<true> {
  std::string_view method;
  std::string_view target;
  std::vector<HttpField>& fields;
  std::size_t fields_max;
  std::string_view input;  // what fields must lie in
  std::string* chunks = nullptr;
  std::size_t chunk_bytes_max = 0;
  bool is_whole = false;
  bool is_folded = false;
  bool has_other_coding = false;
  bool expects_continue = false;
  std::size_t hosts = 0;
  int version = 11;

  Head(std::vector<HttpField>& into, std::size_t most) : fields(into), fields_max(most) {
    fields.clear();
    // Both are held by the connection, which knows what to answer.
    header_limit(0xFFFFFFFF);
    body_limit(boost::none);
    eager(true);
  }

  void on_request_impl(http::verb, Text method_text, Text target_text, int its_version,
                       error_code&) override {
    version = its_version;
    method = view(method_text);
    target = view(target_text);
  }
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_field_impl(http::field name, Text name_text, Text value, error_code& error) override {
    if (is_whole) return;  // trailer fields, after the last chunk, say nothing here
    if (fields.size() >= fields_max) {
      error = http::error::header_limit;
      return;
    }
    // Beast unfolds a value into memory of its own, which is gone when this returns.
    const char* const end = input.data() + input.size();
    if (!value.empty() && (value.data() < input.data() || value.data() + value.size() > end)) {
      is_folded = true;
      error = http::error::bad_value;
      return;
    }
    fields.push_back({view(name_text), view(value)});
    if (name == http::field::host) ++hosts;
    if (name == http::field::transfer_encoding && !same_name(view(value), "chunked")) {
      has_other_coding = true;
    }
    if (name == http::field::expect && same_name(view(value), "100-continue")) {
      expects_continue = true;
    }
  }
  void on_header_impl(error_code&) override { is_whole = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, error_code& error) override {
    if (chunks->size() + body.size() > chunk_bytes_max) {
      error = http::error::body_limit;
      return 0;
    }
    chunks->append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  error_code read(std::string_view text) {
    input = text;
    error_code error;
    put(boost::asio::const_buffer(text.data(), text.size()), error);
    return error;
  }
};

HttpConnection::HttpConnection(HttpHandler& handler, const HttpLimits& limits)
    : handler_(handler), limits_(limits) {}
HttpConnection::~HttpConnection() = default;

bool HttpConnection::in_request() const { return !input_.empty() || in_chunks_; }

void HttpConnection::shut_down(std::string&) { stopping_ = true; }

bool HttpConnection::take(std::string_view bytes, std::string& out) {
  if (closed_) return false;
  const bool kept = !input_.empty();
  if (kept) input_.append(bytes);
  const std::string_view input = kept ? std::string_view(input_) : bytes;
  const std::size_t before = out.size();
  std::size_t used = 0;
  Step next = Step::next;
  while (next == Step::next && used < input.size()) {
    if (out.size() - before > limits_.output_bytes_max) {
      next = Step::close;
      break;
    }
    next = step(input.substr(used), used, out);
  }
  closed_ = next == Step::close;
  if (closed_) {
    input_ = {};
    return false;
  }
  if (kept) {
    input_.erase(0, used);
  } else {
    input_.assign(bytes.substr(used));
  }
  return true;
}

HttpConnection::Step HttpConnection::step(std::string_view input, std::size_t& used,
                                          std::string& out) {
  if (in_chunks_) return read_chunks(input, used, out);
  // Before a request, some clients end the body of the last one with a line of their own.
  while (input.starts_with("\r\n")) {
    input.remove_prefix(2);
    used += 2;
    searched_ = 0;
  }
  if (input.empty()) return Step::next;
  if (input.size() < wanted_) return Step::more;
  return read_head(input, used, out);
}

HttpConnection::Step HttpConnection::read_head(std::string_view input, std::size_t& used,
                                               std::string& out) {
  const std::size_t end = input.find(kHeadEnd, searched_);
  const std::size_t size = end == std::string_view::npos ? input.size() : end + kHeadEnd.size();
  if (size > limits_.head_bytes_max) return refuse(431, "the head of the request is too long", out);
  if (end == std::string_view::npos) {
    searched_ = size < kHeadEnd.size() ? 0 : size - kHeadEnd.size() + 1;
    return Step::more;
  }
  head_ = std::make_unique<Head>(fields_, limits_.fields_max);
  Head& head = *head_;
  const error_code error = head.read(input.substr(0, size));
  if (error == http::error::header_limit) {
    return refuse(431, "the request has too many header fields", out);
  }
  if (error == http::error::bad_version) return refuse(505, "only HTTP/1.0 and HTTP/1.1", out);
  if (head.is_folded) return refuse(400, "a header field is folded over lines", out);
  if (error) return refuse(400, "not an HTTP/1.1 request", out);
  if (head.has_other_coding) return refuse(501, "of transfer codings, only chunked", out);
  if (head.hosts > 1 || (head.hosts == 0 && head.version >= 11)) {
    return refuse(400, "one Host field is wanted", out);
  }
  if (head.chunked()) {
    // Its fields must live until the last chunk, and the buffer does not.
    chunked_head_.assign(input.substr(0, size));
    chunked_body_.clear();
    head_ = std::make_unique<Head>(fields_, limits_.fields_max);
    if (head_->read(chunked_head_)) return refuse(400, "not an HTTP/1.1 request", out);
    head_->chunks = &chunked_body_;
    head_->chunk_bytes_max = limits_.body_bytes_max;
    in_chunks_ = true;
    used += size;
    searched_ = 0;
    if (head_->expects_continue && input.size() == size) out.append(kContinue);
    return Step::next;
  }
  const std::uint64_t length = head.content_length().value_or(0);
  if (length > limits_.body_bytes_max) return refuse(413, "the body is too long", out);
  if (input.size() - size < length) {
    wanted_ = size + length;
    if (head.expects_continue && !continued_) out.append(kContinue);
    continued_ = true;
    return Step::more;
  }
  used += size + length;
  return answer(input.substr(size, length), out);
}

HttpConnection::Step HttpConnection::read_chunks(std::string_view input, std::size_t& used,
                                                 std::string& out) {
  error_code error;
  while (!head_->is_done()) {
    const std::size_t taken =
        head_->put(boost::asio::const_buffer(input.data(), input.size()), error);
    used += taken;
    input.remove_prefix(taken);
    if (error == http::error::body_limit) return refuse(413, "the body is too long", out);
    if (error == http::error::need_more || (!error && input.empty() && !head_->is_done())) {
      // The line before a chunk, or the fields after the last one.
      if (input.size() > limits_.head_bytes_max) return refuse(400, "a chunk without end", out);
      return Step::more;
    }
    if (error) return refuse(400, "broken chunks", out);
  }
  in_chunks_ = false;
  return answer(chunked_body_, out);
}

HttpConnection::Step HttpConnection::answer(std::string_view body, std::string& out) {
  const Head& head = *head_;
  HttpRequest request{
      .method = head.method, .target = head.target, .fields = fields_, .body = body};
  const bool only_head = request.method == "HEAD";
  if (only_head) request.method = "GET";
  answer_.clear();
  handler_.answer(request, answer_);
  const bool keep_alive = head.keep_alive() && !stopping_;
  searched_ = 0;
  wanted_ = 0;
  continued_ = false;
  write(keep_alive, out);
  if (only_head) out.resize(out.size() - answer_.body.size());
  return keep_alive ? Step::next : Step::close;
}

HttpConnection::Step HttpConnection::refuse(int status, std::string_view text, std::string& out) {
  answer_.clear();
  answer_.set_text(status, text);
  write(false, out);
  return Step::close;
}

namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200: return "HTTP/1.1 200 OK\r\n";
    case 204: return "HTTP/1.1 204 No Content\r\n";
    case 400: return "HTTP/1.1 400 Bad Request\r\n";
    case 403: return "HTTP/1.1 403 Forbidden\r\n";
    case 404: return "HTTP/1.1 404 Not Found\r\n";
    case 405: return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 413: return "HTTP/1.1 413 Content Too Large\r\n";
    case 431: return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 501: return "HTTP/1.1 501 Not Implemented\r\n";
    case 503: return "HTTP/1.1 503 Service Unavailable\r\n";
    case 505: return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    default: return "HTTP/1.1 500 Internal Server Error\r\n";
  }
}

}  // namespace

void HttpConnection::write(bool keep_alive, std::string& out) {
  out.append(status_line(answer_.status));
  if (!answer_.type.empty()) out.append("Content-Type: ").append(answer_.type).append("\r\n");
  if (answer_.status == 204) {
    answer_.body.clear();  // RFC 9110: neither a body nor a length
  } else {
    std::array<char, 20> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), answer_.body.size());
    out.append("Content-Length: ").append(digits.data(), end.ptr).append("\r\n");
  }
  if (!keep_alive) out.append("Connection: close\r\n");
  out.append(answer_.fields).append("\r\n").append(answer_.body);
}

}  // namespace proviso::gate_daemon

// SPDX-License-Identifier: Apache-2.0
#include "http/representation.h"

#include <zlib.h>
#include <zstd.h>

#include "base/digest.h"

namespace proviso::http {
namespace {

constexpr int kGzipLevel = 5;
constexpr int kZstdLevel = 3;

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kWindowAndGzipHeader = 15 + 16;
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kWindowAndGzipHeader, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return code == Z_STREAM_END ? out : std::string();
}

std::string zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) return {};
  out.resize(size);
  return out;
}

std::string_view cache_control(Caching caching) {
  switch (caching) {
    case Caching::never: return "no-store";
    case Caching::for_seconds: return "public, max-age=5";
    case Caching::for_minute: return "public, max-age=60";
    case Caching::for_ever: return "public, max-age=31536000, immutable";
  }
  return "no-store";
}

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::gzip: return "gzip";
    case Encoding::zstd: return "zstd";
    case Encoding::identity: return "";
  }
  return "";
}

void encode_body(Response& response, Encoding encoding) {
  std::string compressed = compress(response.body, encoding);
  if (compressed.empty() || compressed.size() >= response.body.size()) return;
  response.body = std::move(compressed);
  response.headers.emplace_back("Content-Encoding", name_of(encoding));
}

// Of the body before compression, and the encoding: each representation has its own (RFC 9110
// section 8.8.3.3), and an answer of 304 needs no compression.
std::string etag_of(std::string_view body, Encoding encoding) {
  std::string tag = "\"" + sha256(body).hex().substr(0, 32);
  if (encoding != Encoding::identity) tag.append("-").append(name_of(encoding));
  return tag + "\"";
}

}  // namespace

std::string compress(std::string_view bytes, Encoding encoding) {
  switch (encoding) {
    case Encoding::gzip: return gzip(bytes);
    case Encoding::zstd: return zstd(bytes);
    case Encoding::identity: return {};
  }
  return {};
}

Response represent(const Request& request, Response response) {
  response.headers.emplace_back("Cache-Control", cache_control(response.caching));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Request-Id", request.id);
  if (response.open_to_scripts) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  }
  Encoding encoding = Encoding::identity;
  if (response.compressible) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (response.body.size() >= kCompressFromBytes) {
      encoding = choose_encoding(request.header("accept-encoding"));
    }
  }
  const bool can_be_kept = response.status == 200 && response.caching != Caching::never;
  if (can_be_kept) {
    const std::string etag = etag_of(response.body, encoding);
    response.headers.emplace_back("ETag", etag);
    if (none_match_has(request.header("if-none-match"), etag)) {
      response.status = 304;
      response.body.clear();
      response.content_type.clear();
      return response;
    }
  }
  if (encoding != Encoding::identity) encode_body(response, encoding);
  return response;
}

}  // namespace proviso::http

// SPDX-License-Identifier: Apache-2.0
#include "http/gunzip.h"

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

namespace proviso::http {
namespace {

constexpr int kWindowAndGzipHeader = 15 + 16;
constexpr std::size_t kStep = 64 * 1024;

struct Inflater {
  z_stream stream{};
  bool ready = inflateInit2(&stream, kWindowAndGzipHeader) == Z_OK;
  Inflater() = default;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

Result<std::string> gunzip(std::string_view bytes, std::uint64_t bytes_max) {
  const auto damaged = [] { return fail(Errc::unavailable, "a gzip stream is cut or damaged"); };
  Inflater inflater;
  z_stream& stream = inflater.stream;
  if (!inflater.ready || bytes.size() > std::numeric_limits<uInt>::max()) return damaged();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, kStep> step{};
  for (int code = Z_OK; code != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(step.data());
    stream.avail_out = static_cast<uInt>(step.size());
    code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = step.size() - stream.avail_out;
    // Nothing more comes of it: the input is at its end, and the stream is not.
    if ((code != Z_OK && code != Z_STREAM_END) || (code == Z_OK && made == 0)) return damaged();
    if (out.size() + made > bytes_max) return fail(Errc::exhausted, "the answer is too long");
    out.append(step.data(), made);
  }
  return stream.avail_in == 0 ? Result<std::string>(std::move(out)) : damaged();
}

}  // namespace proviso::http

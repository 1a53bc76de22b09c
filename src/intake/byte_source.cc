// SPDX-License-Identifier: Apache-2.0
#include "intake/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace proviso::intake {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::size_t kFilesMax = 1'000'000;
// RFC 8878 lets a frame ask for any window; this is the window of `zstd --ultra -22`.
constexpr int kZstdWindowLogMax = 27;

enum class Packing : std::uint8_t { unknown, plain, gzip, zstd };

struct ZstdFree {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

}  // namespace

struct ByteSource::State {
  std::string name;
  int fd = -1;            // -1: all bytes are in `raw` already
  std::vector<char> raw;  // packed bytes, [begin, end) not yet used
  std::size_t begin = 0;
  std::size_t end = 0;
  bool raw_ended = false;
  std::uint64_t raw_offset = 0;  // of raw[begin] in the file
  std::uint64_t position = 0;
  Packing packing = Packing::unknown;
  z_stream gzip{};
  bool gzip_ready = false;
  std::unique_ptr<ZSTD_DStream, ZstdFree> zstd;
  bool inside_frame = false;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (gzip_ready) inflateEnd(&gzip);
    if (fd > STDIN_FILENO) ::close(fd);
  }

  Result<std::size_t> read_file(std::span<char> out);
  Result<void> refill();
  Result<void> detect();
  Result<std::size_t> read_plain(std::span<char> out);
  Result<std::size_t> read_gzip(std::span<char> out);
  Result<std::size_t> read_zstd(std::span<char> out);
  void used(std::size_t count) {
    begin += count;
    raw_offset += count;
  }
  [[nodiscard]] std::unexpected<Error> damaged(std::string_view what) const {
    return fail(Errc::invalid_input,
                name + ": byte " + std::to_string(raw_offset) + ": " + std::string(what));
  }
};

/// 0 and `raw_ended` at the end of the file.
Result<std::size_t> ByteSource::State::read_file(std::span<char> out) {
  ssize_t count = 0;
  do {
    count = ::read(fd, out.data(), out.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return fail(Errc::unavailable, name + ": cannot be read (" + std::strerror(errno) + ")");
  }
  raw_ended = count == 0;
  return static_cast<std::size_t>(count);
}

/// Appends to [begin, end) until there is more or the input ends.
Result<void> ByteSource::State::refill() {
  if (raw_ended || fd < 0) {
    raw_ended = true;
    return {};
  }
  if (begin > 0) {
    std::memmove(raw.data(), raw.data() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  if (end == raw.size()) return {};
  end += TRY(read_file(std::span(raw).subspan(end)));
  return {};
}

Result<void> ByteSource::State::detect() {
  while (end - begin < 4 && !raw_ended) TRY_VOID(refill());
  const std::string_view head(raw.data() + begin, end - begin);
  packing = Packing::plain;
  if (head.starts_with("\x1F\x8B")) {
    packing = Packing::gzip;
    // 16 + MAX_WBITS: a gzip header and no other.
    if (inflateInit2(&gzip, 16 + MAX_WBITS) != Z_OK) return damaged("no memory for gzip");
    gzip_ready = true;
    inside_frame = true;
  } else if (head.starts_with("\x28\xB5\x2F\xFD")) {
    packing = Packing::zstd;
    zstd.reset(ZSTD_createDStream());
    if (!zstd) return damaged("no memory for Zstandard");
    ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
    inside_frame = true;
  }
  return {};
}

Result<std::size_t> ByteSource::State::read_plain(std::span<char> out) {
  if (begin == end && !raw_ended && fd >= 0) {  // nothing waits: no need for a copy
    const std::size_t count = TRY(read_file(out));
    raw_offset += count;
    return count;
  }
  if (begin == end) TRY_VOID(refill());
  const std::size_t count = std::min(out.size(), end - begin);
  if (count > 0) std::memcpy(out.data(), raw.data() + begin, count);
  used(count);
  return count;
}

Result<std::size_t> ByteSource::State::read_gzip(std::span<char> out) {
  for (;;) {
    if (begin == end) TRY_VOID(refill());
    if (begin == end) {
      if (inside_frame) return damaged("the gzip data is cut off (fetch the file again)");
      return std::size_t{0};
    }
    if (!inside_frame) {  // the next member of a file that was put together from several
      if (inflateReset(&gzip) != Z_OK) return damaged("gzip data cannot go on");
      inside_frame = true;
    }
    gzip.next_in = reinterpret_cast<Bytef*>(raw.data() + begin);
    gzip.avail_in = static_cast<uInt>(end - begin);
    gzip.next_out = reinterpret_cast<Bytef*>(out.data());
    gzip.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1U << 30U));
    const uInt room = gzip.avail_out;
    const int status = inflate(&gzip, Z_NO_FLUSH);
    const std::size_t made = room - gzip.avail_out;
    used(end - begin - gzip.avail_in);
    if (status == Z_STREAM_END) inside_frame = false;
    if (made > 0) return made;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return damaged("the gzip data is damaged (fetch the file again)");
    }
  }
}

Result<std::size_t> ByteSource::State::read_zstd(std::span<char> out) {
  for (;;) {
    if (begin == end) TRY_VOID(refill());
    ZSTD_inBuffer in{raw.data() + begin, end - begin, 0};
    ZSTD_outBuffer made{out.data(), out.size(), 0};
    if (in.size == 0 && !inside_frame) return std::size_t{0};
    const std::size_t left = ZSTD_decompressStream(zstd.get(), &made, &in);
    used(in.pos);
    if (ZSTD_isError(left) != 0) {
      return damaged("the Zstandard data is damaged or needs too much memory");
    }
    inside_frame = left != 0;
    if (made.pos > 0) return made.pos;
    if (raw_ended && in.size == 0 && inside_frame) {
      return damaged("the Zstandard data is cut off (fetch the file again)");
    }
  }
}

ByteSource::ByteSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
ByteSource::~ByteSource() = default;
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;

Result<ByteSource> ByteSource::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->name = path == "-" ? "standard input" : path;
  state->fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (state->fd < 0) {
    const Errc code = errno == ENOENT ? Errc::not_found : Errc::unavailable;
    return fail(code, path + ": cannot be opened (" + std::strerror(errno) + ")");
  }
  struct stat info{};
  if (::fstat(state->fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    return fail(Errc::invalid_input, path + ": is a folder (give its files)");
  }
  state->raw.resize(kChunkBytes);
  return ByteSource(std::move(state));
}

Result<ByteSource> ByteSource::from_memory(std::string name, std::string bytes) {
  auto state = std::make_unique<State>();
  state->name = std::move(name);
  state->raw.assign(bytes.begin(), bytes.end());
  state->end = state->raw.size();
  return ByteSource(std::move(state));
}

Result<std::size_t> ByteSource::read(std::span<char> buffer) {
  if (buffer.empty()) return std::size_t{0};
  if (state_->packing == Packing::unknown) TRY_VOID(state_->detect());
  Result<std::size_t> count = state_->packing == Packing::gzip   ? state_->read_gzip(buffer)
                              : state_->packing == Packing::zstd ? state_->read_zstd(buffer)
                                                                 : state_->read_plain(buffer);
  if (count) state_->position += *count;
  return count;
}

Result<void> ByteSource::skip_to(std::uint64_t offset) {
  if (offset < position()) {
    return fail(Errc::invalid_input, name() + ": cannot go back to byte " + std::to_string(offset));
  }
  std::vector<char> scratch(kChunkBytes);
  while (position() < offset) {
    const std::uint64_t left = offset - position();
    const std::span<char> part(scratch.data(), std::min<std::uint64_t>(scratch.size(), left));
    const std::size_t count = TRY(read(part));
    if (count == 0) {
      return fail(Errc::invalid_input, name() + ": ends at byte " + std::to_string(position()) +
                                           ", before the place to go on from (was it cut?)");
    }
  }
  return {};
}

std::uint64_t ByteSource::position() const { return state_->position; }
const std::string& ByteSource::name() const { return state_->name; }

namespace {

Result<void> add_folder(const std::string& folder, std::vector<std::string>& out) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> found;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const bool hidden = it->path().filename().native().starts_with('.');
    std::error_code ignored;
    if (hidden && it->is_directory(ignored)) it.disable_recursion_pending();
    if (!hidden && it->is_regular_file(ignored)) found.push_back(it->path().native());
    if (found.size() + out.size() > kFilesMax) {
      return fail(Errc::exhausted, folder + ": more than a million files (give fewer at a time)");
    }
  }
  if (error)
    return fail(Errc::unavailable, folder + ": cannot be listed (" + error.message() + ")");
  std::sort(found.begin(), found.end());
  out.insert(out.end(), found.begin(), found.end());
  return {};
}

}  // namespace

Result<std::vector<std::string>> expand_inputs(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path != "-" && std::filesystem::is_directory(path, error)) {
      TRY_VOID(add_folder(path, out));
    } else {
      out.push_back(path);
    }
  }
  return out;
}

}  // namespace proviso::intake

// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/line_file.h"

#include <cerrno>
#include <cstdio>
#include <vector>

#include <zstd.h>

namespace proviso::provider_sim {
namespace {

constexpr int kLevel = 3;
constexpr std::size_t kBufferBytes = 1U << 20U;

}  // namespace

struct LineFile::State {
  std::string path;
  std::FILE* file = nullptr;
  ZSTD_CCtx* zstd = nullptr;
  std::string pending;  ///< not yet given to zstd or the file
  std::vector<char> compressed;

  ~State() {
    ZSTD_freeCCtx(zstd);
    if (file != nullptr && file != stdout) std::fclose(file);
  }

  [[nodiscard]] std::unexpected<Error> failed() const {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    return fail(full ? Errc::exhausted : Errc::unavailable,
                path + (full ? ": the disk is full" : ": cannot be written"));
  }

  Result<void> put(const char* data, std::size_t size) {
    if (std::fwrite(data, 1, size, file) != size) return failed();
    return {};
  }

  /// Gives what is pending to the file. `end` closes the Zstandard frame.
  Result<void> flush(bool end) {
    if (zstd == nullptr) {
      TRY_VOID(put(pending.data(), pending.size()));
      pending.clear();
      return {};
    }
    ZSTD_inBuffer in{pending.data(), pending.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{compressed.data(), compressed.size(), 0};
      const std::size_t left =
          ZSTD_compressStream2(zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0U) {
        return fail(Errc::unavailable, path + ": cannot be compressed");
      }
      TRY_VOID(put(compressed.data(), out.pos));
      more = end ? left != 0 : in.pos != in.size;
    }
    pending.clear();
    return {};
  }
};

LineFile::LineFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
LineFile::~LineFile() = default;
LineFile::LineFile(LineFile&&) noexcept = default;
LineFile& LineFile::operator=(LineFile&&) noexcept = default;

Result<LineFile> LineFile::create(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path == "-" ? "standard output" : path;
  state->file = path == "-" ? stdout : std::fopen(path.c_str(), "wbe");
  if (state->file == nullptr) return state->failed();
  if (path.ends_with(".zst")) {
    state->zstd = ZSTD_createCCtx();
    if (state->zstd == nullptr) return fail(Errc::exhausted, path + ": no memory to compress");
    // One thread and one level: the bytes depend on the input and the library's
    // version only.
    ZSTD_CCtx_setParameter(state->zstd, ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(state->zstd, ZSTD_c_checksumFlag, 1);
    state->compressed.resize(ZSTD_CStreamOutSize());
  }
  return LineFile(std::move(state));
}

Result<void> LineFile::write(std::string_view bytes) {
  state_->pending.append(bytes);
  return state_->pending.size() < kBufferBytes ? Result<void>{} : state_->flush(false);
}

Result<void> LineFile::close() {
  TRY_VOID(state_->flush(true));
  std::FILE* file = state_->file;
  if (std::fflush(file) != 0) return state_->failed();
  state_->file = nullptr;
  if (file != stdout && std::fclose(file) != 0) return state_->failed();
  return {};
}

}  // namespace proviso::provider_sim

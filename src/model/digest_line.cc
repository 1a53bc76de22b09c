// SPDX-License-Identifier: Apache-2.0
#include "model/digest_line.h"

#include "base/digest.h"

namespace proviso::model {

std::string with_digest_line(std::string body) {
  const std::string digest = sha256(body).hex();
  body += '\n';
  body += digest;
  body += '\n';
  return body;
}

Result<std::string_view> without_digest_line(std::string_view text, std::string_view what,
                                             std::size_t bytes_max) {
  constexpr std::size_t kTrailer = 1 + 64 + 1;
  const std::string name(what);
  if (text.size() > bytes_max) {
    return fail(Errc::exhausted, name + ": over " + std::to_string(bytes_max >> 20U) + " MiB");
  }
  if (text.size() < kTrailer || text.back() != '\n') {
    return fail(Errc::corrupt, name + ": cut short (fetch it again)");
  }
  const std::string_view body = text.substr(0, text.size() - kTrailer);
  const std::string_view trailer = text.substr(body.size());
  if (trailer.front() != '\n' || trailer.substr(1, 64) != sha256(body).hex()) {
    return fail(Errc::corrupt, name + ": damaged, its digest does not fit (fetch it again)");
  }
  return body;
}

}  // namespace proviso::model

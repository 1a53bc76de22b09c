// SPDX-License-Identifier: Apache-2.0
#include "ledger/id_file.h"

#include <string_view>

#include "base/digest.h"

namespace proviso::ledger {
namespace {

constexpr std::size_t kCheckBytes = 4;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{8} << 30U;

std::string check_of(std::uint64_t index, std::string_view id) {
  const Digest digest = sha256(std::to_string(index) + "\n" + std::string(id));
  return std::string(digest.view().substr(0, kCheckBytes));
}

}  // namespace

std::string encode_id(std::uint64_t index, const std::string& id) {
  return std::string(1, static_cast<char>(id.size())) + id + check_of(index, id);
}

Result<std::vector<std::string>> load_ids(FileSystem& fs, const std::string& path,
                                          std::uint64_t count) {
  auto read = fs.read(path, kFileBytesMax);
  if (!read && read.error().code != Errc::not_found) return std::unexpected(read.error());
  const std::string bytes = read ? std::move(*read) : std::string();
  std::vector<std::string> ids;
  std::string_view rest = bytes;
  while (ids.size() < count) {
    const std::size_t length = rest.empty() ? 0 : static_cast<unsigned char>(rest[0]);
    if (rest.size() < 1 + length + kCheckBytes ||
        rest.substr(1 + length, kCheckBytes) != check_of(ids.size(), rest.substr(1, length))) {
      return fail(Errc::corrupt, path + ": damaged at entry " + std::to_string(ids.size()));
    }
    ids.emplace_back(rest.substr(1, length));
    rest.remove_prefix(1 + length + kCheckBytes);
  }
  if (!rest.empty()) TRY_VOID(fs.truncate(path, bytes.size() - rest.size()));
  return ids;
}

}  // namespace proviso::ledger

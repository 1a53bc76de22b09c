// SPDX-License-Identifier: Apache-2.0
// An ssh-agent's list of keys, by whoever answers at its socket.
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "keys/ssh_frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  proviso::keys::SshFrame frame({copy.get(), size});
  const auto keys = proviso::keys::read_ssh_keys(frame);
  if (!keys) {
    CHECK(!keys.error().message.empty());
    return 0;
  }
  for (const auto& key : *keys) CHECK(key.blob.size() <= size && key.comment.size() <= size);
  return 0;
}

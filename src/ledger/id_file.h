// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"

// The private list of entry ids, in the order of entries; layout in docs/formats/ledger.md.
namespace proviso::ledger {

/// One id as it stands in the file: its length (one byte), itself, four bytes of check over index
/// and id.
std::string encode_id(std::uint64_t index, const std::string& id);

/// The first `count` ids. Cuts off what follows them (a write-ahead frame holds those again).
/// `corrupt` where there are fewer.
Result<std::vector<std::string>> load_ids(FileSystem& fs, const std::string& path,
                                          std::uint64_t count);

}  // namespace proviso::ledger

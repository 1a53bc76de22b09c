// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "rules/load.h"
#include "server/data_folder.h"

namespace proviso::server {

/// A file of a rulebook or a field policy, as it was.
struct KeptFile {
  std::string name;
  std::string content;
};

/// Keeps the rulebook, the field policy and the catalogue that are in force in the store, each file
/// under the digest of its content and each folder under the digest that orders name, so that a
/// signal can be made again after they have changed. Nothing where they are kept already.
Result<void> keep_documents(DataFolder& folder);

/// The files of a folder that was kept, by its digest. not_found where it never was; corrupt where
/// a file is not what its digest says.
Result<std::vector<KeptFile>> kept_folder(DataFolder& folder, const Digest& digest);

/// The rulebook that the orders in force name: as it was kept, or from the folder where that is the
/// one. Empty before the seal. `conflict` where neither is.
Result<std::vector<rules::RuleSource>> rulebook_in_force(DataFolder& folder);

}  // namespace proviso::server

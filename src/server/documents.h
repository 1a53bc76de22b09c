// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "server/data_folder.h"

namespace proviso::server {

/// I1: refuses (`conflict`) where rulebook, field policy, catalogue or terms in the folder are not
/// the ones that people put in force. Says which, and how to put it right.
Result<void> check_documents(DataFolder& folder);

/// The files that make up a rulebook: the folder's *.yml, sorted, sub-folders not. Exactly what
/// folder_digest() names, so that no rule can be slipped in beside it.
Result<std::vector<std::string>> rulebook_files(const std::string& folder);

}  // namespace proviso::server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/data_folder.h"

namespace proviso::server {

/// A document that somebody wants to put in force, looked at as a review would.
struct CheckedDocument {
  Digest digest;         ///< what the order will name
  std::string document;  ///< canonical text; empty for a folder (rulebook, field policy)
  /// What is wrong with it, each "FILE:LINE:COLUMN: what". It may be proposed only where empty.
  std::vector<std::string> problems;
};

/// Checks the file or folder at `path`, writing nothing: a rulebook compiles under the field policy
/// and terms in force; a field policy keeps to the never-list and to what the rulebook in force
/// reads (I1); terms keep those that the rulebook cites, and a changed clause has a higher version;
/// a catalogue parses. conflict: before the seal, or where what it is checked against does not lie
/// in the folder as it is in force. `kind`: one of these four.
Result<CheckedDocument> check_change(DataFolder& folder, model::OrderKind kind,
                                     const std::string& path);

/// The same for all four as they lie in a folder that is about to be sealed: the genesis puts them
/// in force. The error is the first thing that is wrong.
Result<void> check_founding_documents(const FolderPaths& paths);

}  // namespace proviso::server

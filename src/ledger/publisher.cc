// SPDX-License-Identifier: Apache-2.0
#include "ledger/publisher.h"

namespace proviso::ledger {

Result<void> Publisher::publish(const Publication& publication) {
  for (const LogFile& file : publication.files) {
    const std::string path = paths_.public_dir() + "/" + file.path;
    const std::string folder = path.substr(0, path.rfind('/'));
    if (folders_.insert(folder).second) TRY_VOID(fs_.make_directories(folder));
    TRY_VOID(fs_.write_atomic(path, file.bytes));
    // A crash here leaves files beyond the public checkpoint, which nobody looks at; recovery makes
    // the same again from the frames.
  }
  return fs_.write_atomic(paths_.checkpoint(), publication.checkpoint);
}

}  // namespace proviso::ledger

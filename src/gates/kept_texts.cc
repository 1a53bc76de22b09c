// SPDX-License-Identifier: Apache-2.0
#include "gates/kept_texts.h"

#include "model/gate_snapshot.h"

namespace proviso::gates {

Result<KeptTexts> read_kept_texts(FileSystem& fs, const std::string& state_dir) {
  for (const std::string& file : {state_dir + "/newest.snapshot", state_dir + "/quorum.snapshot"}) {
    auto text = fs.read(file, model::kSnapshotBytesMax);
    if (!text || !model::parse_snapshot(*text)) continue;
    KeptTexts out;
    out.file = file;
    out.snapshot = *std::move(text);
    if (file.ends_with("/newest.snapshot")) return out;
    DeltaJournal journal(state_dir + "/deltas", fs);
    out.since = journal.read(snapshot_digest(out.snapshot));
    return out;
  }
  return fail(Errc::not_found, state_dir + ": no snapshot is kept there");
}

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/knowledge.h"

#include "gates/kept_texts.h"

namespace proviso::gate_daemon {

// What does not parse the gate would not have taken.
void Knowledge::take_snapshot(std::string_view text) {
  if (names_ != nullptr) {
    if (auto names = Names::from_snapshot(text, gate_)) names_->set(*std::move(names));
  }
  if (haproxy_ != nullptr) haproxy_->take(text);
}

void Knowledge::take_delta(std::string_view text) {
  if (names_ != nullptr) {
    if (auto names = names_->get()->with_delta(text)) names_->set(*std::move(names));
  }
  if (haproxy_ != nullptr) haproxy_->take_delta(text);
}

void Knowledge::read_kept(FileSystem& fs, const std::string& state_dir) {
  if (state_dir.empty() || (names_ == nullptr && haproxy_ == nullptr)) return;
  const auto kept = gates::read_kept_texts(fs, state_dir);
  if (!kept) return;
  take_snapshot(kept->snapshot);
  for (const std::string_view delta : kept->since.deltas) take_delta(delta);
}

}  // namespace proviso::gate_daemon

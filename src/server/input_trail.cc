// SPDX-License-Identifier: Apache-2.0
#include "server/input_trail.h"

#include <algorithm>

namespace proviso::server {

InputTrail::Entry InputTrail::entry_of(const InputKey& key, const InputState& state) {
  return {.text = key.text(),
          .head = key.head,
          .head_bytes = key.head_bytes,
          .records = state.records,
          .run = state.run,
          .waits_s = state.waits_s,
          .bound_s = state.bound_s,
          .newest_s = state.newest_s};
}

void InputTrail::load(const std::vector<KnownInput>& earlier) {
  for (const KnownInput& input : earlier) entries_.push_back(entry_of(input.key, input.state));
}

void InputTrail::begin(const InputKey& key, const InputState& state) {
  // An input that grew is read on: it stands where it is read last. Its old place stays, empty, so
  // that marks keep their meaning.
  const std::string text = key.text();
  for (Entry& entry : entries_) {
    if (!key.is_stream && entry.text == text) entry.records = 0;
  }
  entries_.push_back(entry_of(key, state));
  key_ = key;
  current_ = &state;
}

void InputTrail::end() {
  entries_.back() = entry_of(key_, *current_);
  current_ = nullptr;
}

InputTrail::Mark InputTrail::mark() const {
  if (entries_.empty()) return {};
  return {.input = entries_.size() - 1,
          .records = current_ != nullptr ? current_->records : entries_.back().records};
}

void InputTrail::set_bound(std::uint64_t run, std::int64_t bound_s) {
  for (Entry& entry : entries_) {
    if (entry.run == run) entry.bound_s = bound_s;
  }
}

bool InputTrail::has_run(std::uint64_t run) const {
  return std::ranges::any_of(entries_, [&](const Entry& e) { return e.run == run; });
}

InputTrail::Listed InputTrail::describe(const Mark& mark, Time from) const {
  Listed out;
  const std::int64_t from_s = unix_seconds(from);
  const std::size_t end = std::min(mark.input + 1, entries_.size());
  for (std::size_t i = 0; i < end; ++i) {
    const Entry& e = entries_[i];
    const bool is_last = i + 1 == end;
    const std::uint64_t records = is_last ? mark.records : e.records;
    if (records == 0 || (!is_last && e.newest_s < from_s)) continue;
    out.inputs.emplace_back(Json::Object{{"head", e.head},
                                         {"head_bytes", e.head_bytes},
                                         {"first", 1},
                                         {"last", records},
                                         {"run", e.run},
                                         {"waits_s", e.waits_s},
                                         {"bound_s", e.bound_s}});
  }
  if (out.inputs.size() > kInputsMax) {
    out.left_out = out.inputs.size() - kInputsMax;
    out.inputs.erase(out.inputs.begin(),
                     out.inputs.begin() + static_cast<std::ptrdiff_t>(out.left_out));
  }
  return out;
}

}  // namespace proviso::server

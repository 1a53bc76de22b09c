// SPDX-License-Identifier: Apache-2.0
#include "gates/delta_journal.h"

#include "base/digest.h"
#include "model/gate_delta.h"

namespace proviso::gates {
namespace {

constexpr std::size_t kDigestLine = 64 + 1;

std::string header_of(const std::string& snapshot) {
  return "proviso-gate-deltas 1 " + snapshot + "\n";
}

// The delta at the beginning of `rest`; empty where there is no whole and undamaged one.
std::string_view first_delta(std::string_view rest) {
  const std::size_t body = rest.find('\n');
  if (body == std::string_view::npos || rest.size() < body + 1 + kDigestLine) return {};
  const std::string_view line = rest.substr(body + 1, kDigestLine);
  if (line != sha256(rest.substr(0, body)).hex() + "\n") return {};
  return rest.substr(0, body + 1 + kDigestLine);
}

// What an append that was cut short left: nothing whole ends where the file does.
bool is_torn(std::string_view rest) {
  if (rest.back() != '\n') return true;
  return rest.find('\n') == rest.size() - 1;
}

}  // namespace

std::string snapshot_digest(std::string_view snapshot_text) {
  if (snapshot_text.size() < kDigestLine) return {};
  return std::string(snapshot_text.substr(snapshot_text.size() - kDigestLine, kDigestLine - 1));
}

DeltaJournal::Kept DeltaJournal::read(const std::string& snapshot) {
  begin(snapshot);
  Kept out;
  if (!fs_->exists(path_)) return out;
  auto text = fs_->read(path_, kJournalBytesMax + model::kDeltaBytesMax);
  if (!text) {
    close();
    out.problem = text.error().message;
    return out;
  }
  const std::string header = header_of(snapshot);
  if (!text->starts_with(header)) return out;  // of a snapshot before
  out.text = *std::move(text);
  std::string_view rest = std::string_view(out.text).substr(header.size());
  for (auto delta = first_delta(rest); !delta.empty(); delta = first_delta(rest)) {
    out.deltas.push_back(delta);
    rest.remove_prefix(delta.size());
  }
  bytes_ = out.text.size() - rest.size();
  count_ = out.deltas.size();
  if (count_ != 0) last_ = snapshot_digest(out.deltas.back());
  if (rest.empty() || is_torn(rest)) return out;
  out.problem = path_ + ": damaged at byte " + std::to_string(bytes_) + "; the " +
                std::to_string(rest.size()) + " bytes from there on are not used";
  close();
  return out;
}

void DeltaJournal::begin(const std::string& snapshot) {
  snapshot_ = snapshot;
  file_.reset();
  bytes_ = 0;
  count_ = 0;
  last_.clear();
}

void DeltaJournal::close() {
  snapshot_.clear();
  file_.reset();
}

// A crash in here leaves the journal before, which is of another snapshot, or what is durable.
Result<void> DeltaJournal::open_for_append() {
  if (bytes_ == 0) {
    const std::string header = header_of(snapshot_);
    TRY_VOID(fs_->write_durable(path_, header));
    bytes_ = header.size();
  } else {
    TRY_VOID(fs_->truncate(path_, bytes_));
  }
  file_ = TRY(fs_->open_append(path_));
  return {};
}

Result<void> DeltaJournal::append(std::string_view delta) {
  if (snapshot_.empty()) {
    return fail(Errc::conflict,
                path_ + ": what was kept can't be gone on with (send the whole snapshot)");
  }
  if (count_ >= kJournalDeltasMax || bytes_ + delta.size() > kJournalBytesMax) {
    return fail(Errc::conflict, path_ + ": " + std::to_string(count_) +
                                    " deltas are kept since the last snapshot (send the whole "
                                    "snapshot)");
  }
  if (file_ == nullptr) TRY_VOID(open_for_append());
  auto written = [&]() -> Result<void> {
    TRY_VOID(file_->append(delta));
    return file_->sync();
  }();
  if (!written) {
    // The tail is unknown: the next call cuts it off before it writes.
    file_.reset();
    return written;
  }
  bytes_ += delta.size();
  ++count_;
  last_ = snapshot_digest(delta);
  return {};
}

}  // namespace proviso::gates

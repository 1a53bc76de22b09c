// SPDX-License-Identifier: Apache-2.0
#include "gates/kept_snapshots.h"

#include <charconv>

#include "gates/continuation.h"
#include "model/gate_delta.h"
#include "model/gate_snapshot.h"

namespace proviso::gates {
namespace {

constexpr std::string_view kQuorum = "quorum.snapshot";
constexpr std::string_view kNewest = "newest.snapshot";
constexpr std::string_view kDeltas = "deltas";
constexpr std::string_view kClock = "clock";

void add_problem(std::string& problems, const std::string& problem) {
  problems += (problems.empty() ? "" : "; ") + problem;
}

}  // namespace

std::string KeptSnapshots::path(std::string_view file) const {
  return dir_ + "/" + std::string(file);
}

Result<KeptSnapshots> KeptSnapshots::open(std::string dir, FileSystem& fs) {
  if (dir.empty()) return KeptSnapshots("", fs, nullptr);
  TRY_VOID(fs.make_directories(dir));
  auto lock = fs.lock(dir + "/lock");
  if (!lock) return fail_in("another gate has this folder", lock.error());
  return KeptSnapshots(std::move(dir), fs, *std::move(lock));
}

KeptSnapshots::Loaded KeptSnapshots::load(const model::TrustRoot& trust,
                                          const GateOptions& options) {
  Loaded out;
  if (dir_.empty()) return out;
  for (const std::string_view file : {kQuorum, kNewest}) {
    if (!fs_->exists(path(file))) continue;
    GateOptions with = options;
    with.kept = out.gate ? &*out.gate : nullptr;
    std::string digest;
    auto loaded = [&]() -> Result<Gate> {
      const std::string text = TRY(fs_->read(path(file), model::kSnapshotBytesMax));
      digest = snapshot_digest(text);
      return Gate::load(text, trust, with);
    }();
    if (!loaded) {
      add_problem(out.problem, path(file) + ": " + loaded.error().message);
      continue;
    }
    if (file == kQuorum) loaded = continued(*std::move(loaded), trust, digest, out.problem);
    // An older `newest` is what keep() had no time to remove.
    if (!out.gate || loaded->snapshot_size() >= out.gate->snapshot_size()) {
      out.gate = *std::move(loaded);
    }
  }
  return out;
}

// What does not continue is told, and the deltas before it count.
Gate KeptSnapshots::continued(Gate gate, const model::TrustRoot& trust, const std::string& digest,
                              std::string& problem) {
  const DeltaJournal::Kept kept = deltas_.read(digest);
  if (!kept.problem.empty()) add_problem(problem, kept.problem);
  if (kept.deltas.empty()) return gate;
  Continuation continuation(gate, trust);
  for (const std::string_view text : kept.deltas) {
    const auto taken = [&]() -> Result<void> {
      const model::GateDelta delta = TRY(model::parse_delta(text));
      return continuation.take(delta);
    }();
    if (taken) continue;
    add_problem(problem, path(kDeltas) + ": " + taken.error().message);
    deltas_.close();
    break;
  }
  auto next = continuation.finish();
  if (next) return *std::move(next);
  add_problem(problem, path(kDeltas) + ": " + next.error().message);
  deltas_.close();
  return gate;
}

Result<void> KeptSnapshots::keep(const Gate& gate, std::string_view snapshot_text) {
  if (dir_.empty()) return {};
  if (!gate.witnessed()) return fs_->write_durable(path(kNewest), snapshot_text);
  TRY_VOID(fs_->write_durable(path(kQuorum), snapshot_text));
  // A crash from here on leaves deltas of the snapshot before, which its digest tells apart, and an
  // older `newest`, which load() passes over.
  deltas_.begin(snapshot_digest(snapshot_text));
  return fs_->exists(path(kNewest)) ? fs_->remove(path(kNewest)) : Result<void>();
}

Result<void> KeptSnapshots::keep_delta(std::string_view delta_text) {
  return dir_.empty() ? Result<void>() : deltas_.append(delta_text);
}

std::optional<std::int64_t> KeptSnapshots::last_seen() const {
  if (dir_.empty() || !fs_->exists(path(kClock))) return std::nullopt;
  const auto text = fs_->read(path(kClock), 64);
  if (!text) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || *end != '\n') return std::nullopt;
  return seconds;
}

void KeptSnapshots::keep_time(std::int64_t wall_seconds) {
  if (dir_.empty()) return;
  // What can't be written costs a safeguard after the next start, and nothing else.
  static_cast<void>(
      fs_->write_atomic(path(kClock), std::to_string(wall_seconds) + "\n").has_value());
}

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
#include "gates/kept_snapshots.h"

#include <algorithm>
#include <charconv>

#include "gates/continuation.h"
#include "gates/gate_image.h"
#include "model/gate_delta.h"
#include "model/gate_snapshot.h"

namespace proviso::gates {
namespace {

constexpr std::string_view kQuorum = "quorum.snapshot";
constexpr std::string_view kNewest = "newest.snapshot";
constexpr std::string_view kDeltas = "deltas";
constexpr std::string_view kImage = "quorum.image";
constexpr std::string_view kClock = "clock";
constexpr std::uint64_t kImageEvery = 1000;      // deltas
constexpr std::size_t kPiece = 4U << 20U;        // read at once
constexpr std::size_t kDigestLine = 1 + 64 + 1;  // of a snapshot, with the line feed before it

// Whether the file is the undamaged snapshot with this digest. Nothing of it is kept in memory.
bool fits(FileSystem& fs, const std::string& path, const std::string& digest) {
  const auto file = fs.open_read(path);
  if (!file || (*file)->size() < kDigestLine) return false;
  const std::uint64_t body = (*file)->size() - kDigestLine;
  RunningDigest running;
  for (std::uint64_t at = 0; at < body; at += kPiece) {
    const auto piece = (*file)->read_at(at, std::min<std::uint64_t>(kPiece, body - at));
    if (!piece) return false;
    running.add(*piece);
  }
  const auto line = (*file)->read_at(body, kDigestLine);
  return line && *line == "\n" + digest + "\n" && running.finish().hex() == digest;
}

std::pair<std::uint64_t, Time> version_of(const Gate& gate) {
  return {gate.snapshot_size(), gate.snapshot_made_at()};
}

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
  const auto use = [&](std::string_view file, Result<Gate> loaded) {
    if (!loaded) return add_problem(out.problem, path(file) + ": " + loaded.error().message);
    // An older `newest` is what keep() had no time to remove.
    if (out.gate && version_of(*loaded) < version_of(*out.gate)) {
      static_cast<void>(fs_->remove(path(file)).has_value());
      return;
    }
    out.gate = *std::move(loaded);
  };
  if (fs_->exists(path(kQuorum))) use(kQuorum, load_quorum(trust, options, out.problem));
  if (fs_->exists(path(kNewest))) {
    GateOptions with = options;
    with.kept = out.gate ? &*out.gate : nullptr;
    use(kNewest, [&]() -> Result<Gate> {
      const std::string text = TRY(fs_->read(path(kNewest), model::kSnapshotBytesMax));
      return Gate::load(text, trust, with);
    }());
  }
  return out;
}

Result<Gate> KeptSnapshots::load_quorum(const model::TrustRoot& trust, const GateOptions& options,
                                        std::string& problem) {
  if (auto image = image_of_kept(trust, options)) {
    const DeltaJournal::Kept kept = deltas_.read(image->of.snapshot);
    const std::size_t in_image = image->of.deltas;
    if (in_image <= kept.deltas.size() &&
        (in_image == 0 || snapshot_digest(kept.deltas[in_image - 1]) == image->of.last_delta)) {
      if (!kept.problem.empty()) add_problem(problem, kept.problem);
      image_ = image->of;
      return continued(std::move(image->gate), std::span(kept.deltas).subspan(in_image), trust,
                       problem);
    }
  }
  std::string text = TRY(fs_->read(path(kQuorum), model::kSnapshotBytesMax));
  Gate gate = TRY(Gate::load(text, trust, options));
  const DeltaJournal::Kept kept = deltas_.read(snapshot_digest(text));
  if (!kept.problem.empty()) add_problem(problem, kept.problem);
  return continued(std::move(gate), kept.deltas, trust, problem);
}

// The image, where it is of the snapshot that is kept, and both can be believed.
std::optional<GateImage> KeptSnapshots::image_of_kept(const model::TrustRoot& trust,
                                                      const GateOptions& options) const {
  const std::string file = path(kImage);
  if (!fs_->exists(file) || !fs_->is_own(file) || !fs_->is_own(dir_)) return std::nullopt;
  const auto bytes = fs_->read(file, kImageBytesMax);
  if (!bytes) return std::nullopt;
  auto image = read_image(*bytes, trust, options);
  if (!image || !fits(*fs_, path(kQuorum), image->of.snapshot)) return std::nullopt;
  return *std::move(image);
}

// What does not continue is told, and the deltas before it count.
Gate KeptSnapshots::continued(Gate gate, std::span<const std::string_view> deltas,
                              const model::TrustRoot& trust, std::string& problem) {
  if (deltas.empty()) return gate;
  Continuation continuation(gate, trust);
  for (const std::string_view text : deltas) {
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

bool KeptSnapshots::is_image_due() const {
  const ImageOf now = deltas_.position();
  if (dir_.empty() || now.snapshot.empty()) return false;
  return now.snapshot != image_.snapshot || now.deltas >= image_.deltas + kImageEvery;
}

void KeptSnapshots::keep_image(const Gate& gate, const ImageOf& of, const model::TrustRoot& trust) {
  image_ = of;
  static_cast<void>(fs_->write_atomic(path(kImage), write_image(gate, of, trust)).has_value());
}

Result<void> KeptSnapshots::keep(const Gate& gate, std::string_view snapshot_text) {
  if (dir_.empty()) return {};
  if (!gate.witnessed()) return fs_->write_durable(path(kNewest), snapshot_text);
  const std::string digest = snapshot_digest(snapshot_text);
  if (const auto written = fs_->write_durable(path(kQuorum), snapshot_text); !written) {
    // It may be there all the same, and then deltas of the one before must not be put behind it.
    if (fits(*fs_, path(kQuorum), digest)) deltas_.close();
    return written;
  }
  // A crash from here on leaves deltas of the snapshot before, which its digest tells apart, and an
  // older `newest`, which load() passes over; so does one that can't be removed.
  deltas_.begin(digest);
  if (fs_->exists(path(kNewest))) static_cast<void>(fs_->remove(path(kNewest)).has_value());
  return {};
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

// SPDX-License-Identifier: Apache-2.0
#include "ledger/id_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "ledger/checkpoint.h"

namespace proviso::ledger {
namespace {

constexpr std::size_t kSlotsMin = 1024;
// Runs are merged up to this many ids (100 MB): an absent id asks one filter for each run.
constexpr std::uint64_t kMergedIdsMax = 4U << 20U;

std::string run_name(EntryIndex from, EntryIndex to) {
  return std::to_string(from) + "-" + std::to_string(to);
}

struct Span {
  EntryIndex from;
  EntryIndex to;
};
std::optional<Span> parse_run_name(std::string_view name) {
  const auto dash = name.find('-');
  if (dash == std::string_view::npos) return {};
  const auto from = parse_decimal(name.substr(0, dash));
  const auto to = parse_decimal(name.substr(dash + 1));
  if (!from || !to || *from >= *to) return {};
  return Span{*from, *to};
}

}  // namespace

std::optional<EntryIndex> IdTable::find(const IdPrint& print) const {
  if (slots_.empty()) return {};
  for (std::size_t at = print.low;; ++at) {
    const Slot& slot = slots_[at & (slots_.size() - 1)];
    if (slot.index_plus_one == 0) return {};
    if (slot.print == print) return slot.index_plus_one - 1;
  }
}

void IdTable::add(const IdPrint& print, EntryIndex index) {
  if (size_ * 2 >= slots_.size()) grow();
  std::size_t at = print.low;
  while (slots_[at & (slots_.size() - 1)].index_plus_one != 0) ++at;
  slots_[at & (slots_.size() - 1)] = {print, index + 1};
  ++size_;
}

void IdTable::grow() {
  std::vector<Slot> old = std::exchange(slots_, {});
  slots_.resize(std::max(kSlotsMin, old.size() * 2));
  size_ = 0;
  for (const Slot& slot : old) {
    if (slot.index_plus_one != 0) add(slot.print, slot.index_plus_one - 1);
  }
}

std::vector<IdRecord> IdTable::sorted() const {
  std::vector<IdRecord> out;
  out.reserve(size_);
  for (const Slot& slot : slots_) {
    if (slot.index_plus_one != 0) out.push_back({slot.print, slot.index_plus_one - 1});
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::unique_ptr<IdIndex>> IdIndex::open(FileSystem& fs, const std::string& dir) {
  std::unique_ptr<IdIndex> index(new IdIndex(fs, dir));
  TRY_VOID(index->open_runs());
  return index;
}

Result<void> IdIndex::open_runs() {
  if (!fs_.exists(dir_)) return {};
  std::vector<Span> spans;
  const auto names = TRY(fs_.list(dir_));
  for (const std::string& name : names) {
    if (name.ends_with(".tmp")) continue;
    const auto span = parse_run_name(name);
    if (!span) return fail(Errc::corrupt, dir_ + "/" + name + ": is no run of ids");
    spans.push_back(*span);
  }
  // The longest of those that begin at one place first: it replaced the others.
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return a.from != b.from ? a.from < b.from : a.to > b.to;
  });
  Runs runs;
  EntryIndex end = 0;
  for (const Span& span : spans) {
    const std::string path = dir_ + "/" + run_name(span.from, span.to);
    if (span.to <= end) {
      TRY_VOID(fs_.remove(path));
      continue;
    }
    auto run = TRY(IdRun::open(fs_, path));
    if (span.from != end || run->from() != span.from || run->to() != span.to) {
      return fail(Errc::corrupt, path + ": the run before it is missing");
    }
    end = span.to;
    runs.push_back(std::move(run));
  }
  runs_ = std::make_shared<const Runs>(std::move(runs));
  return {};
}

EntryIndex IdIndex::saved() const {
  const std::lock_guard guard(mutex_);
  return runs_->empty() ? 0 : runs_->back()->to();
}

Result<std::optional<EntryIndex>> IdIndex::find_in_runs(const Runs& runs,
                                                        const IdPrint& print) const {
  for (const auto& run : runs) {
    const auto found = TRY(run->find(print));
    if (found) return found;
  }
  return std::optional<EntryIndex>();
}

Result<std::optional<EntryIndex>> IdIndex::find(const IdPrint& print) {
  std::shared_ptr<const Runs> runs;
  {
    const std::lock_guard guard(mutex_);
    if (const auto known = recent_.find(print)) return known;
    if (const auto known = frozen_.find(print)) return known;
    runs = runs_;
  }
  return find_in_runs(*runs, print);
}

Result<EntryIndex> IdIndex::find_or_add(const IdPrint& print, EntryIndex index) {
  const auto known = TRY(find(print));
  if (known) return *known;
  const std::lock_guard guard(mutex_);
  recent_.add(print, index);
  return index;
}

Result<void> IdIndex::check() const {
  std::shared_ptr<const Runs> runs;
  {
    const std::lock_guard guard(mutex_);
    runs = runs_;
  }
  for (const auto& run : *runs) TRY(run->records());
  return {};
}

void IdIndex::freeze(EntryIndex to) {
  const std::lock_guard guard(mutex_);
  CHECK(frozen_.size() == 0);
  frozen_ = std::exchange(recent_, {});
  frozen_to_ = to;
}

Result<void> IdIndex::save() {
  const EntryIndex from = saved();
  if (frozen_to_ <= from) return {};
  // Nobody changes frozen_ but this thread: freeze() is not called before save() has returned.
  const std::vector<IdRecord> records = frozen_.sorted();
  auto run = TRY(write_run(from, frozen_to_, records));
  {
    const std::lock_guard guard(mutex_);
    Runs runs = *runs_;
    runs.push_back(std::move(run));
    runs_ = std::make_shared<const Runs>(std::move(runs));
    frozen_ = {};
  }
  return merge_tail();
}

Result<std::shared_ptr<const IdRun>> IdIndex::write_run(EntryIndex from, EntryIndex to,
                                                        const std::vector<IdRecord>& records) {
  const std::string path = dir_ + "/" + run_name(from, to);
  TRY_VOID(fs_.make_directories(dir_));
  TRY_VOID(fs_.write_durable(path, encode_id_run(from, to, records)));
  return IdRun::open(fs_, path);
}

// As in a binary counter: two runs become one where the older is not the larger by far. So there
// are few runs, and an id is written again a logarithmic number of times.
Result<void> IdIndex::merge_tail() {
  while (true) {
    Runs runs = *runs_;  // only this thread replaces it
    if (runs.size() < 2) return {};
    const IdRun& older = *runs[runs.size() - 2];
    const IdRun& newer = *runs.back();
    if (newer.to() - older.from() > kMergedIdsMax) return {};
    if (older.to() - older.from() > 2 * (newer.to() - newer.from())) return {};
    const auto a = TRY(older.records());
    const auto b = TRY(newer.records());
    std::vector<IdRecord> both(a.size() + b.size());
    std::merge(a.begin(), a.end(), b.begin(), b.end(), both.begin());
    const std::string replaced[] = {older.path(), newer.path()};
    auto merged = TRY(write_run(older.from(), newer.to(), both));
    runs.resize(runs.size() - 2);
    runs.push_back(std::move(merged));
    {
      const std::lock_guard guard(mutex_);
      runs_ = std::make_shared<const Runs>(std::move(runs));
    }
    // A crash here leaves runs that a longer one covers: open_runs() removes them.
    for (const std::string& path : replaced) TRY_VOID(fs_.remove(path));
  }
}

}  // namespace proviso::ledger

// SPDX-License-Identifier: Apache-2.0
// Each lane is the bounded queue of D. Vyukov (1024cores.net, "Bounded MPMC queue"): a cell has a
// number that says whose turn it is. A cell at position p may be written when its number is p, and
// read when it is p + 1; reading makes it p + capacity, the writer's turn one round later. Writers
// agree on positions by compare-and-swap of `tail`. Ours differs in one thing: who loses that often
// (kTries) goes on to the next lane and at last drops the record, so that push() is wait-free.
#include "gates/refusal_ring.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>

namespace proviso::gates {
namespace {

constexpr std::size_t kTries = 8;
constexpr std::size_t kTexts = 5;

// What is written of a refusal. Trivial, so that a cell is written by plain stores.
struct Record {
  std::int64_t at;
  std::int64_t or_at;
  std::uint64_t snapshot_size;
  std::int64_t snapshot_made_at;  // seconds since 1970
  Digest order;
  std::uint32_t effect_rate;
  std::uint32_t rate;
  model::EffectKind effect;
  model::Outcome judged;
  Basis basis;
  Mode mode;
  Kept kept;
  std::array<std::uint16_t, kTexts> lengths;
  std::array<char, RefusalRing::kTextBytes> texts;
};

struct alignas(64) Cell {
  std::atomic<std::uint64_t> turn;
  Record record;
};
static_assert(sizeof(Cell) == RefusalRing::kCellBytes);

// Texts one behind the other; the first that has no room and all after it are left out.
void write_texts(const Request& request, RefusalRing::Named named, Record& out) noexcept {
  const std::array<std::string_view, kTexts> texts = {
      named == RefusalRing::Named::by_id ? request.subscription : std::string_view(),
      request.service, request.operation, request.region, request.resource};
  out.kept = named == RefusalRing::Named::by_id ? Kept::whole : Kept::by_key;
  out.lengths = {};
  std::size_t used = 0;
  for (std::size_t i = 0; i < kTexts; ++i) {
    if (texts[i].size() > out.texts.size() - used) {
      out.kept = Kept::cut;
      return;
    }
    if (!texts[i].empty()) std::memcpy(out.texts.data() + used, texts[i].data(), texts[i].size());
    out.lengths[i] = static_cast<std::uint16_t>(texts[i].size());
    used += texts[i].size();
  }
}

void write_record(const Request& request, RefusalRing::Named named, const Answer& answer,
                  Instants at, Record& out) noexcept {
  out.at = at.one;
  out.or_at = at.other;
  out.snapshot_size = answer.snapshot_size;
  out.snapshot_made_at = unix_seconds(answer.snapshot_made_at);
  out.order = answer.order;
  out.effect = answer.effect.kind;
  out.effect_rate = answer.effect.rate_per_second;
  out.rate = answer.rate_per_second;
  out.judged = answer.judged;
  out.basis = answer.basis;
  out.mode = answer.mode;
  write_texts(request, named, out);
}

void read_record(const Record& from, Refusal& out) {
  out.at = {.one = from.at, .other = from.or_at};
  Answer& answer = out.answer;
  answer = {};
  answer.snapshot_size = from.snapshot_size;
  answer.snapshot_made_at = from_unix_seconds(from.snapshot_made_at);
  answer.order = from.order;
  answer.effect = {from.effect, from.effect_rate};
  answer.rate_per_second = from.rate;
  answer.judged = from.judged;
  answer.basis = from.basis;
  answer.mode = from.mode;
  answer.outcome = from.mode == Mode::enforce ? from.judged : model::Outcome::yes;
  out.kept = from.kept;
  std::size_t begin = 0;
  const std::array<std::string*, kTexts> texts = {&out.subscription, &out.service, &out.operation,
                                                  &out.region, &out.resource};
  for (std::size_t i = 0; i < kTexts; ++i) {
    texts[i]->assign(from.texts.data() + begin, from.lengths[i]);
    begin += from.lengths[i];
  }
}

// Threads take lanes in turn, each for as long as it lives.
std::size_t lane_of_thread() noexcept {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t own = threads.fetch_add(1, std::memory_order_relaxed);
  return own % RefusalRing::kLanes;
}

}  // namespace

struct RefusalRing::Lane {
  alignas(64) std::atomic<std::uint64_t> tail{0};  // writers
  alignas(64) std::uint64_t head = 0;              // the one reader
  alignas(64) std::atomic<std::uint64_t> dropped{0};
  std::unique_ptr<Cell[]> cells;
  std::uint64_t mask = 0;

  void make(std::size_t records) {
    cells = std::make_unique<Cell[]>(records);
    mask = records - 1;
    for (std::size_t i = 0; i < records; ++i) cells[i].turn.store(i, std::memory_order_relaxed);
  }

  // Null where the lane is full, or others were quicker each time.
  Cell* claim(std::uint64_t& position) noexcept {
    position = tail.load(std::memory_order_relaxed);
    for (std::size_t tried = 0; tried < kTries; ++tried) {
      Cell& cell = cells[position & mask];
      const std::uint64_t turn = cell.turn.load(std::memory_order_acquire);
      if (turn < position) return nullptr;
      if (turn > position) {
        position = tail.load(std::memory_order_relaxed);
      } else if (tail.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) {
        return &cell;
      }
    }
    return nullptr;
  }
};

RefusalRing::RefusalRing(std::size_t records)
    : lane_records_(std::bit_ceil(std::clamp<std::size_t>(records, 64, 1U << 20U)) / kLanes),
      lanes_(std::make_unique<Lane[]>(kLanes)) {
  for (std::size_t i = 0; i < kLanes; ++i) lanes_[i].make(lane_records_);
}

RefusalRing::~RefusalRing() = default;

void RefusalRing::push(const Request& request, Named named, const Answer& answer,
                       Instants at) noexcept {
  const std::size_t own = lane_of_thread();
  for (std::size_t i = 0; i < kLanes; ++i) {
    std::uint64_t position = 0;
    Cell* cell = lanes_[(own + i) % kLanes].claim(position);
    if (cell == nullptr) continue;
    write_record(request, named, answer, at, cell->record);
    cell->turn.store(position + 1, std::memory_order_release);
    return;
  }
  lanes_[own].dropped.fetch_add(1, std::memory_order_relaxed);
}

bool RefusalRing::pop(Refusal& out) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    Lane& lane = lanes_[next_];
    next_ = (next_ + 1) % kLanes;  // one that never gets empty keeps no other waiting
    Cell& cell = lane.cells[lane.head & lane.mask];
    if (cell.turn.load(std::memory_order_acquire) == lane.head + 1) {
      read_record(cell.record, out);
      cell.turn.store(lane.head + lane.mask + 1, std::memory_order_release);
      ++lane.head;
      return true;
    }
  }
  return false;
}

std::uint64_t RefusalRing::dropped() const noexcept {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < kLanes; ++i) {
    out += lanes_[i].dropped.load(std::memory_order_relaxed);
  }
  return out;
}

std::size_t RefusalRing::capacity() const noexcept { return lane_records_ * kLanes; }

}  // namespace proviso::gates

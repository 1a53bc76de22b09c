// SPDX-License-Identifier: Apache-2.0
#include "decisions/gate_feed.h"

#include <algorithm>
#include <set>

#include "decisions/order_store.h"
#include "decisions/stages.h"
#include "ledger/tiles.h"
#include "ledger/witness_policy.h"
#include "model/in_force.h"

namespace proviso::decisions {
namespace {

constexpr std::size_t kRemembered = 4'096;
constexpr std::int64_t kRowsAtOnce = 10'000;
// So many entries of the log are looked through for one that the store has not marked yet.
constexpr std::uint64_t kUnmarkedMax = 1'024;

}  // namespace

Result<std::unique_ptr<GateFeed>> GateFeed::open(Source source, FileSystem& fs) {
  auto database = TRY(cases::Database::open_to_read(source.store));
  return std::unique_ptr<GateFeed>(new GateFeed(std::move(source), fs, std::move(database)));
}

Result<bool> GateFeed::look(Time now, Duration renew) {
  // The log first: what the store tells afterwards is then as new, or newer.
  TRY_VOID(read_head());
  TRY_VOID(read_orders_in_force());
  if (newest_ && !is_news_ && now < next_change_ && now - newest_->state.made_at < renew)
    return false;
  GateCut cut;
  cut.state.size = head_.size;
  cut.state.root = head_.root;
  // A clock that was set back must not stop a lift, and the orders are those of the time that is
  // told.
  cut.state.made_at = floor_second(now);
  if (newest_) cut.state.made_at = std::max(cut.state.made_at, newest_->state.made_at);
  cut.lifts_below = std::max(entries_known_, head_.size);
  cut.state.orders = sum_of(cut);
  next_change_ = next_change(cut);
  is_news_ = false;
  if (newest_) {
    const model::GateState& before = newest_->state;
    const bool same = cut.state.orders == before.orders &&
                      changes_below(cut.state.size) == changes_below(before.size) &&
                      !covers_more_lifts(before.size, cut.state.size);
    if (same && now - before.made_at < renew) return false;
  }
  newest_ = cut;
  newest_note_ = note_;
  tiles_ = std::make_unique<ledger::TileReader>(fs_, source_.log_dir, cut.state.size);
  remember(cut);
  return true;
}

Result<void> GateFeed::read_head() {
  const std::string file =
      source_.log_dir + "/" +
      std::string(source_.cosigned_only ? ledger::kCosignedFile : std::string_view("checkpoint"));
  std::string note = TRY(fs_.read(file, ledger::kNoteBytesMax));
  if (note == note_) return {};
  const auto head = TRY(ledger::open_checkpoint(note, source_.key, source_.origin));
  if (head.size < head_.size) {
    return fail(Errc::conflict, file + ": the ledger went back from " + std::to_string(head_.size) +
                                    " entries to " + std::to_string(head.size));
  }
  if (head.size == 0) return fail(Errc::conflict, "the founding is not sealed");
  note_ = std::move(note);
  head_ = head;
  is_news_ = true;
  return {};
}

// Entries come into the outbox in the order of the ledger, and are marked with their index some
// milliseconds after the log has published them. For an order these count (it is in force when the
// log has it), so one that is not marked yet is looked for in the log itself.
Result<void> GateFeed::read_orders_in_force() {
  while (true) {
    const auto rows = TRY(database_->query(
        "SELECT seq, ledger_index, CASE WHEN kind='order-in-force' THEN bytes ELSE '' END "
        "FROM outbox WHERE seq>:p0 ORDER BY seq LIMIT " +
            std::to_string(kRowsAtOnce),
        {read_to_}));
    bool all_marked = true;
    for (const cases::SqlRow& row : rows) {
      all_marked = all_marked && !row.text(1).empty();
      if (!TRY(take_row(row, all_marked))) return {};
    }
    if (std::ssize(rows) < kRowsAtOnce || !all_marked) return {};
  }
}

// False: the published log does not have it yet, nor what comes behind it.
Result<bool> GateFeed::take_row(const cases::SqlRow& row, bool all_marked) {
  const std::int64_t number = row.integer(0);
  const std::string& order_in_force = row.text(2);
  if (!order_in_force.empty() && !taken_unmarked_.contains(number)) {
    std::optional<std::uint64_t> index;
    if (row.text(1).empty()) {
      index = TRY(find_in_log(order_in_force));
    } else {
      index = static_cast<std::uint64_t>(row.integer(1));
    }
    if (!index) return false;
    TRY_VOID(take_entry(*index, order_in_force));
    is_news_ = true;
    entries_known_ = std::max(entries_known_, *index + 1);
    if (!all_marked) taken_unmarked_.insert(number);
  }
  if (!all_marked) return true;
  read_to_ = number;
  marked_to_ = std::max(marked_to_, static_cast<std::uint64_t>(row.integer(1)) + 1);
  entries_known_ = std::max(entries_known_, marked_to_);
  taken_unmarked_.erase(number);
  return true;
}

Result<std::optional<std::uint64_t>> GateFeed::find_in_log(std::string_view entry) {
  const std::uint64_t end = std::min(head_.size, marked_to_ + kUnmarkedMax);
  ledger::TileFile file;
  ledger::FolderFiles files(fs_, source_.log_dir);
  for (std::uint64_t index = marked_to_; index < end;) {
    const std::uint64_t bundle = index / ledger::kTileWidth;
    const std::uint64_t first = bundle * ledger::kTileWidth;
    const std::uint64_t width = std::min(ledger::kTileWidth, head_.size - first);
    TRY_VOID(ledger::read_bundle_file(files, bundle, width, file));
    const auto entries = TRY(ledger::split_bundle(file.bytes, width, ledger::BundleTail::ignored));
    for (; index < std::min(end, first + width); ++index) {
      if (entries[index - first] == entry) return std::optional(index);
    }
  }
  return std::optional<std::uint64_t>();
}

Result<void> GateFeed::take_entry(std::uint64_t index, const std::string& bytes) {
  const model::Entry entry = TRY(model::parse_entry(bytes));
  const model::InForce in_force = TRY(model::parse_in_force(entry.public_part));
  if (in_force.kind == model::OrderKind::lift) {
    const auto& lifts = in_force.signed_order.order.lifts;
    const auto found = lifts ? by_digest_.find(std::string(lifts->view())) : by_digest_.end();
    if (found == by_digest_.end()) {
      return fail(Errc::corrupt, "store: an order that was lifted is missing");
    }
    orders_[found->second].lifted = index;
    orders_[found->second].lifted_at = entry.time;
    return {};
  }
  if (in_force.kind != model::OrderKind::restrict_use) {
    changes_.push_back({in_force.order, index});
    return {};
  }
  const OrderRow row = TRY(read_order(*database_, in_force.order.hex()));
  const auto& restriction = row.signed_order.order.restriction;
  if (!restriction) return fail(Errc::corrupt, "store: a restriction that restricts nothing");
  by_digest_.emplace(std::string(in_force.order.view()), orders_.size());
  orders_.push_back({.digest = in_force.order,
                     .catalogue = restriction->catalogue,
                     .index = index,
                     .known_from = known_to_gates_from(*restriction, entry.time),
                     .until = restriction->until,
                     .in_force_at = entry.time,
                     .lifted_at = {}});
  return {};
}

bool GateFeed::holds(const Held& order, const GateCut& cut) const {
  return order.index < cut.state.size && order.lifted >= cut.lifts_below &&
         order.known_from <= cut.state.made_at &&
         (!order.until || *order.until > cut.state.made_at);
}

Digest GateFeed::sum_of(const GateCut& cut) const {
  model::OrderSum sum;
  for (const Held& order : orders_) {
    if (holds(order, cut)) sum.add(order.digest);
  }
  return sum.value();
}

// When by the clock alone `cut` would hold other orders.
Time GateFeed::next_change(const GateCut& cut) const {
  Time out = Time::max();
  for (const Held& order : orders_) {
    if (order.until && *order.until > cut.state.made_at) out = std::min(out, *order.until);
    if (order.known_from > cut.state.made_at) out = std::min(out, order.known_from);
  }
  return out;
}

// A lift counts before the checkpoint covers it. When it does, a version says so: whoever waits for
// gates to confirm the lift waits for one of that size.
bool GateFeed::covers_more_lifts(std::uint64_t before, std::uint64_t now) const {
  return std::any_of(orders_.begin(), orders_.end(), [&](const Held& order) {
    return order.lifted >= before && order.lifted < now;
  });
}

std::size_t GateFeed::changes_below(std::uint64_t size) const {
  return static_cast<std::size_t>(std::count_if(
      changes_.begin(), changes_.end(), [&](const Change& change) { return change.index < size; }));
}

GateCut GateFeed::cut_of(const model::GateState& state) const {
  const auto found = std::find_if(remembered_.rbegin(), remembered_.rend(),
                                  [&](const GateCut& cut) { return cut.state == state; });
  return found != remembered_.rend() ? *found : GateCut{state, state.size};
}

std::optional<GateFeed::Span> GateFeed::span_of(const Digest& order) const {
  const auto found = by_digest_.find(std::string(order.view()));
  if (found == by_digest_.end()) return std::nullopt;
  const Held& held = orders_[found->second];
  std::optional<Time> end = held.until;
  if (held.lifted_at && (!end || *held.lifted_at < *end)) end = held.lifted_at;
  return Span{held.in_force_at, end};
}

void GateFeed::remember(const GateCut& cut) {
  if (remembered_.size() >= kRemembered) {
    remembered_.erase(remembered_.begin(), remembered_.begin() + kRemembered / 2);
  }
  remembered_.push_back(cut);
}

Result<model::ProvenEntry> GateFeed::proven_entry(std::uint64_t index, const std::string& bytes) {
  return model::ProvenEntry{bytes, index, TRY(tiles_->inclusion_path(index, newest_->state.size))};
}

Result<model::ProvenOrder> GateFeed::proven_order(const Digest& digest, std::uint64_t index) {
  OrderRow row = TRY(read_order(*database_, digest.hex()));
  const auto bytes =
      TRY(database_->query("SELECT bytes FROM outbox WHERE entry=:p0", {row.in_force_entry}));
  if (bytes.empty()) return fail(Errc::corrupt, "store: an order's entry is missing");
  return model::ProvenOrder{std::move(row.signed_order),
                            TRY(proven_entry(index, bytes.front().text(0)))};
}

Result<model::ProvenEntry> GateFeed::genesis() {
  const std::string id = TRY(read_genesis_entry(*database_));
  const auto bytes = TRY(database_->query("SELECT bytes FROM outbox WHERE entry=:p0", {id}));
  if (bytes.empty()) return fail(Errc::corrupt, "store: the genesis entry is missing");
  return proven_entry(0, bytes.front().text(0));
}

Result<Json> GateFeed::catalogue(const Digest& digest) {
  const std::string text = TRY(read_document(*database_, digest));
  return parse_json(text);
}

Result<std::vector<Digest>> GateFeed::consistency(const model::GateState& from) {
  if (from.size == newest_->state.size) return std::vector<Digest>();
  return tiles_->consistency_path(from.size, newest_->state.size);
}

Result<std::string> GateFeed::snapshot() {
  if (!newest_) return fail(Errc::conflict, "there is nothing to feed gates with yet");
  model::GateSnapshot out;
  out.ledger = source_.origin;
  out.made_at = newest_->state.made_at;
  out.checkpoint = newest_note_;
  out.genesis = TRY(genesis());
  for (const Change& change : changes_) {
    if (change.index >= newest_->state.size) continue;
    out.governance.push_back(TRY(proven_order(change.digest, change.index)));
  }
  std::set<Digest> catalogues;
  for (const Held& order : orders_) {
    if (!holds(order, *newest_)) continue;
    out.restrictions.push_back(TRY(proven_order(order.digest, order.index)));
    catalogues.insert(order.catalogue);
  }
  for (const Digest& digest : catalogues) out.catalogues.push_back(TRY(catalogue(digest)));
  return model::write_snapshot(out);
}

Result<std::optional<std::string>> GateFeed::delta(const GateCut& from) {
  if (!newest_) return fail(Errc::conflict, "there is nothing to feed gates with yet");
  const model::GateState& next = newest_->state;
  if (from.state.size < 1 || from.state.size > next.size || from.state.made_at > next.made_at ||
      sum_of(from) != from.state.orders) {
    return std::optional<std::string>();
  }
  const Digest root = TRY(tiles_->root_at(from.state.size));
  if (root != from.state.root) return std::optional<std::string>();
  model::GateDelta out;
  out.ledger = source_.origin;
  out.made_at = next.made_at;
  out.checkpoint = newest_note_;
  out.from = from.state;
  out.orders = next.orders;
  out.consistency = TRY(consistency(from.state));
  for (const Change& change : changes_) {
    if (change.index < from.state.size || change.index >= next.size) continue;
    out.governance.push_back(TRY(proven_order(change.digest, change.index)));
  }
  std::set<Digest> had;
  std::set<Digest> needed;
  for (const Held& order : orders_) {
    const bool before = holds(order, from);
    const bool now = holds(order, *newest_);
    if (before) had.insert(order.catalogue);
    if (before && !now) out.gone.push_back(order.digest);
    if (before || !now) continue;
    if (out.added.size() >= kAddedMax) return std::optional<std::string>();
    out.added.push_back(TRY(proven_order(order.digest, order.index)));
    needed.insert(order.catalogue);
  }
  std::sort(out.gone.begin(), out.gone.end());
  for (const Digest& digest : needed) {
    if (!had.contains(digest)) out.catalogues.push_back(TRY(catalogue(digest)));
  }
  std::string text = model::write_delta(out);
  if (text.size() > model::kDeltaBytesMax) return std::optional<std::string>();
  return std::optional(std::move(text));
}

}  // namespace proviso::decisions

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file_system.h"
#include "cases/database.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/tile_reader.h"
#include "model/gate_delta.h"
#include "model/gate_snapshot.h"

namespace proviso::decisions {

/// One version of what gates enforce: every restriction whose entry stands below `state.size`, that
/// gates may know at `state.made_at` (known_to_gates_from()) and that is not over then, and whose
/// lift, if any, does not stand below `lifts_below`.
/// A lift needs no proof, so it counts before the checkpoint covers it (I5).
struct GateCut {
  model::GateState state;
  std::uint64_t lifts_below = 0;
  bool operator==(const GateCut&) const = default;
};

/// What gates are fed with, from a store and the public folder of its ledger, while other processes
/// write both. It takes what the published log covers and nothing else: what is not proven is not
/// in force. Proves nothing itself: gates do.
///
/// Memory: about 200 bytes for each restriction that ever was in force. One thread.
class GateFeed {
 public:
  struct Source {
    std::string store;    ///< the store's file
    std::string log_dir;  ///< the ledger's public folder
    ledger::NoteVerifier key;
    std::string origin;
    /// Under checkpoints that witnesses cosigned and no others: an order waits for them, a lift
    /// does not. For gates whose trust file asks for witnesses.
    bool cosigned_only = false;
  };
  /// `not_found`: no store; `conflict`: its schema is another version's. `fs` outlives the feed.
  static Result<std::unique_ptr<GateFeed>> open(Source source, FileSystem& fs);

  /// Reads what is new. True where newest() is another one: other orders, other governance, or it
  /// was `renew` older than `now`. Costs a read of a file and a query where nothing is new.
  /// `conflict`: the founding is not sealed, or the ledger went back; `corrupt`: store and ledger
  /// do not fit. Then newest() stays.
  Result<bool> look(Time now, Duration renew);
  /// None before look() found a sealed founding.
  [[nodiscard]] const std::optional<GateCut>& newest() const { return newest_; }

  /// The newest version, whole.
  Result<std::string> snapshot();
  /// From `from` to the newest version; none where only the whole can tell: `from` is of another
  /// ledger, newer, or of orders that this feed can't make out; or it would be too long.
  Result<std::optional<std::string>> delta(const GateCut& from);
  /// What a gate stands on, as this feed has it: one it made, or the one that the ledger gives.
  [[nodiscard]] GateCut cut_of(const model::GateState& state) const;
  /// When an order that is, or was, in force could restrict anything: from its entry's time to its
  /// lift's or its own end. Nothing: there is no such restriction.
  struct Span {
    Time from{};
    std::optional<Time> until;
  };
  [[nodiscard]] std::optional<Span> span_of(const Digest& order) const;
  /// A version that another feed of the same folder made.
  void remember(const GateCut& cut);

  /// More orders than this in one delta are not worth it: the gate loads the whole as fast.
  static constexpr std::size_t kAddedMax = 2'000;

 private:
  struct Held {
    Digest digest;
    Digest catalogue;
    std::uint64_t index = 0;
    std::uint64_t lifted = kNever;  ///< index of the lift's entry
    Time known_from{};              ///< known_to_gates_from()
    std::optional<Time> until;
    Time in_force_at{};
    std::optional<Time> lifted_at;
  };
  struct Change {
    Digest digest;
    std::uint64_t index = 0;
  };
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  GateFeed(Source source, FileSystem& fs, std::unique_ptr<cases::Database> database)
      : source_(std::move(source)), fs_(fs), database_(std::move(database)) {}

  Result<void> read_head();
  Result<void> read_orders_in_force();
  Result<bool> take_row(const cases::SqlRow& row, bool all_marked);
  Result<std::optional<std::uint64_t>> find_in_log(std::string_view entry);
  Result<void> take_entry(std::uint64_t index, const std::string& bytes);
  [[nodiscard]] bool holds(const Held& order, const GateCut& cut) const;
  [[nodiscard]] Digest sum_of(const GateCut& cut) const;
  [[nodiscard]] Time next_change(const GateCut& cut) const;
  [[nodiscard]] bool covers_more_lifts(std::uint64_t before, std::uint64_t now) const;
  [[nodiscard]] std::size_t changes_below(std::uint64_t size) const;
  Result<model::ProvenEntry> proven_entry(std::uint64_t index, const std::string& bytes);
  Result<model::ProvenOrder> proven_order(const Digest& digest, std::uint64_t index);
  Result<model::ProvenEntry> genesis();
  Result<Json> catalogue(const Digest& digest);
  Result<std::vector<Digest>> consistency(const model::GateState& from);

  Source source_;
  FileSystem& fs_;
  std::unique_ptr<cases::Database> database_;
  std::int64_t read_to_ = 0;               // outbox.seq: all rows up to it are marked and taken
  std::uint64_t marked_to_ = 0;            // ledger entries that they are
  std::uint64_t entries_known_ = 0;        // and with those that were found in the log
  std::set<std::int64_t> taken_unmarked_;  // rows behind read_to_ that were taken
  std::vector<Held> orders_;               // by index
  std::unordered_map<std::string, std::size_t> by_digest_;  // into orders_; bytes
  std::vector<Change> changes_;                             // of who decides, by index
  std::string note_;                                        // the checkpoint that newest_ is under
  ledger::Checkpoint head_;
  std::string newest_note_;
  bool is_news_ = true;             // something was read that newest_ may lack
  Time next_change_ = Time::max();  // of newest_, by the clock alone
  std::optional<GateCut> newest_;
  std::vector<GateCut> remembered_;  // the last kRemembered
  std::unique_ptr<ledger::TileReader> tiles_;
};

}  // namespace proviso::decisions

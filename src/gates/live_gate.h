// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "gates/gate.h"
#include "gates/live_clock.h"
#include "gates/service_keys.h"
#include "model/genesis.h"

namespace proviso::gates {

/// Where an answer comes from.
enum class Basis : std::uint8_t {
  snapshot,  ///< a verified snapshot
  none,      ///< the gate has no state at all; its owner's choice answered (I4)
};

/// Why a refusal or a limit is only counted and not enforced.
enum class Mode : std::uint8_t {
  enforce,
  observe,  ///< the first weeks of a roll-out
  bypass,   ///< the owner's own switch in an emergency; a gap on record (I13)
  shadow,   ///< the order is in shadow here (model/rollout.h): of a record only, never of a gate
};
std::string_view to_string(Mode mode);

/// What a gate says about one request. Self-contained: holds nothing of the gate, and nothing of
/// orders that are in shadow: whoever asks must not learn of them (I11).
struct Answer {
  /// The strictest effect that holds for the subscription's use of the service; `allow` where none.
  model::Effect effect;
  /// What is to be done with this operation. In a mode other than `enforce` always `yes`.
  model::Outcome outcome = model::Outcome::yes;
  /// What would have been done with it under `enforce`.
  model::Outcome judged = model::Outcome::yes;
  Basis basis = Basis::none;
  Mode mode = Mode::enforce;
  /// Where `judged` is limited: requests a second; else 0.
  std::uint32_t rate_per_second = 0;
  /// The order that `effect` comes from; all zero where there is none.
  Digest order{};
  /// Where explain() looks for it first.
  std::uint32_t order_number = kNoOrder;
  /// The snapshot's version: how many ledger entries its checkpoint covers; 0 without one.
  std::uint64_t snapshot_size = 0;
  /// When the snapshot says that it was made.
  Time snapshot_made_at{};

  [[nodiscard]] bool restricted() const { return effect.kind != model::EffectKind::allow; }
  [[nodiscard]] bool refused() const { return outcome == model::Outcome::no; }
};

/// In words, for the two people who ask. Both may be empty: nothing restricts.
struct Explanation {
  std::string term;     ///< the clause of the provider's terms, as the order names it
  std::string until;    ///< RFC 3339; empty for a termination
  std::string review;   ///< RFC 3339; empty for a suspension
  std::string user;     ///< one sentence for whoever's request it was
  std::string service;  ///< one line for whoever runs the service
};

class RefusalRing;

/// How a gate is, for status pages, metrics and alarms.
struct LiveStatus {
  bool has_state = false;
  Mode mode = Mode::enforce;
  std::optional<Time> bypass_until;
  std::string bypass_reason;
  std::uint64_t snapshot_size = 0;
  Time snapshot_made_at{};
  std::int64_t age_seconds = 0;  ///< since snapshot_made_at, by the gate's clock; at least 0
  std::uint64_t orders = 0;
  std::uint64_t waiting = 0;            ///< orders that wait for witnesses
  std::uint64_t table_bytes = 0;        ///< memory that checks read
  std::uint64_t accepted = 0;           ///< snapshots and deltas taken since the gate was opened
  std::uint64_t refused = 0;            ///< of either, refused since then
  std::string last_refusal;             ///< why; empty where none was
  std::int64_t clock_step_seconds = 0;  ///< by how much the wall clock disagrees; 0 within 2 s
};

struct LiveGateSettings {
  model::TrustRoot trust;
  /// The gate's own folder, for the last good snapshot (I8) and the bypass; made if it is not
  /// there. Empty: nothing is kept across restarts.
  std::string state_dir;
  /// What answers while there is no state at all: `deny` is the owner's choice to fail closed.
  bool fail_closed = false;
  bool observe = false;
  /// I10. A snapshot that is older does not begin a stricter stage.
  Duration stage_freshness = kStageFreshness;
  /// A snapshot without more than this share (in percent, 0 to 100) of the orders that are enforced
  /// and not over by their own end, and without more than kShrinkAlways (succession.h) of them, is
  /// refused: lifts come one by one, an empty snapshot is a mistake. offer() can be told to take it
  /// all the same.
  unsigned shrink_percent_max = 50;
  /// Where each check that is refused or limited, or would be, is put down (refusal_ring.h);
  /// outlives the gate. Null: nowhere.
  /// So is what an order in shadow would have refused or limited (Mode::shadow).
  RefusalRing* refusals = nullptr;
  /// The gate's name (gate_identity.h), by which orders begin gate by gate. Empty: it has none.
  std::string name;
};

/// A gate as a program holds it: takes snapshots, keeps the last good one, answers.
///
/// check() and check_batch(): any number of threads, wait-free; they take no lock, allocate
/// nothing and write to no shared cache line, but for refusals where settings.refusals asks for
/// them. The rest: any thread; offers wait for each other, and
/// nothing else waits for them.
/// Nothing in it aborts, prints, or throws out of it.
class LiveGate {
 public:
  /// Loads the persisted snapshot where there is one; a persisted one that does not verify is left
  /// in place, told in status(), and the gate is without state.
  /// `invalid_input`: settings; `unavailable`: the folder; `conflict`: another process holds it.
  /// `clocks` and `fs` outlive the gate.
  static Result<std::unique_ptr<LiveGate>> open(LiveGateSettings settings, const Clocks& clocks,
                                                FileSystem& fs);
  ~LiveGate();
  LiveGate(const LiveGate&) = delete;
  LiveGate& operator=(const LiveGate&) = delete;

  /// About 60 ns where no order names the subscription, some 200 where one does, 7 more while
  /// deltas wait to be folded (docs/performance.md).
  [[nodiscard]] Answer check(const Request& request) const noexcept;
  /// The same for a subscription's key, made once: good for all gates of this process, as long as
  /// it runs. `request.subscription` is not looked at. Two ids that are no GUIDs share a key with a
  /// chance of about 2^-100.
  [[nodiscard]] Answer check(const IdKey& subscription, const Request& request) const noexcept;
  /// The same with keys of service and operation, made once as well. The texts are still needed:
  /// they are compared with what an order names, and written down where something is refused. Keys
  /// of other texts than the request's name a service that no order names.
  [[nodiscard]] Answer check(const IdKey& subscription, const ServiceKeys& service,
                             const Request& request) const noexcept;
  /// What check() would say, for whoever only wants to know it (a search, a map that is filled):
  /// nobody asked for anything, so it is no refusal and is put down nowhere.
  [[nodiscard]] Answer look(const Request& request) const noexcept;
  [[nodiscard]] Answer look(const IdKey& subscription, const Request& request) const noexcept;
  [[nodiscard]] static IdKey subscription_key(std::string_view id) noexcept;
  [[nodiscard]] static ServiceKeys service_keys(std::string_view service,
                                                std::string_view operation) noexcept;
  /// answers[i] for requests[i]; as many as the shorter of both. All from one snapshot and time.
  void check_batch(std::span<const Request> requests, std::span<Answer> answers) const noexcept;

  enum class Shrinking : std::uint8_t { guarded, confirmed };
  /// Verifies a snapshot's text, persists it, then enforces it: durable, then effective (I7).
  /// Returns its version. The same snapshot again changes nothing.
  /// What is refused leaves everything as it was, and stands in status(): `corrupt` or `denied`
  /// (what does not verify), `conflict` (older than what is enforced, or shrunken), `exhausted` or
  /// `unavailable` (it could not be kept).
  Result<std::uint64_t> offer(std::string_view snapshot_text,
                              Shrinking shrinking = Shrinking::guarded);

  /// The same for what has changed since what is enforced (docs/formats/delta.md), for the cost of
  /// what has changed. `conflict`: it does not continue what state() says, or what follows from it
  /// only a whole snapshot can say: offer() one.
  Result<std::uint64_t> offer_delta(std::string_view delta_text,
                                    Shrinking shrinking = Shrinking::guarded);

  /// What a delta has to continue; `size` 0 where there is no state.
  [[nodiscard]] model::GateState state() const;
  [[nodiscard]] Explanation explain(const Answer& answer) const;
  [[nodiscard]] LiveStatus status() const;
  /// To be called about once a second, by one thread of the host's: notices clock steps, and a
  /// bypass (bypass.h) that begins or is over. Now and then it puts what deltas brought into one
  /// table with the rest, which takes about as long as laying it out; offers do not wait for that.
  void tick();

 private:
  struct Impl;
  explicit LiveGate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proviso::gates

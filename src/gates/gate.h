// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gates/layered_table.h"
#include "gates/verified_snapshot.h"
#include "model/gate_delta.h"

namespace proviso::gates {

/// What holds for one request.
struct Verdict {
  /// The strictest effect among the lines that match; also told where it lets this operation pass.
  model::Effect effect;
  /// What happens to this operation: the hardest that any matching line asks for.
  model::Outcome outcome = model::Outcome::yes;
  /// Where `outcome` is limited: the lowest rate among the throttles that match; else 0.
  std::uint32_t rate_per_second = 0;
  /// The order that `effect` comes from, for Gate::order(); kNoOrder where nothing restricts.
  std::uint32_t order = kNoOrder;
  /// What orders that are in shadow at this gate would do. For whoever counts it; nobody who asks
  /// is told.
  Ruling shadow;

  [[nodiscard]] bool restricted() const { return order != kNoOrder; }
  [[nodiscard]] bool refused() const { return outcome == model::Outcome::no; }
};

class Gate;
struct GateParts;

struct GateOptions {
  /// I10: a stricter stage that begins later than this after the snapshot was made does not begin.
  /// A long-running gate sets kStageFreshness; without it every stage runs, which answers "what
  /// would this snapshot say at T".
  std::optional<Duration> stage_freshness;
  /// What is enforced now; read by load() alone, and only where the trust file asks for witnesses.
  /// A snapshot that too few of them cosigned can then ease what this gate enforces, and nothing
  /// else: it takes effect without waiting for them (I5). Null: nothing is kept.
  const Gate* kept = nullptr;
  /// The gate's name, by which orders begin gate by gate (model/rollout.h). Empty: one of all
  /// others.
  std::string name = {};
};
inline constexpr Duration kStageFreshness = std::chrono::hours{24};

/// The restrictions of one verified snapshot, or of one and the deltas that continued it, laid out
/// for checks. Immutable.
class Gate {
 public:
  /// Parses and verifies (verified_snapshot.h); fails with what is wrong, and then there is no
  /// gate: keep the one you have (I4, I8).
  ///
  /// Where the trust file names witnesses and too few of them cosigned the checkpoint (I2), the
  /// gate enforces what stands in the snapshot *and* is enforced by `options.kept`, at each time
  /// the laxer of both; the rest is counted in waiting(). `denied` where nothing is kept. A wrong
  /// line of a witness that the trust file names refuses the snapshot.
  static Result<Gate> load(std::string_view snapshot_text, const model::TrustRoot& trust,
                           const GateOptions& options = {});

  /// The gate that `before` becomes by `delta` (continuation.h): what the whole snapshot would be,
  /// for the cost of what has changed. `conflict`: it needs the whole snapshot.
  static Result<Gate> continued(const Gate& before, const model::GateDelta& delta,
                                const model::TrustRoot& trust);

  /// Never fails, allocates nothing, takes no lock. Any number of threads.
  /// A subscription that no order names costs one hash and one probe.
  [[nodiscard]] Verdict check(const Request& request, Time at) const noexcept;

  /// The snapshot's version: how many ledger entries its checkpoint covers.
  [[nodiscard]] std::uint64_t snapshot_size() const;
  [[nodiscard]] const Digest& snapshot_root() const;
  /// For telling how stale the gate is; not proven.
  [[nodiscard]] Time snapshot_made_at() const;
  /// What a delta has to continue.
  [[nodiscard]] const model::GateState& state() const;
  /// `index` from a Verdict, or below order_count(). Without the stages that do not begin (I10).
  [[nodiscard]] EnforcedOrder order(std::uint32_t index) const;
  /// One more than the highest number; after deltas some below it are gone (LayeredTable).
  [[nodiscard]] std::size_t order_count() const;
  /// What checks read.
  [[nodiscard]] const LayeredTable& table() const;
  /// Orders of the snapshot that are not enforced, or less than it says, until witnesses cosign it.
  [[nodiscard]] std::uint64_t waiting() const;
  /// Whether the witnesses that the trust file asks for, if any, have cosigned the snapshot.
  [[nodiscard]] bool witnessed() const;

  /// Another handle on the same.
  [[nodiscard]] Gate same() const { return Gate(parts_); }
  explicit Gate(std::shared_ptr<const GateParts> parts) : parts_(std::move(parts)) {}
  [[nodiscard]] const GateParts& parts() const { return *parts_; }
  ~Gate() = default;
  Gate(Gate&&) noexcept = default;
  Gate& operator=(Gate&&) noexcept = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

 private:
  std::shared_ptr<const GateParts> parts_;  // shared: by same()
};

}  // namespace proviso::gates

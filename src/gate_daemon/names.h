// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/proven_order.h"

namespace proviso::model {
struct GateSnapshot;
}

namespace proviso::gate_daemon {

/// What a gate can name, for searches: a gate's table holds hashes, and is asked about names.
/// The subscriptions that orders name, and the services and operations of the catalogues that those
/// orders pin. Nothing here decides anything: each candidate is checked by the gate.
class Names {
 public:
  /// Of a snapshot that the gate of this name (empty: without one) has taken. `corrupt`: what is
  /// none.
  static Result<Names> from_snapshot(std::string_view snapshot_text, std::string_view gate = {});

  /// After a delta that the gate has taken. `corrupt`, `invalid_input`: what is none.
  [[nodiscard]] Result<Names> with_delta(std::string_view delta_text) const;

  struct Service {
    std::string name;
    std::vector<std::string> operations;  ///< sorted
  };
  /// A subscription, from when and until when some order restricts it.
  struct Subscription {
    std::string id;
    Digest order;
    Time from{};
    Time until = Time::max();
    /// Before an order's first stage, and while it is in shadow here, whom it names is not to be
    /// learnt from a gate (I11).
    [[nodiscard]] bool named_at(Time at) const { return from <= at && at < until; }
  };

  /// Sorted by name.
  [[nodiscard]] const std::vector<Service>& services() const { return services_; }
  /// Null where no catalogue has it.
  [[nodiscard]] const Service* service(std::string_view name) const;
  /// Sorted by id; one that several orders name stands here once for each.
  [[nodiscard]] const std::vector<Subscription>& subscriptions() const { return subscriptions_; }
  /// Whether an order in force names it at `at`. GUIDs in any case.
  [[nodiscard]] bool knows(std::string_view subscription, Time at) const;

 private:
  void add(const std::vector<Json>& catalogues, const std::vector<model::ProvenOrder>& orders);
  std::string gate_;
  std::vector<Service> services_;
  std::vector<Subscription> subscriptions_;
};

/// The services and operations of the catalogues that `snapshot` holds, sorted by name.
std::vector<Names::Service> services_of(const model::GateSnapshot& snapshot);

}  // namespace proviso::gate_daemon

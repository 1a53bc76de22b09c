// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "model/gate_snapshot.h"
#include "model/in_force.h"
#include "model/order_bundle.h"
#include "model/testing/people.h"

namespace proviso::gates::testing {

using model::testing::at;

/// A founded provider in memory: its ledger as plain leaves, written and proven the naive way, so
/// that a test can also play the hijacked server that logs what it likes. Always the same bytes.
class World {
 public:
  /// Sealed with model/testing/people.h's roster; `origin` names the ledger and its key.
  explicit World(const std::string& origin = model::testing::kLedger);

  /// Appends a leaf of any kind; returns its index.
  std::uint64_t log(std::string_view kind, Time time, Json public_part = Json::Object{});
  /// Appends raw bytes.
  std::uint64_t log_bytes(std::string bytes);
  /// Appends an order-in-force entry; the order stands in later snapshots unless it is a lift.
  std::uint64_t put_in_force(const model::SignedOrder& order, Time time);
  std::uint64_t put_in_force(const model::SignedOrder& order, const char* time) {
    return put_in_force(order, at(time));
  }

  /// On 2 November the policy allows server-mediated keys, and these people's come on the roster.
  void let_server_mediate(const std::vector<std::string>& names);

  /// Everything put in force, less what was lifted, under a checkpoint over all leaves.
  [[nodiscard]] model::GateSnapshot snapshot() const;
  [[nodiscard]] std::string snapshot_text() const { return model::write_snapshot(snapshot()); }
  /// That the log of `size` entries is the beginning of the one now; empty where it is the same.
  [[nodiscard]] std::vector<Digest> consistency(std::uint64_t size) const;
  /// Of the order that entry `index` put in force, with all governance before it.
  [[nodiscard]] model::OrderBundle bundle(const model::SignedOrder& order,
                                          std::uint64_t index) const;
  [[nodiscard]] model::ProvenEntry prove(std::uint64_t index) const;
  [[nodiscard]] std::string checkpoint() const;
  [[nodiscard]] const model::TrustRoot& trust() const { return trust_; }
  [[nodiscard]] ledger::NoteSigner signer() const;
  [[nodiscard]] std::vector<std::string>& leaves() { return leaves_; }
  [[nodiscard]] const std::vector<std::string>& leaves() const { return leaves_; }

  /// The public log directory; at most 255 leaves.
  void write_to(FileSystem& fs, const std::string& dir) const;

  Json catalogue = model::testing::sample_catalogue_json();

 private:
  struct Logged {
    model::SignedOrder order;
    std::uint64_t index;
  };
  [[nodiscard]] std::vector<Digest> hashes() const;
  [[nodiscard]] std::function<model::ProvenEntry(std::uint64_t)> prover() const;
  std::string origin_;
  SeededRandom random_{1};
  model::TrustRoot trust_;
  std::vector<std::string> leaves_;
  std::vector<Logged> governance_;
  std::vector<Logged> restrictions_;
};

/// sample_restriction(), signed by ada and ben.
model::SignedOrder sample_signed();
/// sample_restriction() for another subscription and service, with a nonce of its own.
model::Order restriction_of(const std::string& subscription, const std::string& service,
                            char nonce);

}  // namespace proviso::gates::testing

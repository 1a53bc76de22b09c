// SPDX-License-Identifier: Apache-2.0
#include "gates/testing/world.h"

#include <span>

#include "base/check.h"
#include "ledger/leaf_tree.h"
#include "ledger/merkle.h"
#include "ledger/proof.h"
#include "ledger/tiles.h"

namespace proviso::gates::testing {
namespace {

using model::OrderKind;

// A larger world is a benchmark's: it is proven by the ledger's own tree.
constexpr std::size_t kNaiveMax = 4096;

// RFC 6962 section 2.1.1, word by word.
std::vector<Digest> path_to(std::size_t m, std::span<const Digest> leaves) {
  if (leaves.size() <= 1) return {};
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const bool left = m < k;
  auto path = left ? path_to(m, leaves.first(k)) : path_to(m - k, leaves.subspan(k));
  path.push_back(ledger::tree_root(left ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

// RFC 6962 section 2.1.2, word by word: `whole` where the old tree is one of its own.
std::vector<Digest> subproof(std::size_t m, std::span<const Digest> leaves, bool whole) {
  if (m == leaves.size()) {
    return whole ? std::vector<Digest>() : std::vector{ledger::tree_root(leaves)};
  }
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const bool left = m <= k;
  auto proof =
      left ? subproof(m, leaves.first(k), whole) : subproof(m - k, leaves.subspan(k), false);
  proof.push_back(ledger::tree_root(left ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

}  // namespace

World::World(const std::string& origin) : origin_(origin) {
  model::Genesis genesis = model::testing::sample_genesis();
  genesis.ledger = origin;
  genesis.ledger_key = signer().verifier().format();
  log(model::entry_kind::genesis, genesis.sealed_at, model::genesis_to_json(genesis));
  trust_ = {origin, genesis.ledger_key, sha256(leaves_.front())};
}

ledger::NoteSigner World::signer() const {
  return {origin_, model::testing::key_of("log of " + origin_)};
}

std::uint64_t World::log(std::string_view kind, Time time, Json public_part) {
  const auto draft = model::new_entry(kind, time, random_, std::move(public_part), Json::Object{});
  const auto bytes = model::entry_bytes(draft, origin_);
  CHECK(bytes.has_value());
  return log_bytes(*bytes);
}

std::uint64_t World::log_bytes(std::string bytes) {
  leaves_.push_back(std::move(bytes));
  return leaves_.size() - 1;
}

std::uint64_t World::put_in_force(const model::SignedOrder& order, Time time) {
  const auto index = log(model::entry_kind::order_in_force, time, model::in_force_public(order));
  if (order.order.kind == OrderKind::restrict_use) {
    restrictions_.push_back({order, index});
  } else if (order.order.kind == OrderKind::lift) {
    std::erase_if(restrictions_, [&](const Logged& logged) {
      return sha256(logged.order.canonical) == *order.order.lifts;
    });
  } else {
    governance_.push_back({order, index});
  }
  return index;
}

std::vector<Digest> World::hashes() const {
  std::vector<Digest> out;
  for (const std::string& leaf : leaves_) out.push_back(ledger::leaf_hash(leaf));
  return out;
}

model::ProvenEntry World::prove(std::uint64_t index) const {
  return {leaves_[index], index, path_to(index, hashes())};
}

std::function<model::ProvenEntry(std::uint64_t)> World::prover() const {
  if (leaves_.size() <= kNaiveMax) return [this](std::uint64_t index) { return prove(index); };
  return [this, tree = ledger::LeafTree(hashes())](std::uint64_t index) {
    return model::ProvenEntry{leaves_[index], index, tree.path(index)};
  };
}

std::vector<Digest> World::consistency(std::uint64_t size) const {
  return subproof(size, hashes(), true);
}

std::string World::checkpoint() const {
  const auto all = hashes();
  const ledger::Checkpoint checkpoint{origin_, all.size(), ledger::tree_root(all)};
  return ledger::sign_note(signer(), checkpoint.format());
}

void World::let_server_mediate(const std::vector<std::string>& names) {
  model::Policy policy = model::testing::sample_policy();
  policy.server_mediated = true;
  put_in_force(
      model::testing::sign_order(
          model::testing::sample_change(model::OrderKind::policy, model::policy_to_json(policy)),
          {"ada", "cleo"}),
      "2026-11-02T00:00:00Z");
  auto roster = model::testing::sample_roster();
  for (const std::string& name : names) {
    roster.push_back(
        model::testing::server_mediated(model::testing::member(name, model::Role::approver)));
  }
  put_in_force(
      model::testing::sign_order(
          model::testing::sample_change(model::OrderKind::roster, model::roster_to_json(roster)),
          {"ada", "cleo"}),
      "2026-11-02T00:00:01Z");
}

model::GateSnapshot World::snapshot() const {
  model::GateSnapshot out;
  out.ledger = origin_;
  out.made_at = at("2026-11-08T00:00:00Z");
  out.checkpoint = checkpoint();
  const auto proven = prover();
  out.genesis = proven(0);
  for (const Logged& l : governance_) out.governance.push_back({l.order, proven(l.index)});
  if (!restrictions_.empty()) out.catalogues = {catalogue};
  for (const Logged& l : restrictions_) out.restrictions.push_back({l.order, proven(l.index)});
  return out;
}

model::OrderBundle World::bundle(const model::SignedOrder& order, std::uint64_t index) const {
  const model::ProvenEntry entry = prove(index);
  model::OrderBundle out{
      .order = order,
      .entry = entry.bytes,
      .proof = ledger::format_tlog_proof({index, leaves_.size(), entry.path}, checkpoint()),
      .genesis = prove(0),
      .governance = {},
      .catalogue = {}};
  for (const Logged& l : governance_) {
    if (l.index < index) out.governance.push_back({l.order, prove(l.index)});
  }
  if (order.order.kind == OrderKind::restrict_use) out.catalogue = catalogue;
  return out;
}

void World::write_to(FileSystem& fs, const std::string& dir) const {
  CHECK(leaves_.size() < ledger::kTileWidth);
  const auto write = [&](const std::string& path, std::string_view bytes) {
    const std::string full = dir + "/" + path;
    CHECK(fs.make_directories(full.substr(0, full.rfind('/'))).has_value());
    CHECK(fs.write_durable(full, bytes).has_value());
  };
  std::string bundle;
  for (const std::string& leaf : leaves_) ledger::append_to_bundle(bundle, leaf);
  if (!leaves_.empty()) {
    write(ledger::bundle_path(0, leaves_.size()), bundle);
    write(ledger::tile_path(0, 0, leaves_.size()), ledger::encode_tile(hashes()));
  }
  write("checkpoint", checkpoint());
}

model::SignedOrder sample_signed() {
  return model::testing::sign_order(model::testing::sample_restriction(), {"ada", "ben"});
}

model::Order restriction_of(const std::string& subscription, const std::string& service,
                            char nonce) {
  model::Order order = model::testing::sample_restriction();
  order.nonce = std::string(32, nonce);
  order.restriction->scope = {
      {model::SubscriptionId(subscription), model::ServiceId(service), {}, {}, {}}};
  return order;
}

}  // namespace proviso::gates::testing

// SPDX-License-Identifier: Apache-2.0
// Proving one order bundle, beside four bare Ed25519 verifications of the same messages: proposal,
// two approvals, checkpoint. CPU time of the thread; the two take turns, so that both meet the same
// machine; medians of --turns.
//
//   bundle [--entries N] [--turns N]
//
// The order stands in a log of --entries (1,000,000), so that both of its proofs (genesis and
// entry) have some 20 hashes. Limits (docs/performance.md): 1 ms; aim four verifications and 1 us a
// hash.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "gates/testing/world.h"
#include "gates/verified_bundle.h"
#include "ledger/proof.h"

namespace {

using namespace proviso;
using gates::testing::World;

struct Settings {
  std::uint64_t entries = 1'000'000;
  int turns = 301;
};

Settings parse(int count, char** words) {
  Settings out;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    if (name == "--entries") out.entries = std::strtoull(words[i + 1], nullptr, 10);
    if (name == "--turns") out.turns = std::max(1, std::atoi(words[i + 1]));
  }
  return out;
}

double cpu_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct SignedMessage {
  PublicKey key;
  std::string message;
  std::string signature;
};

// What a verifier of the bundle cannot do without.
std::vector<SignedMessage> bare_messages(const World& world, const model::SignedOrder& order) {
  using model::testing::key_of;
  std::vector<SignedMessage> out;
  out.push_back({key_of("petra").public_key(), model::proposal_message(order.canonical),
                 order.proposal->bytes});
  for (const char* name : {"ada", "ben"}) {
    const std::string message = model::approval_message(order.canonical);
    out.push_back({key_of(name).public_key(), message, key_of(name).sign(message)});
  }
  const std::string note = world.checkpoint();
  const std::string text = note.substr(0, note.rfind("\n\n") + 1);
  out.push_back({world.signer().key.public_key(), text, world.signer().key.sign(text)});
  return out;
}

void give_up(const char* what) {
  std::fprintf(stderr, "bench_bundle: %s\n", what);
  std::exit(1);
}

double verify_bare(const std::vector<SignedMessage>& messages) {
  const double begin = cpu_microseconds();
  for (const SignedMessage& m : messages) {
    if (!verify_signature(m.key, m.message, m.signature)) give_up("a signature is wrong");
  }
  return cpu_microseconds() - begin;
}

double verify_bundle(const std::string& text, const model::TrustRoot& trust) {
  const double begin = cpu_microseconds();
  const gates::BundleReport report = gates::verify_order_bundle(text, trust);
  const double took = cpu_microseconds() - begin;
  if (!report.ok) give_up(report.detail.c_str());
  return took;
}

double quantile(std::vector<double> times, double share) {
  std::sort(times.begin(), times.end());
  return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
}

void run(const Settings& settings) {
  World world;
  const model::SignedOrder order = gates::testing::sample_signed();
  const auto index = world.put_in_force(order, "2026-11-06T00:00:00Z");
  while (world.leaves().size() < settings.entries) {
    world.log_bytes("entry " + std::to_string(world.leaves().size()));
  }
  const model::OrderBundle bundle = world.bundle(order, index);
  const std::string text = model::write_order_bundle(bundle).value();
  const auto messages = bare_messages(world, order);
  // Both paths with their leaves: what the log adds. Digests of documents are not counted.
  const auto proof = ledger::parse_tlog_proof(bundle.proof);
  const std::size_t hashes = proof->hashes.size() + bundle.genesis.path.size() + 2;
  std::vector<double> bare;
  std::vector<double> whole;
  for (int turn = 0; turn < settings.turns; ++turn) {
    bare.push_back(verify_bare(messages));
    whole.push_back(verify_bundle(text, world.trust()));
  }
  const double aim = quantile(bare, 0.5) + static_cast<double>(hashes);
  std::printf("bundle     %zu bytes, %zu hashes, log of %llu entries: %.0f us (p99 %.0f)\n",
              text.size(), hashes, static_cast<unsigned long long>(settings.entries),
              quantile(whole, 0.5), quantile(whole, 0.99));
  std::printf(
      "bare       4 Ed25519 verifications: %.0f us (p99 %.0f); aim %.0f us; bundle: %.2f x "
      "of the aim\n",
      quantile(bare, 0.5), quantile(bare, 0.99), aim, quantile(whole, 0.5) / aim);
}

}  // namespace

int main(int count, char** words) {
  run(parse(count, words));
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// The examples of docs/formats: a change of a format shows here. PROVISO_UPDATE_EXAMPLES=1 writes
// them anew.
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "gates/gate.h"
#include "gates/proven_entry.h"
#include "gates/testing/deltas.h"
#include "gates/testing/world.h"
#include "gates/verified_bundle.h"
#include "ledger/proof.h"
#include "model/disclosure.h"
#include "model/sealed.h"

namespace proviso::gates {
namespace {

using model::testing::sign_order;
using testing::at;
using testing::World;

std::string example(const std::string& name, const std::string& expected) {
  const std::string path = PROVISO_SOURCE_DIR "/docs/formats/examples/" + name;
  if (std::getenv("PROVISO_UPDATE_EXAMPLES") != nullptr) {
    EXPECT_TRUE(real_file_system().write_durable(path, expected));
  }
  const auto text = real_file_system().read(path, 1U << 20U);
  EXPECT_TRUE(text) << path;
  EXPECT_EQ(text.value_or(""), expected) << name;
  return text.value_or("");
}

// Two restrictions; between them dora joins the approvers.
World example_world() {
  World world;
  world.log(model::entry_kind::case_opened, at("2026-11-02T00:00:00Z"));
  world.put_in_force(testing::sample_signed(), "2026-11-06T00:00:00Z");
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("dora", model::Role::approver));
  world.put_in_force(sign_order(model::testing::sample_change(model::OrderKind::roster,
                                                              model::roster_to_json(roster)),
                                {"ada", "ben"}),
                     "2026-11-07T00:00:00Z");
  world.put_in_force(sign_order(testing::restriction_of("sub-2", "speech", '7'), {"ada", "dora"}),
                     "2026-11-08T00:00:00Z");
  return world;
}

// After it the first order is lifted, and another put in force.
TEST(Example, DeltaContinuesTheSnapshot) {
  World world = example_world();
  const model::GateSnapshot before = world.snapshot();
  world.put_in_force(
      sign_order(model::testing::sample_lift(sha256(testing::sample_signed().canonical)), {"cleo"}),
      "2026-11-15T10:00:00Z");
  world.put_in_force(
      sign_order(testing::restriction_of("sub-4", "object-storage", '8'), {"ben", "dora"}),
      "2026-11-15T11:00:00Z");
  model::GateSnapshot after = world.snapshot();
  after.made_at = at("2026-11-15T11:00:01Z");
  const auto delta = model::parse_delta(
      example("delta.json", model::write_delta(testing::delta_between(before, after, world))));
  ASSERT_TRUE(delta) << delta.error().message;
  const auto gate =
      Gate::load(example("snapshot.json", model::write_snapshot(before)), world.trust());
  ASSERT_TRUE(gate) << gate.error().message;
  const auto next = Gate::continued(*gate, *delta, world.trust());
  ASSERT_TRUE(next) << next.error().message;
  const Time now = at("2026-11-16T00:00:00Z");
  EXPECT_TRUE(next->check({"sub-4", "object-storage", "PutObject", "", ""}, now).refused());
  EXPECT_FALSE(next->check({"sub-1", "object-storage", "PutObject", "", ""}, now).refused());
}

TEST(Example, SnapshotAndTrustLoad) {
  const World world = example_world();
  const std::string snapshot = example("snapshot.json", world.snapshot_text());
  const std::string trust_text = example("trust.json", model::write_trust(world.trust()));
  const auto trust = model::parse_trust(trust_text);
  ASSERT_TRUE(trust) << trust.error().message;
  const auto gate = Gate::load(snapshot, *trust);
  ASSERT_TRUE(gate) << gate.error().message;
  const Time now = at("2026-11-12T00:00:00Z");
  EXPECT_EQ(gate->order_count(), 2U);
  EXPECT_FALSE(gate->check({"sub-1", "object-storage", "GetObject", "", ""}, now).refused());
  EXPECT_TRUE(gate->check({"sub-1", "object-storage", "PutObject", "", ""}, now).refused());
}

// What the page of the format says between its markers.
std::string page_example(const std::string& page, const std::string& words) {
  const std::string path = PROVISO_SOURCE_DIR "/docs/formats/" + page;
  std::string text = real_file_system().read(path, 1U << 20U).value_or("");
  const auto begin = text.find("<!-- BUNDLE-WORDS:BEGIN");
  const auto from = text.find('\n', begin) + 1;
  const auto to = text.find("<!-- BUNDLE-WORDS:END");
  EXPECT_NE(to, std::string::npos) << page;
  if (std::getenv("PROVISO_UPDATE_EXAMPLES") != nullptr) {
    EXPECT_TRUE(real_file_system().write_durable(path, text.replace(from, to - from, words)));
    return words;
  }
  return text.substr(from, to - from);
}

TEST(Example, BundleAndTlogProofAreProven) {
  const World world = example_world();
  const auto order = sign_order(testing::restriction_of("sub-2", "speech", '7'), {"ada", "dora"});
  const std::string text =
      example("order.bundle", model::write_order_bundle(world.bundle(order, 4)).value());
  const BundleReport report = verify_order_bundle(text, world.trust());
  ASSERT_TRUE(report.ok) << report.where << ": " << report.detail;
  EXPECT_EQ(report.governance_orders, 1U);
  const std::string words = "```\n" + bundle_in_words(report) + "```\n";
  EXPECT_EQ(page_example("order-bundle.md", words), words);

  const std::string entry = example("restriction.entry", world.leaves()[2]);
  const std::string proof =
      example("restriction.tlog-proof",
              ledger::format_tlog_proof({2, 5, world.prove(2).path}, world.checkpoint()));
  const auto parsed = ledger::parse_tlog_proof(proof);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->hashes.size(), 3U);
  const auto key = ledger::NoteVerifier::parse(world.trust().ledger_key);
  EXPECT_TRUE(ledger::verify_tlog_proof(*parsed, entry, *key, world.trust().ledger));
}

TEST(Example, EntryOfALiftParses) {
  World world = example_world();
  const auto index = world.put_in_force(
      sign_order(model::testing::sample_lift(order_digest(model::testing::sample_restriction())),
                 {"cleo"}),
      at("2026-11-15T10:00:00Z"));
  const auto json = parse_json(world.leaves()[index]);
  ASSERT_TRUE(json);
  const auto shown = parse_json(example("entry.json", pretty_json(*json) + "\n"));
  ASSERT_TRUE(shown);
  const auto entry = trusted_entry(canonical_json(*shown), world.trust());
  ASSERT_TRUE(entry) << entry.error().message;
  const auto in_force = model::parse_in_force(entry->public_part);
  ASSERT_TRUE(in_force) << in_force.error().message;
  EXPECT_EQ(in_force->kind, model::OrderKind::lift);
}

TEST(Example, AnOpeningFitsItsSealedEntry) {
  SeededRandom random(28);
  const auto evidence =
      model::new_entry(model::entry_kind::evidence_added, at("2026-11-05T08:03:17Z"), random,
                       Json::Object{{"case", "6f1c2a44-7d0e-8a51-a3b6-0c9d8e7f6a5b"}},
                       Json::Object{{"class", "document"}, {"group", "newspaper"}});
  const auto content = model::entry_bytes(evidence, model::testing::kLedger);
  const auto draft =
      model::new_entry(model::entry_kind::sealed, at("2026-11-05T08:10:00Z"), random,
                       model::sealed_public(at("2027-12-10T08:10:00Z")), *parse_json(*content));
  const auto leaf = model::entry_bytes(draft, model::testing::kLedger);
  const auto opening = model::entry_bytes(
      model::new_entry(
          model::entry_kind::opened, at("2026-12-05T08:10:00Z"), random,
          model::opening_public(
              {.opens = draft.id, .salt = draft.salt, .content = draft.private_part, .order = {}}),
          Json::Object{}),
      model::testing::kLedger);
  const auto shown = [](const std::string& name, const std::string& bytes) {
    const auto read = parse_json(example(name, pretty_json(*parse_json(bytes)) + "\n"));
    return model::parse_entry(canonical_json(*read));
  };
  const auto sealed = shown("sealed.json", *leaf);
  const auto opened = shown("opened.json", *opening);
  ASSERT_TRUE(sealed && opened);
  const auto parsed = model::parse_opening(opened->public_part);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->opens, sealed->id);
  const auto inside =
      model::sealed_content(*parsed, sealed->private_commitment, model::testing::kLedger);
  ASSERT_TRUE(inside) << inside.error().message;
  EXPECT_EQ((*inside)->kind, model::entry_kind::evidence_added);

  // And of its two private fields a view that shows one.
  model::Disclosure view{
      .entry = evidence.id, .salt = evidence.salt, .digests = {}, .shown = {}, .salts = {}};
  for (const auto& [name, value] : *evidence.private_part.if_object()) {
    const std::string salt = model::field_salt(evidence.field_secret, name);
    view.digests.emplace(name, model::field_digest(salt, value));
    if (name != "class") continue;
    view.shown.emplace(name, value);
    view.salts.emplace(name, salt);
  }
  const auto line =
      parse_json(example("view.json", pretty_json(model::disclosure_to_json(view)) + "\n"));
  ASSERT_TRUE(line);
  const auto disclosure = model::disclosure_from_json(*line);
  ASSERT_TRUE(disclosure) << disclosure.error().message;
  EXPECT_TRUE(model::check_disclosure(*disclosure, (*inside)->private_commitment));
}

// A corpus of proofs under another trust root would be refused at the genesis, whatever a fuzzer
// does to it.
TEST(Example, FuzzingBeginsFromThem) {
  const auto seed = [](const std::string& name, std::string_view text) {
    const std::string path = PROVISO_SOURCE_DIR "/fuzz/corpus/" + name;
    if (std::getenv("PROVISO_UPDATE_EXAMPLES") != nullptr) {
      EXPECT_TRUE(real_file_system().write_durable(path, text));
    }
    EXPECT_EQ(real_file_system().read(path, 1U << 20U).value_or(""), text) << name;
  };
  const auto shown = [](const std::string& name) {
    return real_file_system()
        .read(PROVISO_SOURCE_DIR "/docs/formats/examples/" + name, 1U << 20U)
        .value_or("");
  };
  seed("gate_bundle/example", shown("order.bundle"));
  seed("gate_list/example", shown("customer.list"));
  const std::string snapshot = shown("snapshot.json");
  seed("gate_snapshot/example", snapshot);
  seed("gate_snapshot/body", snapshot.substr(0, snapshot.find('\n')));
}

}  // namespace
}  // namespace proviso::gates

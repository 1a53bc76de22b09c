// SPDX-License-Identifier: Apache-2.0
#include "gates/proven_entry.h"

#include "ledger/merkle.h"
#include "ledger/note.h"
#include "model/in_force.h"

namespace proviso::gates {
namespace {

Result<void> check_included(const model::ProvenEntry& proven,
                            const ledger::Checkpoint& checkpoint) {
  const auto included = ledger::verify_inclusion(
      proven.index, checkpoint.size, ledger::leaf_hash(proven.bytes), proven.path, checkpoint.root);
  if (included) return {};
  return fail(Errc::denied, "its ledger entry is not under the signed checkpoint (I2): " +
                                included.error().message);
}

}  // namespace

std::string order_name(std::string_view kind, const Digest& digest) {
  return std::string(kind) + " " + digest.hex().substr(0, 12);
}

Result<model::Entry> trusted_entry(std::string_view bytes, const model::TrustRoot& trust) {
  model::Entry entry = TRY(model::parse_entry(bytes));
  if (entry.ledger != trust.ledger) {
    return fail(Errc::denied, "the ledger entry belongs to another ledger (I2)");
  }
  return entry;
}

Result<model::Entry> proven_entry(const model::ProvenEntry& proven,
                                  const ledger::Checkpoint& checkpoint,
                                  const model::TrustRoot& trust) {
  TRY_VOID(check_included(proven, checkpoint));
  return trusted_entry(proven.bytes, trust);
}

Result<model::Genesis> trusted_genesis(std::string_view bytes, const model::TrustRoot& trust) {
  if (sha256(bytes) != trust.genesis) {
    return fail(Errc::denied, "not the founding that the trust file names (I2)");
  }
  const model::Entry entry = TRY(trusted_entry(bytes, trust));
  if (entry.kind != model::entry_kind::genesis) {
    return fail(Errc::denied, "the trusted entry is no genesis (I2)");
  }
  model::Genesis genesis = TRY(model::genesis_from_json(entry.public_part));
  if (genesis.ledger != trust.ledger || genesis.ledger_key != trust.ledger_key) {
    return fail(Errc::denied, "the genesis names another ledger or ledger key (I2)");
  }
  return genesis;
}

Result<model::Genesis> proven_genesis(const model::ProvenEntry& proven,
                                      const ledger::Checkpoint& checkpoint,
                                      const model::TrustRoot& trust) {
  TRY_VOID(check_included(proven, checkpoint));
  if (proven.index != 0) return fail(Errc::denied, "not entry 0 (I2)");
  return trusted_genesis(proven.bytes, trust);
}

Result<model::Entry> proven_in_force(const model::ProvenOrder& proven,
                                     const ledger::Checkpoint& checkpoint,
                                     const model::TrustRoot& trust) {
  // What is enforced must be what was signed, also where no parser made the order.
  if (model::canonical_order(proven.order.order) != proven.order.canonical) {
    return fail(Errc::denied, "the order is not the text that was signed (I3)");
  }
  model::Entry entry = TRY(proven_entry(proven.entry, checkpoint, trust));
  TRY_VOID(model::in_force_of(entry, proven.order));
  return entry;
}

Result<ledger::Checkpoint> trusted_checkpoint(std::string_view note,
                                              const model::TrustRoot& trust) {
  const auto key = ledger::NoteVerifier::parse(trust.ledger_key);
  if (!key) return fail_in("trust.ledger_key", key.error());
  auto checkpoint = ledger::open_checkpoint(note, *key, trust.ledger);
  if (!checkpoint) return fail_in("checkpoint (I2)", checkpoint.error());
  return checkpoint;
}

}  // namespace proviso::gates

// SPDX-License-Identifier: Apache-2.0
// ledger: what is sealed, what of it is opened, and proofs of single entries.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "cases/sealing.h"
#include "context.h"
#include "decisions/stages.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"
#include "server/gate_gaps.h"
#include "server/gates_config.h"

namespace proviso::cmd {
namespace {

struct LedgerOptions {
  std::string case_id;
  std::string entry;
  std::string out;
  std::string entry_out;
};

Result<server::GapsDone> record_gaps_of_gates(cases::Record& record, const Context& context) {
  FileSystem& fs = real_file_system();
  const auto places = TRY(server::gates_places(fs, server::FolderPaths{context.dir}));
  const auto keys = TRY(server::read_gate_keys(fs, places.keys));
  const auto records = TRY(server::GateRecordFile::read(fs, places.records, keys));
  return server::record_gaps(record, keys, records, places.renew);
}

Result<int> tick(Context& context) {
  auto folder = TRY(context.folder());
  cases::Record& record = folder->record();
  // Openings last: what this slot seals can be due at once.
  const cases::SlotDone slot = TRY(cases::append_slot(record));
  const std::size_t stages = TRY(decisions::record_stages(record));
  const server::GapsDone gaps = TRY(record_gaps_of_gates(record, context));
  const std::size_t opened = TRY(cases::open_due(record));
  context.print(
      Json::Object{{"sealed", slot.sealed},
                   {"covers", slot.covers},
                   {"stages", stages},
                   {"opened", opened},
                   {"gaps_begun", gaps.begun},
                   {"gaps_ended", gaps.ended}},
      format("sealed {}, covers {}, stages begun {}, opened {}, gaps of gates begun {}, ended {}\n",
             slot.sealed, slot.covers, stages, opened, gaps.begun, gaps.ended));
  return kDone;
}

Result<int> open_case(const LedgerOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const std::size_t opened =
      TRY(cases::open_case(folder->record(), model::CaseId(options.case_id)));
  context.print(Json::Object{{"opened", opened}}, format("opened {} entries\n", opened));
  return kDone;
}

Result<int> sealed(Context& context) {
  auto folder = TRY(context.folder());
  const auto rows = TRY(folder->record().database().query(
      "SELECT kind, case_id, due, open_by, sealed_entry FROM seals WHERE opened_entry='' AND "
      "kind<>'cover' ORDER BY seq"));
  for (const cases::SqlRow& row : rows) {
    context.print(
        Json::Object{{"kind", row.text(0)},
                     {"case", row.text(1)},
                     {"due", row.text(2)},
                     {"open_by", row.text(3)},
                     {"entry", row.text(4)}},
        format("{:<16}  {}  due {}, open by {}{}\n", row.text(0), row.text(1),
               row.text(2).empty() ? "-" : row.text(2), row.text(3).empty() ? "-" : row.text(3),
               row.text(4).empty() ? "  (waits for its slot)" : ""));
  }
  if (rows.empty() && !context.json) std::printf("nothing is sealed\n");
  return kDone;
}

// An entry is named by its place or by its id, which is no number.
Result<ledger::EntryIndex> find_entry(cases::Record& record, const std::string& name) {
  const auto index = ledger::parse_decimal(name);
  return index ? *index : record.index_of(model::EntryId(name));
}

Result<int> prove(const LedgerOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  cases::Record& record = folder->record();
  const ledger::EntryIndex index = TRY(find_entry(record, options.entry));
  const std::string entry = TRY(record.log()->entry(index));
  const ledger::TlogProof proof = TRY(record.log()->prove(index));
  const std::string text =
      ledger::format_tlog_proof({proof.index, 0, proof.hashes}, proof.checkpoint);
  TRY_VOID(real_file_system().write_durable(options.out, text));
  if (!options.entry_out.empty()) {
    TRY_VOID(real_file_system().write_durable(options.entry_out, entry));
  }
  context.print(
      Json::Object{{"index", index}, {"proof", options.out}, {"leaf_sha256", sha256(entry).hex()}},
      format("proof {}: entry {} of {}\n", options.out, index, record.origin()));
  return kDone;
}

}  // namespace

void add_ledger_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<LedgerOptions>();
  auto* group = app.add_subcommand("ledger", "the public log: what is sealed in it, and proofs");
  group->require_subcommand(1);
  auto* tick_command = group->add_subcommand(
      "tick", "for a timer: sealed entries of this slot, stages that began, openings that are due");
  tick_command->callback([&context] { context.run([&] { return tick(context); }); });
  auto* open_command =
      group->add_subcommand("open", "open what is sealed about a case, once its customer is told");
  open_command->add_option("--case", o->case_id, "the case")->required();
  open_command->callback([o, &context] { context.run([&] { return open_case(*o, context); }); });
  auto* list_command = group->add_subcommand("sealed", "what is sealed and not yet open");
  list_command->callback([&context] { context.run([&] { return sealed(context); }); });
  auto* command = group->add_subcommand(
      "prove", "a tlog-proof file: that an entry is in the log (ledger-verify proof)");
  command->add_option("ENTRY", o->entry, "its index in the log, or its id")->required();
  command->add_option("--out", o->out, "file for the proof, NAME.tlog-proof")->required();
  command->add_option("--entry-out", o->entry_out, "file for the entry that it proves");
  command->callback([o, &context] { context.run([&] { return prove(*o, context); }); });
  add_publishing(*group, context);
  add_customer_lists(*group, context);
}

}  // namespace proviso::cmd

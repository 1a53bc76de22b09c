// SPDX-License-Identifier: Apache-2.0
// ledger: what is sealed, and what of it is opened.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "cases/sealing.h"
#include "context.h"
#include "decisions/stages.h"

namespace proviso::cmd {
namespace {

struct LedgerOptions {
  std::string case_id;
};

Result<int> tick(Context& context) {
  auto folder = TRY(context.folder());
  cases::Record& record = folder->record();
  // Openings last: what this slot seals can be due at once.
  const cases::SlotDone slot = TRY(cases::append_slot(record));
  const std::size_t stages = TRY(decisions::record_stages(record));
  const std::size_t opened = TRY(cases::open_due(record));
  context.print(
      Json::Object{
          {"sealed", slot.sealed}, {"covers", slot.covers}, {"stages", stages}, {"opened", opened}},
      format("sealed {}, covers {}, stages begun {}, opened {}\n", slot.sealed, slot.covers, stages,
             opened));
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

}  // namespace

void add_ledger_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<LedgerOptions>();
  auto* group = app.add_subcommand("ledger", "what is sealed in the ledger, and what is opened");
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
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// gate barrier: whether every gate enforces what was decided.
#include <CLI/CLI.hpp>

#include "base/folder_watch.h"
#include "base/text/format.h"
#include "context.h"
#include "decisions/stages.h"
#include "server/gate_barrier.h"
#include "server/gates_config.h"

namespace proviso::cmd {
namespace {

struct BarrierOptions {
  std::string order;
  std::uint64_t version = 0;
  std::string wait;
  bool record = false;
};

struct Asked {
  std::uint64_t version = 0;
  Time told_from{};     // when gates are told of the order
  std::string case_id;  // of the order
  std::optional<model::Rollout> rollout;
};

Result<Asked> what_is_asked(const BarrierOptions& options, Context& context) {
  if (options.order.empty() == (options.version == 0)) {
    return fail(Errc::invalid_input, "give --order or --version");
  }
  if (options.record && options.order.empty()) {
    return fail(Errc::invalid_input, "--record needs --order: it goes on record in its case");
  }
  if (options.order.empty()) return Asked{options.version, {}, {}, {}};
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const Digest digest = TRY(Digest::from_hex(options.order));
  const decisions::OrderRow row = TRY(orders.find(digest));
  if (row.in_force_entry.empty()) {
    return fail(Errc::conflict, "the order is " + row.state + ": no gate enforces it");
  }
  const auto index = TRY(folder->record().index_of(model::EntryId(row.in_force_entry)));
  Time told_from{};
  const auto& restriction = row.signed_order.order.restriction;
  if (restriction) {
    const Time in_force_at = TRY(parse_time(row.in_force_at));
    told_from = decisions::known_to_gates_from(*restriction, in_force_at);
  }
  if (told_from > context.clock.now()) {
    return fail(Errc::conflict, "gates are told of the order with its first effect, at " +
                                    format_time(told_from) + " (ask then)");
  }
  return Asked{index + 1, told_from, row.case_id,
               restriction ? restriction->rollout : std::nullopt};
}

Result<server::Barrier> judge(const server::GatesPlaces& places, const Asked& asked) {
  FileSystem& fs = real_file_system();
  const auto keys = TRY(server::read_gate_keys(fs, places.keys));
  const auto records = TRY(server::GateRecordFile::read(fs, places.records, keys));
  return server::judge_barrier(asked.version, asked.told_from, keys, records);
}

Result<server::Barrier> wait_for(const server::GatesPlaces& places, const Asked& asked,
                                 std::chrono::milliseconds most) {
  FolderWatch watch({{places.records, true}});
  const auto end = std::chrono::steady_clock::now() + most;
  while (true) {
    auto barrier = TRY(judge(places, asked));
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (barrier.reached || left.count() <= 0) return barrier;
    watch.wait(std::min(left, std::chrono::milliseconds{1000}));
  }
}

Result<void> put_on_record(const server::Barrier& barrier, const std::string& case_id,
                           Context& context) {
  auto folder = TRY(context.folder());
  TRY_VOID(folder->casework().add_evidence(model::CaseId(case_id), "business-record", "gates",
                                           canonical_json(server::barrier_to_json(barrier))));
  return {};
}

Result<int> gate_barrier(const BarrierOptions& options, Context& context) {
  const Asked asked = TRY(what_is_asked(options, context));
  const auto places =
      TRY(server::gates_places(real_file_system(), server::FolderPaths{context.dir}));
  std::chrono::milliseconds most{0};
  if (!options.wait.empty()) {
    const Time now = context.clock.now();
    const auto until = parse_moment("+" + options.wait, now);
    if (!until) return fail_in("--wait", until.error());
    most = std::chrono::ceil<std::chrono::milliseconds>(*until - now);
  }
  server::Barrier barrier = TRY(wait_for(places, asked, most));
  if (asked.rollout) server::note_shadow(barrier, *asked.rollout, context.clock.now());
  if (options.record) TRY_VOID(put_on_record(barrier, asked.case_id, context));
  context.print(server::barrier_to_json(barrier), server::barrier_in_words(barrier));
  return barrier.reached ? kDone : kRefused;
}

}  // namespace

void add_gate_barrier(CLI::App& group, Context& context) {
  auto o = std::make_shared<BarrierOptions>();
  auto* barrier = group.add_subcommand(
      "barrier", "whether all gates enforce an order, by their own word; exit 3: not all");
  barrier->add_option("--order", o->order, "digest of an order that came into force")
      ->check(is_named);
  barrier->add_option("--version", o->version, "or the ledger entries that gates must cover");
  barrier->add_option("--wait", o->wait, "at most so long: 30s, 5m")->check(is_named);
  barrier->add_flag("--record", o->record, "what comes out is evidence of the order's case");
  barrier->callback([o, &context] { context.run([&] { return gate_barrier(*o, context); }); });
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// gate identity, counts verify, replay: what a gate says of itself, by which key, and whether it is
// true.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "gates/counts_audit.h"
#include "gates/gate_identity.h"
#include "gates/refusal_replay.h"
#include "model/gate_snapshot.h"

namespace proviso::cmd {
namespace {

constexpr std::uint64_t kRefusalFileMax = 1U << 30U;

struct GateRecordOptions {
  std::string state;
  std::string name;
  std::vector<std::string> files;
  std::string key;
  std::string trust;
  std::string ledger;
  std::string snapshot;
  std::string kept;
  std::string gate;
};

// Makes it where there is none and a name is given; tells it in any case.
Result<int> gate_identity(const GateRecordOptions& options, Context& context) {
  FileSystem& fs = real_file_system();
  std::optional<ledger::NoteSigner> identity;
  if (options.name.empty()) {
    identity = TRY(gates::read_gate_identity(fs, options.state));
    if (!identity) {
      return fail(Errc::not_found,
                  options.state + ": this gate has no identity yet (give it one with --name NAME)");
    }
  } else {
    identity = TRY(gates::make_gate_identity(fs, options.state, options.name, context.random));
  }
  const std::string key = identity->verifier().format();
  context.print(Json::Object{{"name", identity->name}, {"key", key}},
                format("gate {}\n  key: {}\n  Give the key to those who run the server: they "
                       "believe by it what this gate signs.\n",
                       identity->name, key));
  return kDone;
}

Result<model::TrustRoot> read_trust(const std::string& path) {
  const std::string text = TRY(read_input_file(path));
  auto trust = model::parse_trust(text);
  if (!trust) return fail_in(path, trust.error());
  return trust;
}

Result<gates::KnownOrders> orders_of_ledger(const std::string& folder,
                                            const model::TrustRoot& trust) {
  const auto report = gates::audit_ledger(real_file_system(), folder, trust);
  if (!report.ok) {
    return fail(Errc::corrupt, format("{}: not valid: {} at {}: {} (see proviso verify)", folder,
                                      report.error_class, report.where, report.detail));
  }
  return gates::known_orders(report);
}

Result<gates::KnownOrders> orders_of_snapshot(const std::string& file,
                                              const model::TrustRoot& trust) {
  const std::string text = TRY(real_file_system().read(file, model::kSnapshotBytesMax));
  const auto read = [&]() -> Result<gates::KnownOrders> {
    const model::GateSnapshot snapshot = TRY(model::parse_snapshot(text));
    const gates::VerifiedSnapshot verified = TRY(gates::verify_snapshot(snapshot, trust));
    return gates::known_orders(verified);
  };
  auto orders = read();
  if (!orders) return fail_in(file, orders.error());
  return orders;
}

// By the log, by a snapshot, or by both; nothing where neither is given.
Result<std::optional<gates::KnownOrders>> known_orders(const GateRecordOptions& options,
                                                       const model::TrustRoot& trust) {
  std::optional<gates::KnownOrders> log;
  std::optional<gates::KnownOrders> snapshot;
  if (!options.ledger.empty()) log = TRY(orders_of_ledger(options.ledger, trust));
  if (!options.snapshot.empty()) snapshot = TRY(orders_of_snapshot(options.snapshot, trust));
  if (log && snapshot) log = gates::narrowed(*std::move(log), *snapshot);
  return log ? log : snapshot;
}

struct Judged {
  Json::Array alarms;
  std::string text;
  gates::OrderCounts sum;
  std::uint64_t dropped = 0;

  void alarm(const std::string& file, const gates::CountsAlarm& what) {
    alarms.emplace_back(Json::Object{{"file", file},
                                     {"error_class", what.error_class},
                                     {"order", what.order ? Json(what.order->hex()) : Json()},
                                     {"requests", what.requests},
                                     {"detail", what.detail}});
    text += format("ALARM: {}: {}: {}\n", file, what.error_class, what.detail);
  }
};

void judge(const std::string& file, const gates::GateCounts& counts,
           const std::optional<gates::KnownOrders>& known, Judged& out) {
  const auto alarms = known ? gates::judge_counts(counts, *known) : gates::judge_counts(counts);
  for (const gates::CountsAlarm& alarm : alarms) out.alarm(file, alarm);
  for (const auto& [order, by] : counts.orders) {
    out.sum.refused += by.refused;
    out.sum.limited += by.limited;
    out.sum.not_enforced += by.not_enforced;
    out.sum.shadow += by.shadow;
  }
  out.dropped += counts.dropped;
}

// What is not the gate's, or about another ledger, is an alarm as well: it says nothing true.
Result<void> judge_file(const std::string& file, const ledger::NoteVerifier& key,
                        const std::optional<model::TrustRoot>& trust,
                        const std::optional<gates::KnownOrders>& known, Judged& out) {
  const std::string note = TRY(read_input_file(file));
  const auto counts = gates::open_counts(note, {&key, 1});
  if (!counts && counts.error().code == Errc::denied) {
    out.alarm(file, {"signature", std::nullopt, 0, counts.error().message});
  } else if (!counts) {
    return fail_in(file, counts.error());
  } else if (trust && counts->ledger != trust->ledger) {
    out.alarm(file, {"ledger", std::nullopt, 0, "is about another ledger, " + counts->ledger});
  } else {
    judge(file, *counts, known, out);
  }
  return {};
}

Result<int> counts_verify(const GateRecordOptions& options, Context& context) {
  const auto key = ledger::NoteVerifier::parse(options.key);
  if (!key) return fail_in("--key", key.error());
  if (options.trust.empty() != (options.ledger.empty() && options.snapshot.empty())) {
    return fail(Errc::invalid_input,
                "--trust goes with --ledger, --snapshot or both: what is to be believed of orders");
  }
  std::optional<model::TrustRoot> trust;
  std::optional<gates::KnownOrders> known;
  if (!options.trust.empty()) {
    trust = TRY(read_trust(options.trust));
    known = TRY(known_orders(options, *trust));
  }
  Judged judged;
  for (const std::string& file : options.files) {
    TRY_VOID(judge_file(file, *key, trust, known, judged));
  }
  const bool ok = judged.alarms.empty();
  context.print(
      Json::Object{{"ok", ok},
                   {"gate", key->name},
                   {"documents", static_cast<std::int64_t>(options.files.size())},
                   {"refused", judged.sum.refused},
                   {"limited", judged.sum.limited},
                   {"not_enforced", judged.sum.not_enforced},
                   {"in_shadow", judged.sum.shadow},
                   {"dropped", judged.dropped},
                   {"alarms", judged.alarms}},
      judged.text +
          format("gate {}: {} documents; {} refused, {} limited, {} not enforced by orders{}{}\n",
                 key->name, options.files.size(), judged.sum.refused, judged.sum.limited,
                 judged.sum.not_enforced,
                 judged.sum.shadow == 0 ? ""
                                        : format(", {} only counted in shadow", judged.sum.shadow),
                 !ok     ? "; NOT VALID"
                 : known ? ", each of which was in force"
                         : " (whether they were in force was not asked: give --trust)"));
  return ok ? kDone : kRefused;
}

Result<gates::Gate> load_gate(const std::string& path, const model::TrustRoot& trust,
                              const gates::Gate* kept, const std::string& name) {
  const std::string text = TRY(real_file_system().read(path, model::kSnapshotBytesMax));
  // As a gate that serves has it.
  auto gate = gates::Gate::load(
      text, trust, {.stage_freshness = gates::kStageFreshness, .kept = kept, .name = name});
  if (!gate) return fail_in(path, gate.error());
  return gate;
}

// A folder stands for its files.
Result<std::vector<std::string>> refusal_files(const std::vector<std::string>& named) {
  std::vector<std::string> out;
  for (const std::string& path : named) {
    const auto members = real_file_system().list(path);
    if (!members) {
      out.push_back(path);
      continue;
    }
    for (const std::string& name : *members) {
      if (name.ends_with(".jsonl")) out.push_back(path + "/" + name);
    }
  }
  return out;
}

Result<int> gate_replay(const GateRecordOptions& options, Context& context) {
  const model::TrustRoot trust = TRY(read_trust(options.trust));
  std::optional<gates::Gate> kept;
  if (!options.kept.empty()) kept = TRY(load_gate(options.kept, trust, nullptr, options.gate));
  const gates::Gate gate =
      TRY(load_gate(options.snapshot, trust, kept ? &*kept : nullptr, options.gate));
  const auto files = TRY(refusal_files(options.files));
  gates::ReplayReport report;
  std::string text;
  Json::Array differences;
  for (const std::string& file : files) {
    const std::string lines = TRY(real_file_system().read(file, kRefusalFileMax));
    report.differences.clear();
    gates::replay(gate, lines, report);
    for (const std::string& difference : report.differences) {
      text += format("DIFFERS: {}: {}\n", file, difference);
      differences.emplace_back(file + ": " + difference);
    }
  }
  context.print(
      Json::Object{{"ok", report.ok()},
                   {"agreeing", report.agreeing},
                   {"differing", report.differing},
                   {"unreadable", report.unreadable},
                   {"other_snapshot", report.other_snapshot},
                   {"not_whole", report.not_whole},
                   {"cut_at_end", report.cut_at_end},
                   {"differences", differences}},
      text + format("snapshot {} made at {}: {} agree, {} differ, {} can't be read; {} skipped "
                    "(made under another snapshot), {} skipped (not recorded whole)\n",
                    gate.snapshot_size(), format_time(gate.snapshot_made_at()), report.agreeing,
                    report.differing, report.unreadable, report.other_snapshot, report.not_whole));
  return report.ok() ? kDone : kRefused;
}

using Options = std::shared_ptr<GateRecordOptions>;

void add_identity(CLI::App& group, const Options& o, Context& context) {
  auto* identity = group.add_subcommand(
      "identity", "the gate's name and verifier key; made with --name where it has none");
  identity->add_option("--state", o->state, "the gate's own folder")->required()->check(is_named);
  identity->add_option("--name", o->name, "a name among gates, such as gate-eu-1.example")
      ->check(is_named);
  identity->callback([o, &context] { context.run([&] { return gate_identity(*o, context); }); });
}

void add_counts(CLI::App& group, const Options& o, Context& context) {
  auto* counts = group.add_subcommand("counts", "what gates signed about what they refused");
  counts->require_subcommand(1);
  auto* verify = counts->add_subcommand(
      "verify", "whether an order in force stands behind each refusal; exit 3: an alarm");
  verify->add_option("FILE", o->files, "signed hourly counts of one gate")->required();
  verify->add_option("--key", o->key, "the gate's verifier key")->required()->check(is_named);
  verify->add_option("--trust", o->trust, "trust file: with --ledger, --snapshot or both")
      ->check(is_named);
  verify->add_option("--ledger", o->ledger, "the log's folder")->check(is_named);
  verify->add_option("--snapshot", o->snapshot, "a snapshot: tells when its orders begin and end")
      ->check(is_named);
  verify->callback([o, &context] { context.run([&] { return counts_verify(*o, context); }); });
}

void add_replay(CLI::App& group, const Options& o, Context& context) {
  auto* replay = group.add_subcommand(
      "replay", "judge recorded refusals again by their snapshot; exit 3: another answer");
  replay->add_option("--refusals", o->files, "files of refusals, or folders with them")->required();
  replay->add_option("--snapshot", o->snapshot, "the snapshot that they were made under")
      ->required()
      ->check(is_named);
  replay->add_option("--trust", o->trust, "trust file, given by hand")->required()->check(is_named);
  replay->add_option("--gate", o->gate, "the gate's name, where it has one: orders may begin by it")
      ->check(is_named);
  replay
      ->add_option("--kept", o->kept,
                   "the snapshot that the gate had before, where too few witnesses cosigned")
      ->check(is_named);
  replay->callback([o, &context] { context.run([&] { return gate_replay(*o, context); }); });
}

}  // namespace

void add_gate_records(CLI::App& group, Context& context) {
  auto o = std::make_shared<GateRecordOptions>();
  add_identity(group, o, context);
  add_counts(group, o, context);
  add_replay(group, o, context);
}

}  // namespace proviso::cmd

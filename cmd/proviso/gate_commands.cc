// SPDX-License-Identifier: Apache-2.0
// gate, verify: what an order does, and whether all of it is true.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "gates/gate.h"
#include "gates/ledger_audit.h"
#include "ledger/verify_log.h"
#include "model/gate_snapshot.h"

namespace proviso::cmd {
namespace {

constexpr std::uint64_t kSnapshotMax = 256U << 20U;

struct GateOptions {
  std::string out;
  std::string snapshot;
  std::string trust;
  std::string subscription;
  std::string service;
  std::string operation;
  std::string region;
  std::string resource;
  std::string at;
  std::string ledger;
  std::string key;
  std::string since;
  std::string policy;
};

Result<int> gate_snapshot(const GateOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const model::GateSnapshot snapshot = TRY(orders.snapshot());
  TRY_VOID(real_file_system().write_durable(options.out, model::write_snapshot(snapshot)));
  const auto count = static_cast<std::int64_t>(snapshot.restrictions.size());
  context.print(Json::Object{{"orders", count}, {"snapshot", options.out}},
                format("snapshot {}: {} orders in force\n", options.out, count));
  return kDone;
}

Result<model::TrustRoot> read_trust(const std::string& path) {
  const std::string text = TRY(read_input_file(path));
  auto trust = model::parse_trust(text);
  if (!trust) return fail_in(path, trust.error());
  return trust;
}

std::string verdict_in_words(const gates::Verdict& v) {
  if (v.order == nullptr) return "allow: no order in force names this\n";
  const std::string what = v.refused() ? "refused"
                           : v.outcome == model::Outcome::limited
                               ? format("limited to {}/s", v.rate_per_second)
                               : "let through";
  return format("{}: this operation is {}\n  order {}, term {}\n  {}\n", to_string(v.effect), what,
                v.order->digest.hex(), v.order->term,
                v.order->until    ? "until " + format_time(*v.order->until)
                : v.order->review ? "reviewed by " + format_time(*v.order->review)
                                  : "");
}

Result<int> gate_check(const GateOptions& options, Context& context) {
  // An empty name is a mistake in a script; "allow" would be a wrong answer to it.
  for (const auto& [name, value] :
       {std::pair("--subscription", &options.subscription),
        std::pair("--service", &options.service), std::pair("--operation", &options.operation)}) {
    if (value->empty()) return fail(Errc::invalid_input, std::string(name) + ": is empty");
  }
  const model::TrustRoot trust = TRY(read_trust(options.trust));
  const std::string text = TRY(real_file_system().read(options.snapshot, kSnapshotMax));
  const auto gate = gates::Gate::load(text, trust);
  if (!gate) return fail_in(options.snapshot, gate.error());
  const Time now = context.clock.now();
  const Time at = options.at.empty() ? now : TRY(parse_moment(options.at, now));
  const std::string subscription = model::normalise_id(options.subscription);
  const gates::Verdict v = gate->check({.subscription = subscription,
                                        .service = options.service,
                                        .operation = options.operation,
                                        .region = options.region,
                                        .resource = options.resource},
                                       at);
  const bool restricted = v.effect.kind != model::EffectKind::allow;
  context.print(
      Json::Object{
          {"effect", to_string(v.effect)},
          {"refused", v.refused()},
          {"order", restricted ? Json(v.order->digest.hex()) : Json()},
          {"term", restricted ? Json(v.order->term) : Json()},
          {"until", restricted && v.order->until ? Json(format_time(*v.order->until)) : Json()},
          {"review", restricted && v.order->review ? Json(format_time(*v.order->review)) : Json()},
          {"snapshot", v.snapshot_size},
          {"snapshot_made_at", format_time(v.snapshot_made_at)}},
      verdict_in_words(v));
  return restricted ? kRefused : kDone;
}

int print_verdict(const Context& context, bool ok, const std::string& error_class,
                  const std::string& where, const std::string& detail, std::string text,
                  Json::Object more) {
  more.emplace("ok", ok);
  more.emplace("error_class", error_class);
  more.emplace("where", where);
  more.emplace("detail", detail);
  if (!ok) {
    text =
        format("NOT VALID: {} at {}: {}\n", error_class, where.empty() ? "the log" : where, detail);
  }
  context.print(std::move(more), text);
  return ok ? kDone : kRefused;
}

Result<std::optional<std::string>> read_optional(const std::string& path, std::uint64_t bytes_max) {
  if (path.empty()) return std::optional<std::string>();
  std::string text = TRY(real_file_system().read(path, bytes_max));
  return std::optional<std::string>(std::move(text));
}

// The key itself, or a file that holds it. A key has '+', which file names seldom have.
Result<ledger::NoteVerifier> read_log_key(const std::string& key_or_file) {
  if (real_file_system().exists(key_or_file) || key_or_file.find('+') == std::string::npos) {
    std::string text = TRY(read_input_file(key_or_file));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    auto verifier = ledger::NoteVerifier::parse(text);
    if (!verifier) return fail_in(key_or_file + ":1:1", verifier.error());
    return verifier;
  }
  auto verifier = ledger::NoteVerifier::parse(key_or_file);
  if (!verifier) {
    return fail(verifier.error().code,
                "--key: no file of this name, and no key: " + verifier.error().message);
  }
  return verifier;
}

using WitnessPolicyOrNone = std::optional<ledger::WitnessPolicy>;

// A policy that names logs must name this one: a wrong file must not judge it.
Result<WitnessPolicyOrNone> read_witness_policy(const std::string& path,
                                                const Result<ledger::NoteVerifier>& log) {
  if (path.empty()) return WitnessPolicyOrNone();
  const std::string text = TRY(read_input_file(path));
  auto policy = TRY(ledger::WitnessPolicy::parse(path, text));
  if (log && !policy.covers(*log)) {
    return fail(Errc::invalid_input, path + ": this witness policy is for other logs");
  }
  return WitnessPolicyOrNone(std::move(policy));
}

// Who cosigned, for programs and for people; nothing without a policy.
Json::Object cosigners_in_json(const WitnessPolicyOrNone& policy,
                               const std::vector<std::string>& names) {
  if (!policy) return {};
  Json::Array list;
  for (const std::string& name : names) list.emplace_back(name);
  return {{"cosigned_by", std::move(list)}};
}
std::string cosigners_in_words(const WitnessPolicyOrNone& policy,
                               const std::vector<std::string>& names) {
  if (!policy) return "";
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return "cosigned by " + (out.empty() ? "nobody, as the policy allows" : out) + "\n";
}

Result<int> verify_with_key(const GateOptions& options, const Context& context) {
  const ledger::NoteVerifier verifier = TRY(read_log_key(options.key));
  const WitnessPolicyOrNone policy = TRY(read_witness_policy(options.policy, verifier));
  ledger::VerifyOptions verify_options;
  verify_options.since = TRY(read_optional(options.since, kSnapshotMax));
  if (policy) verify_options.witness_policy = &*policy;
  const ledger::LogReport r =
      ledger::verify_log(real_file_system(), options.ledger, verifier, verify_options);
  Json::Object more = cosigners_in_json(policy, r.cosigned_by);
  more.emplace("entries", r.size);
  more.emplace("root", r.root.hex());
  return print_verdict(context, r.ok, r.error_class, r.where, r.detail,
                       format("valid: {} entries, root {}\n", r.size, r.root.hex()) +
                           cosigners_in_words(policy, r.cosigned_by),
                       std::move(more));
}

constexpr std::size_t kOverdueShown = 1000;

Json overdue_json(const gates::AuditReport& report) {
  Json::Array out;
  for (const gates::Overdue& o : report.overdue) {
    if (out.size() == kOverdueShown) break;
    out.emplace_back(
        Json::Object{{"due", format_time(o.due)}, {"entry", o.entry}, {"missing", o.missing}});
  }
  return out;
}

std::string seals_in_words(const gates::AuditReport& report) {
  if (report.seals.sealed == 0) return "";
  std::string out = format("  {} sealed entries: {} opened ({} covers, {} late), {} not yet\n",
                           report.seals.sealed, report.seals.opened, report.seals.covers,
                           report.seals.opened_late, report.seals.sealed - report.seals.opened);
  for (std::size_t i = 0; i < report.overdue.size() && i < kOverdueShown; ++i) {
    const gates::Overdue& o = report.overdue[i];
    out +=
        format("  OVERDUE: entry {} should have been opened by {}{}\n", o.entry, format_time(o.due),
               o.missing == 1 ? "" : format(" ({} openings are missing)", o.missing));
  }
  return out;
}

Json::Object counts_in_json(const gates::AuditReport& r, Json::Object more) {
  more.emplace("entries", r.entries);
  more.emplace("orders_in_force", r.orders_in_force);
  more.emplace("lifts", r.lifts);
  more.emplace("governance_orders", r.governance_orders);
  more.emplace("not_in_snapshot", r.not_in_snapshot);
  more.emplace("sealed", r.seals.sealed);
  more.emplace("opened", r.seals.opened);
  more.emplace("covers", r.seals.covers);
  more.emplace("opened_late", r.seals.opened_late);
  more.emplace("overdue", overdue_json(r));
  more.emplace("overdue_total", r.overdue.size());
  return more;
}

Result<int> verify_with_trust(const GateOptions& options, const Context& context) {
  const model::TrustRoot trust = TRY(read_trust(options.trust));
  const auto snapshot = TRY(read_optional(options.snapshot, kSnapshotMax));
  gates::AuditOptions audit;
  if (snapshot) audit.snapshot = *snapshot;
  audit.since = TRY(read_optional(options.since, kSnapshotMax));
  const Time now = context.clock.now();
  audit.at = options.at.empty() ? now : TRY(parse_moment(options.at, now));
  // A key that cannot be read is the audit's to report.
  const WitnessPolicyOrNone policy =
      TRY(read_witness_policy(options.policy, ledger::NoteVerifier::parse(trust.ledger_key)));
  if (policy) audit.witness_policy = &*policy;
  const gates::AuditReport r =
      gates::audit_ledger(real_file_system(), options.ledger, trust, audit);
  return print_verdict(
      context, r.ok, r.error_class, r.where, r.detail,
      format("valid: {} entries; {} restrictions in force, {} lifts, {} changes of who decides\n",
             r.entries, r.orders_in_force, r.lifts, r.governance_orders) +
          seals_in_words(r) + cosigners_in_words(policy, r.cosigned_by),
      counts_in_json(r, cosigners_in_json(policy, r.cosigned_by)));
}

Result<int> verify(const GateOptions& options, const Context& context) {
  if (options.key.empty() == options.trust.empty()) {
    return fail(Errc::invalid_input, "give --key PUB or --trust trust.json");
  }
  if (!options.key.empty() && !options.snapshot.empty()) {
    return fail(Errc::invalid_input, "--snapshot needs --trust: a key alone proves no order");
  }
  if (!real_file_system().exists(options.ledger)) {
    return fail(Errc::not_found, options.ledger + ": no such folder");
  }
  return options.key.empty() ? verify_with_trust(options, context)
                             : verify_with_key(options, context);
}

}  // namespace

void add_gate_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<GateOptions>();
  auto* gate = app.add_subcommand("gate", "what gates are given, and what they answer");
  gate->require_subcommand(1);
  auto* snapshot =
      gate->add_subcommand("snapshot", "orders in force with everything that proves them");
  snapshot->add_option("--out", o->out, "file")->required();
  snapshot->callback([o, &context] { context.run([&] { return gate_snapshot(*o, context); }); });
  auto* check = gate->add_subcommand("check", "ask a gate about one request; exit 3: not allow");
  check->add_option("--snapshot", o->snapshot, "snapshot file")->required();
  check->add_option("--trust", o->trust, "trust file, given by hand")->required();
  check->add_option("--subscription", o->subscription, "who asks")->required();
  check->add_option("--service", o->service, "which service")->required();
  check->add_option("--operation", o->operation, "which operation")->required();
  check->add_option("--region", o->region, "where");
  check->add_option("--resource", o->resource, "keyed hash of the resource");
  check->add_option("--at", o->at, "when (default: now)");
  check->callback([o, &context] { context.run([&] { return gate_check(*o, context); }); });

  auto* command =
      app.add_subcommand("verify", "prove a ledger from its public files; exit 3: not valid");
  command->add_option("LEDGER_DIR", o->ledger, "the log's folder")->required();
  command->add_option("--key", o->key, "the log's verifier key, or a file with it");
  command->add_option("--trust", o->trust, "trust file: proves who decided as well");
  // An empty name is a mistake in a script; without the check "valid" would be told all the same.
  const auto is_named = [](const std::string& name) {
    return name.empty() ? std::string("is empty") : std::string();
  };
  command->add_option("--snapshot", o->snapshot, "a gate's snapshot, held against the log")
      ->check(is_named);
  command->add_option("--since", o->since, "an earlier checkpoint that was kept")->check(is_named);
  command->add_option("--at", o->at,
                      "when openings of sealed entries are asked for (default: now)");
  command->add_option("--policy", o->policy, "witness policy: whose cosignatures it must have")
      ->check(is_named);
  command->callback([o, &context] { context.run([&] { return verify(*o, context); }); });
}

}  // namespace proviso::cmd

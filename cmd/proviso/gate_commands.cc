// SPDX-License-Identifier: Apache-2.0
// gate, verify: what an order does, and whether all of it is true.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "gates/gate.h"
#include "gates/ledger_audit.h"
#include "gates/trusted_policy.h"
#include "ledger/verify_log.h"
#include "model/gate_snapshot.h"
#include "verify/words.h"

namespace proviso::cmd {
namespace {

struct GateOptions {
  std::string out;
  std::string snapshot;
  std::string kept;
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
  const model::GateSnapshot snapshot = TRY(orders.snapshot(folder->cosigned_checkpoint()));
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

Result<gates::Gate> load_gate(const std::string& path, const model::TrustRoot& trust,
                              const gates::Gate* kept) {
  const std::string text = TRY(real_file_system().read(path, model::kSnapshotBytesMax));
  auto gate = gates::Gate::load(text, trust, {.stage_freshness = std::nullopt, .kept = kept});
  if (!gate) return fail_in(path, gate.error());
  return gate;
}

std::string verdict_in_words(const gates::Verdict& v, const gates::EnforcedOrder& order) {
  if (!v.restricted()) return "allow: no order in force names this\n";
  const std::string what = v.refused() ? "refused"
                           : v.outcome == model::Outcome::limited
                               ? format("limited to {}/s", v.rate_per_second)
                               : "let through";
  return format("{}: this operation is {}\n  order {}, term {}\n  {}\n", to_string(v.effect), what,
                order.digest.hex(), order.term,
                order.until    ? "until " + format_time(*order.until)
                : order.review ? "reviewed by " + format_time(*order.review)
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
  std::optional<gates::Gate> kept;
  if (!options.kept.empty()) kept = TRY(load_gate(options.kept, trust, nullptr));
  const gates::Gate gate = TRY(load_gate(options.snapshot, trust, kept ? &*kept : nullptr));
  const Time now = context.clock.now();
  const Time at = options.at.empty() ? now : TRY(parse_moment(options.at, now));
  const std::string subscription = model::normalise_id(options.subscription);
  const gates::Verdict v = gate.check({.subscription = subscription,
                                       .service = options.service,
                                       .operation = options.operation,
                                       .region = options.region,
                                       .resource = options.resource},
                                      at);
  const bool restricted = v.restricted();
  const auto order = restricted ? gate.order(v.order) : gates::EnforcedOrder{};
  context.print(
      Json::Object{{"effect", to_string(v.effect)},
                   {"refused", v.refused()},
                   {"order", restricted ? Json(order.digest.hex()) : Json()},
                   {"term", restricted ? Json(order.term) : Json()},
                   {"until", order.until ? Json(format_time(*order.until)) : Json()},
                   {"review", order.review ? Json(format_time(*order.review)) : Json()},
                   {"snapshot", gate.snapshot_size()},
                   {"snapshot_made_at", format_time(gate.snapshot_made_at())},
                   {"waiting", gate.waiting()}},
      verdict_in_words(v, order) +
          (gate.waiting() == 0
               ? ""
               : format("  {} orders of the snapshot wait for witnesses\n", gate.waiting())));
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

Result<gates::PolicyOrNone> read_witness_policy(const std::string& path,
                                                const Result<ledger::NoteVerifier>& log) {
  if (path.empty()) return gates::PolicyOrNone();
  const std::string text = TRY(read_input_file(path));
  auto policy = TRY(gates::policy_for(path, text, log));
  return gates::PolicyOrNone(std::move(policy));
}

// The one that is named here goes before the trust file's.
Result<gates::PolicyOrNone> read_witness_policy(const std::string& path,
                                                const model::TrustRoot& trust) {
  if (path.empty()) return gates::trusted_policy(trust);
  return read_witness_policy(path, ledger::NoteVerifier::parse(trust.ledger_key));
}

::proviso::verify::Cosigners asked_of(const gates::PolicyOrNone& policy) {
  return policy ? ::proviso::verify::Cosigners::told : ::proviso::verify::Cosigners::not_asked_for;
}

Result<int> verify_with_key(const GateOptions& options, const Context& context) {
  const ledger::NoteVerifier verifier = TRY(read_log_key(options.key));
  const gates::PolicyOrNone policy = TRY(read_witness_policy(options.policy, verifier));
  ledger::VerifyOptions verify_options;
  verify_options.since = TRY(read_optional(options.since, model::kSnapshotBytesMax));
  if (policy) verify_options.witness_policy = &*policy;
  const ledger::LogReport r =
      ledger::verify_log(real_file_system(), options.ledger, verifier, verify_options);
  return print_verdict(context, r.ok, r.error_class, r.where, r.detail,
                       ::proviso::verify::log_in_words(r, asked_of(policy)),
                       ::proviso::verify::log_members(r, asked_of(policy)));
}

Result<int> verify_with_trust(const GateOptions& options, const Context& context) {
  const model::TrustRoot trust = TRY(read_trust(options.trust));
  const auto snapshot = TRY(read_optional(options.snapshot, model::kSnapshotBytesMax));
  gates::AuditOptions audit;
  if (snapshot) audit.snapshot = *snapshot;
  audit.since = TRY(read_optional(options.since, model::kSnapshotBytesMax));
  const Time now = context.clock.now();
  audit.at = options.at.empty() ? now : TRY(parse_moment(options.at, now));
  const gates::PolicyOrNone policy = TRY(read_witness_policy(options.policy, trust));
  if (policy) audit.witness_policy = &*policy;
  const gates::AuditReport r =
      gates::audit_ledger(real_file_system(), options.ledger, trust, audit);
  return print_verdict(context, r.ok, r.error_class, r.where, r.detail,
                       ::proviso::verify::audit_in_words(r, asked_of(policy)),
                       ::proviso::verify::audit_members(r, asked_of(policy)));
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
  check
      ->add_option(
          "--kept", o->kept,
          "the snapshot that the gate works by: one that too few witnesses cosigned eases it")
      ->check(is_named);
  check->add_option("--subscription", o->subscription, "who asks")->required();
  check->add_option("--service", o->service, "which service")->required();
  check->add_option("--operation", o->operation, "which operation")->required();
  check->add_option("--region", o->region, "where");
  check->add_option("--resource", o->resource, "keyed hash of the resource");
  check->add_option("--at", o->at, "when (default: now)");
  check->callback([o, &context] { context.run([&] { return gate_check(*o, context); }); });
  add_gate_serving(*gate, context);
  add_gate_records(*gate, context);
  add_gate_barrier(*gate, context);

  auto* command =
      app.add_subcommand("verify", "prove a ledger from its public files; exit 3: not valid");
  command->add_option("LEDGER_DIR", o->ledger, "the log's folder")->required();
  command->add_option("--key", o->key, "the log's verifier key, or a file with it");
  command->add_option("--trust", o->trust, "trust file: proves who decided as well");
  command->add_option("--snapshot", o->snapshot, "a gate's snapshot, held against the log")
      ->check(is_named);
  command->add_option("--since", o->since, "an earlier checkpoint that was kept")->check(is_named);
  command->add_option("--at", o->at, "when openings of sealed entries are asked for (default: now)")
      ->check(is_named);
  command
      ->add_option("--policy", o->policy,
                   "witness policy, instead of the trust file's: whose cosignatures it must have")
      ->check(is_named);
  command->callback([o, &context] { context.run([&] { return verify(*o, context); }); });
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// order: propose, show, preview, sign, approve, lift.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include <unistd.h>

#include "base/text/format.h"
#include "context.h"
#include "decisions/envelope.h"
#include "decisions/preview.h"
#include "ledger/witness_policy.h"
#include "preview_words.h"
#include "rollout_options.h"
#include "server/documents.h"
#include "server/gates_config.h"
#include "server/order_at_gates.h"

namespace proviso::cmd {
namespace {

struct OrderOptions {
  std::string case_id;
  std::vector<std::string> scope;
  std::vector<std::string> stages;
  std::string until;
  std::string review;
  std::vector<std::string> terms;
  std::string reason;
  std::string key;
  std::string passphrase_file;
  std::string origin = "own-review";
  std::string country;
  std::string instrument;
  std::string digest;
  std::string file;
  std::string out;
  std::string signature;
  bool yes = false;
  bool not_affected = false;
  bool emergency = false;
  std::string ratifies;
  std::string protected_reason;
  std::vector<std::string> first_gates;
  std::string everywhere_from;
};

Result<Digest> parse_digest(const std::string& text) {
  auto digest = Digest::from_hex(text);
  if (!digest) {
    return fail(Errc::invalid_input, "an order is named by its digest: 64 hexadecimal digits");
  }
  return digest;
}

Result<Time> named_moment(std::string_view name, std::string_view text, Time now) {
  auto moment = parse_moment(text, now);
  if (!moment) return fail_in(name, moment.error());
  return moment;
}

Result<model::Stage> parse_stage(const std::string& text, Time now) {
  const std::size_t at = text.find('@');
  model::Stage stage;
  auto effect = model::parse_effect(text.substr(0, at));
  if (!effect || effect->kind == model::EffectKind::allow) {
    return fail(Errc::invalid_input,
                "stage: not an effect (deny, read-only, export-only, throttle=N/s)");
  }
  stage.effect = *effect;
  stage.from = TRY(named_moment(
      "stage", at == std::string::npos ? "now" : std::string_view(text).substr(at + 1), now));
  return stage;
}

// A resource given by name becomes its keyed hash; one that is a keyed hash stays.
Result<std::vector<model::ScopeLine>> parse_scope(const std::vector<std::string>& texts,
                                                  const cases::Record& record) {
  std::vector<model::ScopeLine> scope;
  for (const std::string& text : texts) {
    model::ScopeLine line = TRY(model::parse_scope_line(text));
    for (std::string& resource : line.resources) {
      if (!Digest::from_hex(resource)) resource = record.keyed_hash(resource);
    }
    scope.push_back(std::move(line));
  }
  return scope;
}

Result<decisions::Proposal> to_proposal(const OrderOptions& options, const cases::Record& record,
                                        Time now) {
  decisions::Proposal p;
  p.case_id = model::CaseId(options.case_id);
  p.scope = TRY(parse_scope(options.scope, record));
  for (const std::string& text : options.stages) {
    const model::Stage stage = TRY(parse_stage(text, now));
    p.stages.push_back(stage);
  }
  const std::string until = options.emergency && options.until.empty() ? "+72h" : options.until;
  if (!until.empty()) p.until = TRY(named_moment("until", until, now));
  if (!options.review.empty()) p.review = TRY(named_moment("review", options.review, now));
  p.emergency = options.emergency;
  if (!options.ratifies.empty()) p.ratifies = TRY(parse_digest(options.ratifies));
  p.rollout = TRY(parse_rollout(options.first_gates, options.everywhere_from, now));
  p.terms = options.terms;
  p.reason = TRY(read_input_file(options.reason));
  if (!options.protected_reason.empty()) {
    p.protected_reason = TRY(read_input_file(options.protected_reason));
  }
  p.origin.kind = options.origin;
  p.origin.country = options.country;
  if (!options.instrument.empty()) {
    const std::string instrument = TRY(read_input_file(options.instrument));
    p.origin.instrument = sha256(instrument).hex();
  }
  return p;
}

// What commands about one order work on.
struct OneOrder {
  Digest digest;
  std::unique_ptr<server::DataFolder> folder;
  decisions::Orders orders;
};

Result<OneOrder> open_order(const OrderOptions& options, Context& context) {
  const Digest digest = TRY(parse_digest(options.digest));
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  return OneOrder{digest, std::move(folder), std::move(orders)};
}

Result<int> propose(const OrderOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  TRY_VOID(server::check_documents(*folder));
  auto orders = TRY(folder->orders());
  const auto proposal = TRY(to_proposal(options, folder->record(), context.clock.now()));
  const auto key = TRY(read_key(options.key, options.passphrase_file));
  const Digest digest = TRY(orders.propose(proposal, *key));
  const decisions::OrderRow row = TRY(orders.find(digest));
  const model::Standing standing =
      TRY(model::standing(row.signed_order, orders.governance().authority()));
  const model::Restriction& r = *row.signed_order.order.restriction;
  TRY_VOID(folder->casework().record_look(proposal.case_id));  // I14
  const Json impact = TRY(decisions::preview(folder->record().database(), folder->customers(), r));
  std::string text =
      format("proposed order {}\n  needs {} approvals{}{}{}\n", digest.hex(), standing.needed,
             r.closes_export ? " (one more, since it closes the export, I6)" : "",
             standing.protected_more > 0
                 ? format(" ({} more against a protected subject, I15)", standing.protected_more)
                 : "",
             standing.outside_needed > 0
                 ? format(", {} of them from outside (I15)", standing.outside_needed)
                 : "");
  text += preview_in_words(impact);
  context.print(Json::Object{{"digest", digest.hex()},
                             {"approvals_needed", standing.needed},
                             {"outside_needed", standing.outside_needed}},
                text);
  return kDone;
}

// What gates signed of it in their hourly counts.
Result<server::OrderAtGates> counted_by_gates(const Digest& order, const Context& context) {
  FileSystem& fs = real_file_system();
  const auto places =
      TRY(server::gates_places(real_file_system(), server::FolderPaths{context.dir}));
  const server::GateKeys keys = TRY(server::read_gate_keys(fs, places.keys));
  return server::order_at_gates(fs, places.records, keys, order);
}

Result<int> show(const OrderOptions& options, Context& context) {
  auto [digest, folder, orders] = TRY(open_order(options, context));
  const decisions::OrderRow row = TRY(orders.find(digest));
  const model::Standing standing =
      TRY(model::standing(row.signed_order, orders.governance().authority()));
  decisions::ExportedOrder exported{row.signed_order.order, row.signed_order.canonical, digest,
                                    row.reason, row.protected_reason};
  Json::Array approvals;
  for (const model::Signature& s : row.signed_order.approvals) approvals.emplace_back(s.key_id);
  const Json order = TRY(parse_json(row.signed_order.canonical));
  const server::OrderAtGates at_gates = TRY(counted_by_gates(digest, context));
  context.print(
      Json::Object{{"digest", row.digest},
                   {"state", row.state},
                   {"order", order},
                   {"reason", row.reason},
                   {"protected_reason", row.protected_reason},
                   {"approvals", std::move(approvals)},
                   {"approvals_valid", standing.valid},
                   {"approvals_needed", standing.needed},
                   {"in_force_at", row.in_force_at},
                   {"at_gates", server::order_at_gates_to_json(at_gates)}},
      format("{}State: {}, {} of {} approvals\n{}", decisions::order_in_words(exported), row.state,
             standing.valid, standing.needed, server::order_at_gates_in_words(at_gates)));
  return kDone;
}

Result<int> export_order(const OrderOptions& options, Context& context) {
  auto [digest, folder, orders] = TRY(open_order(options, context));
  const std::string text =
      options.not_affected ? TRY(orders.not_affected_of(digest)) : TRY(orders.export_order(digest));
  if (options.out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    TRY_VOID(real_file_system().write_durable(options.out, text));
  }
  return kDone;
}

Result<int> bundle_order(const OrderOptions& options, Context& context) {
  auto [digest, folder, orders] = TRY(open_order(options, context));
  // With witnesses, what they cosigned is worth more than what is newest.
  const model::OrderBundle bundle = TRY(orders.bundle(digest, folder->cosigned_checkpoint()));
  const std::string text = TRY(model::write_order_bundle(bundle));
  TRY_VOID(real_file_system().write_durable(options.out, text));
  context.print(
      Json::Object{{"digest", digest.hex()}, {"bundle", options.out}},
      format("bundle {}: order {} with everything that proves it\n", options.out, digest.hex()));
  return kDone;
}

Result<int> preview(const OrderOptions& options, Context& context) {
  auto [digest, folder, orders] = TRY(open_order(options, context));
  const decisions::OrderRow row = TRY(orders.find(digest));
  if (!row.signed_order.order.restriction) {
    return fail(Errc::invalid_input, "only a restriction has an impact on usage");
  }
  TRY_VOID(folder->casework().record_look(model::CaseId(row.case_id)));  // I14
  const Json impact = TRY(decisions::preview(folder->record().database(), folder->customers(),
                                             *row.signed_order.order.restriction));
  context.print(impact, preview_in_words(impact));
  return kDone;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

// Works without a data folder, on the approver's own machine.
Result<int> sign(const OrderOptions& options, Context& context) {
  for (const std::string& input : {options.key, options.file, options.passphrase_file}) {
    if (!same_file(options.out, input)) continue;
    return fail(Errc::invalid_input, options.out + ": --out would overwrite what is read");
  }
  const std::string text = TRY(read_input_file(options.file));
  auto exported = decisions::parse_export(text);
  if (!exported) return fail_in(options.file, exported.error());
  if (!context.json) std::printf("%s", decisions::order_in_words(*exported).c_str());
  if (::isatty(STDIN_FILENO) == 1 && !options.yes) {
    std::printf("Type the first 8 digits of the order to sign it: ");
    std::fflush(stdout);
    std::string typed;
    std::getline(std::cin, typed);
    if (typed != exported->digest.hex().substr(0, 8)) {
      return fail(Errc::invalid_input, "not signed: the digits are not the order's");
    }
  }
  const auto key = TRY(read_key(options.key, options.passphrase_file));
  const std::string envelope = TRY(decisions::make_envelope(exported->canonical, *key));
  TRY_VOID(real_file_system().write_durable(options.out, envelope));
  context.print(Json::Object{{"digest", exported->digest.hex()}, {"key", key->public_key().id()}},
                format("signed by {}: {}\n", key->public_key().id(), options.out));
  return kDone;
}

Result<int> approve(const OrderOptions& options, Context& context) {
  const std::string envelope = TRY(read_input_file(options.signature));
  auto [digest, folder, orders] = TRY(open_order(options, context));
  const auto approved = orders.approve(digest, envelope);
  if (!approved) return fail_in(options.signature, approved.error());
  const model::Standing& s = approved->standing;
  const std::string waits = s.valid < s.needed ? format("{} more approvals", s.needed - s.valid)
                            : s.outside_valid < s.outside_needed
                                ? "an approver from outside (I15)"
                                : "an approval by a key that is not server-mediated (I2)";
  context.print(
      Json::Object{{"digest", options.digest},
                   {"approvals", s.valid},
                   {"approvals_needed", s.needed},
                   {"in_force", approved->in_force}},
      approved->in_force
          ? format("order {} is in force: {} of {} approvals\n", options.digest, s.valid, s.needed)
          : format("approved: {} of {}; the order waits for {}\n", s.valid, s.needed, waits));
  return kDone;
}

Result<int> lift(const OrderOptions& options, Context& context) {
  const std::string reason = TRY(read_input_file(options.reason));
  auto [digest, folder, orders] = TRY(open_order(options, context));
  const Digest lifting = TRY(orders.propose_lift(digest, reason));
  context.print(Json::Object{{"digest", lifting.hex()}, {"lifts", options.digest}},
                format("lift order {}\n  one approver's signature lifts {} (I5)\n", lifting.hex(),
                       options.digest));
  return kDone;
}

void add_propose(CLI::App& group, const std::shared_ptr<OrderOptions>& o, Context& context) {
  auto* command = group.add_subcommand("propose", "propose to cut off exactly this scope");
  command->add_option("--case", o->case_id, "the case")->required();
  command->add_option("--scope", o->scope, "SUB/SERVICE[@REGION][:CLASS][#RESOURCE] ...")
      ->required();
  command
      ->add_option("--stage", o->stages,
                   "EFFECT[@FROM] ...: deny, read-only, export-only, throttle=N/s")
      ->required();
  command->add_option("--until", o->until, "a suspension's end, at most 180 days (I5)");
  command->add_option("--review", o->review, "a termination's review date (I5)");
  command->add_option("--term", o->terms, "the terms that were broken")->required();
  command->add_option("--reason", o->reason, "file with the reason")->required();
  command->add_option("--key", o->key, "the proposer's key: FILE, ssh-agent:[WHICH] or pkcs11:...")
      ->required();
  command->add_option("--passphrase-file", o->passphrase_file, "passphrase of --key");
  command
      ->add_option("--origin", o->origin,
                   "who asked: own-review, report, court, authority, statute")
      ->check(CLI::IsMember({"own-review", "report", "court", "authority", "statute"}));
  command->add_flag("--emergency", o->emergency,
                    "two approvers cut at once, for at most 72 hours, once in 30 days");
  command->add_option("--ratifies", o->ratifies,
                      "the emergency that this order goes on with; others have to sign it");
  command->add_option("--first-gates", o->first_gates,
                      "GATE[,GATE...]=TIME ...: these enforce it from then on, before the others");
  command->add_option("--everywhere-from", o->everywhere_from,
                      "begins in shadow: a gate only counts what it would refuse, until then");
  command->add_option("--protected-reason", o->protected_reason,
                      "against a protected subject: file that says why all the same (I15)");
  command->add_option("--country", o->country, "of the court or authority, two letters");
  command->add_option("--instrument", o->instrument,
                      "file with its instrument; its digest is kept");
  command->callback([o, &context] { context.run([&] { return propose(*o, context); }); });
}

void add_signing(CLI::App& group, const std::shared_ptr<OrderOptions>& o, Context& context) {
  auto* sign_command =
      group.add_subcommand("sign", "approve an exported order with your own key, offline");
  sign_command->add_option("FILE", o->file, "what order export wrote")->required();
  sign_command->add_option("--key", o->key, "your key: FILE, ssh-agent:[WHICH] or pkcs11:...")
      ->required();
  sign_command->add_option("--passphrase-file", o->passphrase_file, "passphrase of --key");
  sign_command->add_option("--out", o->out, "the signature")->required();
  sign_command->add_flag("--yes", o->yes, "do not ask again at a terminal");
  sign_command->callback([o, &context] { context.run([&] { return sign(*o, context); }); });
  auto* approve_command = group.add_subcommand("approve", "hand in a signature");
  approve_command->add_option("DIGEST", o->digest, "the order")->required();
  approve_command->add_option("--signature", o->signature, "what order sign wrote")->required();
  approve_command->callback([o, &context] { context.run([&] { return approve(*o, context); }); });
  auto* lift_command =
      group.add_subcommand("lift", "propose to end a restriction; one signature does it");
  lift_command->add_option("DIGEST", o->digest, "the order in force")->required();
  lift_command->add_option("--reason", o->reason, "file with the reason")->required();
  lift_command->callback([o, &context] { context.run([&] { return lift(*o, context); }); });
}

}  // namespace

void add_order_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<OrderOptions>();
  auto* group = app.add_subcommand("order", "orders: what two people decide");
  group->require_subcommand(1);
  add_propose(*group, o, context);
  auto* show_command = group->add_subcommand("show", "an order in words, and where it stands");
  show_command->add_option("DIGEST", o->digest, "the order")->required();
  show_command->callback([o, &context] { context.run([&] { return show(*o, context); }); });
  auto* export_command = group->add_subcommand("export", "the order, to be signed elsewhere");
  export_command->add_option("DIGEST", o->digest, "the order")->required();
  export_command->add_option("--out", o->out, "file (default: standard output)");
  export_command->add_flag("--not-affected", o->not_affected,
                           "instead: all that it leaves alone; SHA-256 as in the order");
  export_command->callback(
      [o, &context] { context.run([&] { return export_order(*o, context); }); });
  auto* bundle_command = group->add_subcommand(
      "bundle", "an order in force in one file that proves itself (ledger-verify bundle)");
  bundle_command->add_option("DIGEST", o->digest, "the order")->required();
  bundle_command->add_option("--out", o->out, "file")->required();
  bundle_command->callback(
      [o, &context] { context.run([&] { return bundle_order(*o, context); }); });
  auto* preview_command = group->add_subcommand("preview", "what it would have refused in 30 days");
  preview_command->add_option("DIGEST", o->digest, "the order")->required();
  preview_command->callback([o, &context] { context.run([&] { return preview(*o, context); }); });
  add_signing(*group, o, context);
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// init, roster, change: who decides, and under which documents.
#include <CLI/CLI.hpp>

#include <sys/stat.h>

#include "base/json_place.h"
#include "base/text/format.h"
#include "context.h"
#include "gates/trusted_policy.h"
#include "server/change_check.h"
#include "server/founding.h"

namespace proviso::cmd {
namespace {

struct RosterOptions {
  std::string file;
  std::string role = "approver";
  std::string person;
  bool outside = false;
  bool on_call = false;
  bool server_mediated = false;
  std::string key;  // after the seal: the proposer's
  std::string passphrase_file;
  std::string reason;
  std::string key_id;  // remove, replace
  std::int64_t approvals = 0;
  std::string policy;
  std::string witnesses;
  std::string out;
};

constexpr const char* kRoles = "proposer, approver, reviewer, case-manager or auditor";

Result<int> propose_roster(Context& context, decisions::Orders& orders, const Json& roster,
                           const RosterOptions& options, const std::string& what) {
  if (options.key.empty()) {
    return fail(Errc::conflict,
                "the founding is sealed: the roster changes by orders (give the "
                "proposer's --key)");
  }
  const std::string reason = options.reason.empty() ? what : TRY(read_input_file(options.reason));
  const auto key = TRY(read_key(options.key, options.passphrase_file));
  const Digest digest =
      TRY(orders.propose_change(model::OrderKind::roster, roster, "", reason, *key));
  context.print(Json::Object{{"digest", digest.hex()}},
                format("proposed roster order {}\n  approve it with: proviso order export, sign, "
                       "approve\n",
                       digest.hex()));
  return kDone;
}

Result<int> roster_add(const RosterOptions& options, Context& context) {
  const std::string text = TRY(read_input_file(options.file));
  server::Founder founder;
  founder.key = TRY(server::parse_public_key(options.file, text));
  founder.role = *model::parse_role(options.role);  // the command line takes no other
  founder.person = options.person;
  founder.outside = options.outside;
  founder.on_call = options.on_call;
  founder.server_mediated = options.server_mediated;
  auto folder = TRY(context.folder());
  if (server::is_sealed(*folder)) {
    auto orders = TRY(folder->orders());
    const Json roster = TRY(server::roster_with(*folder, orders.governance().authority(), founder));
    return propose_roster(context, orders, roster, options, "add a key to the roster");
  }
  TRY_VOID(server::add_founder(*folder, founder));
  context.print(Json::Object{{"key", founder.key.key.id()}},
                format("on the roster: {} as {}{}{}{}\n", founder.key.key.id(), options.role,
                       options.outside ? ", from outside the organisation" : "",
                       options.on_call ? ", on call" : "",
                       options.server_mediated ? ", server-mediated" : ""));
  return kDone;
}

Result<int> roster_replace(const RosterOptions& options, Context& context) {
  const std::string text = TRY(read_input_file(options.file));
  const server::PublicKeyFile next = TRY(server::parse_public_key(options.file, text));
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const Json roster =
      TRY(server::roster_replacing(*folder, orders.governance().authority(), options.key_id, next));
  return propose_roster(context, orders, roster, options, "replace a key of the roster");
}

Result<int> roster_remove(const RosterOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const Json roster = TRY(server::roster_without(orders.governance().authority(), options.key_id));
  return propose_roster(context, orders, roster, options, "remove a key from the roster");
}

Result<int> roster_list(Context& context) {
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const model::Authority& authority = orders.governance().authority();
  std::string text;
  for (const model::RosterMember& m : authority.roster) {
    text += format("{}  {}  {}{}{}{}\n", m.key.id(), m.person, to_string(m.role),
                   m.outside ? "  outside" : "", m.on_call ? "  on-call" : "",
                   m.server_mediated ? "  server-mediated" : "");
  }
  for (const auto& [kind, count] : authority.policy.approvals)
    text += format("{}: {} approvals\n", kind, count);
  for (const auto& [name, rule] : authority.policy.protected_subjects) {
    text += format("against {}: {} more, {} from outside\n", name, rule.more, rule.outside);
  }
  if (authority.policy.server_mediated) text += "server-mediated keys are allowed\n";
  context.print(Json::Object{{"roster", model::roster_to_json(authority.roster)},
                             {"policy", model::policy_to_json(authority.policy)}},
                text);
  return kDone;
}

// Parses a JSON file; its errors name file, line and column. `parse` is of the document's part of
// the model, which calls it `root`.
template <class Parse>
auto parse_file(const std::string& path, std::string_view root, Parse parse)
    -> decltype(parse(Json())) {
  const std::string text = TRY(read_input_file(path));
  auto json = parse_json(text);
  if (!json) return fail(json.error().code, path + ":" + json.error().message);
  auto parsed = parse(*json);
  if (!parsed) return fail_in_document(path, text, root, parsed.error());
  return parsed;
}

Result<model::Policy> policy_of(const RosterOptions& options) {
  if (options.policy.empty()) return server::uniform_policy(options.approvals);
  return parse_file(options.policy, "policy.", model::policy_from_json);
}

// A policy file as it stands in a trust file; "" where none is named.
Result<std::string> read_witnesses(const std::string& path, server::DataFolder& folder) {
  if (path.empty()) return std::string();
  const std::string text = TRY(read_input_file(path));
  const std::string key = TRY(folder.ledger_vkey());
  TRY_VOID(gates::policy_for(path, text, ledger::NoteVerifier::parse(key)));
  return model::witness_lines(text);
}

Result<int> roster_seal(const RosterOptions& options, Context& context) {
  const model::Policy policy = TRY(policy_of(options));
  auto folder = TRY(context.folder());
  const std::string witnesses = TRY(read_witnesses(options.witnesses, *folder));
  // A seal cannot be undone: see first that its trust file can be written.
  FileSystem& fs = real_file_system();
  const bool was_there = fs.exists(options.out);
  TRY_VOID(fs.open_append(options.out));
  const auto sealed = server::seal(*folder, policy, context.clock, witnesses);
  if (!sealed) {
    if (!was_there) TRY_VOID(fs.remove(options.out));
    return std::unexpected(sealed.error());
  }
  const model::TrustRoot& trust = *sealed;
  // A crash here leaves a sealed folder without the file: `roster trust` writes it again.
  TRY_VOID(real_file_system().write_durable(options.out, model::write_trust(trust)));
  context.print(
      Json::Object{{"genesis", trust.genesis.hex()}, {"ledger", trust.ledger}},
      format("the founding is sealed: ledger {}, genesis {}\n  give {} by hand to whoever "
             "runs a gate or verifies\n",
             trust.ledger, trust.genesis.hex(), options.out));
  return kDone;
}

Result<int> roster_trust(const RosterOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  model::TrustRoot trust = TRY(server::trust_root(*folder));
  if (!options.witnesses.empty()) trust.witnesses = TRY(read_witnesses(options.witnesses, *folder));
  TRY_VOID(real_file_system().write_durable(options.out, model::write_trust(trust)));
  context.print(Json::Object{{"genesis", trust.genesis.hex()}, {"ledger", trust.ledger}},
                format("trust file of ledger {}: {}\n", trust.ledger, options.out));
  return kDone;
}

struct ChangeOptions {
  std::string kind;
  std::string path;
  std::string key;
  std::string passphrase_file;
  std::string reason;
};

Result<std::string> reason_of(const ChangeOptions& options) {
  if (options.reason.empty()) return "change of the " + options.kind;
  return read_input_file(options.reason);
}

// Who decides stands in the order itself.
Result<Json> read_authority(const ChangeOptions& options) {
  if (options.kind == "policy") {
    return model::policy_to_json(TRY(parse_file(options.path, "policy.", model::policy_from_json)));
  }
  return model::roster_to_json(TRY(parse_file(options.path, "roster", model::roster_from_json)));
}

Result<int> propose_authority(const ChangeOptions& options, Context& context) {
  const Json change = TRY(read_authority(options));
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const std::string reason = TRY(reason_of(options));
  const auto key = TRY(read_key(options.key, options.passphrase_file));
  const Digest order =
      TRY(orders.propose_change(*model::parse_order_kind(options.kind), change, "", reason, *key));
  context.print(Json::Object{{"digest", order.hex()}},
                format("proposed {} order {}\n", options.kind, order.hex()));
  return kDone;
}

Result<int> change_propose(const ChangeOptions& options, Context& context) {
  const auto kind = model::parse_order_kind(options.kind);
  if (kind == model::OrderKind::roster || kind == model::OrderKind::policy) {
    return propose_authority(options, context);
  }
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const std::string reason = TRY(reason_of(options));
  const auto key = TRY(read_key(options.key, options.passphrase_file));
  const auto checked = TRY(server::check_change(*folder, *kind, options.path));
  for (const std::string& problem : checked.problems) {
    std::fprintf(stderr, "error: %s\n", problem.c_str());
  }
  if (!checked.problems.empty()) return kBadInput;
  const Json change = Json::Object{{"digest", checked.digest.hex()}};
  const Digest order = TRY(orders.propose_change(*kind, change, checked.document, reason, *key));
  context.print(Json::Object{{"digest", order.hex()}, {"document", checked.digest.hex()}},
                format("proposed {} order {}\n", options.kind, order.hex()));
  return kDone;
}

void add_roster(CLI::App& app, Context& context) {
  auto* roster = app.add_subcommand("roster", "who may propose and approve");
  roster->require_subcommand(1);
  auto options = std::make_shared<RosterOptions>();
  auto* add = roster->add_subcommand("add", "add a person's key (after the seal: propose it)");
  add->add_option("FILE.pub", options->file, "public key file")->required();
  add->add_option("--role", options->role, kRoles)
      ->required()
      ->check(CLI::IsMember({"proposer", "approver", "reviewer", "case-manager", "auditor"}));
  add->add_option("--person", options->person, "whose key it is (default: the key's name)");
  add->add_flag("--outside", options->outside, "not of the operator's organisation (I15)");
  add->add_flag("--on-call", options->on_call, "an approver whose approval counts in an emergency");
  add->add_flag("--server-mediated", options->server_mediated,
                "the key signs in the web console; only where the policy allows it");
  add->add_option("--key", options->key, "after the seal: the proposer's private key");
  add->add_option("--reason", options->reason, "after the seal: file with the reason");
  add->add_option("--passphrase-file", options->passphrase_file, "passphrase of --key");
  add->callback(
      [options, &context] { context.run([&] { return roster_add(*options, context); }); });
  auto* remove = roster->add_subcommand("remove", "propose to remove a key");
  remove->add_option("KEYID", options->key_id, "id of the key")->required();
  remove
      ->add_option("--key", options->key,
                   "the proposer's key: FILE, ssh-agent:[WHICH] or pkcs11:...")
      ->required();
  remove->add_option("--passphrase-file", options->passphrase_file, "passphrase of --key");
  remove->add_option("--reason", options->reason, "file with the reason");
  remove->callback(
      [options, &context] { context.run([&] { return roster_remove(*options, context); }); });
  auto* replace = roster->add_subcommand("replace", "propose another key of the same person");
  replace->add_option("KEYID", options->key_id, "id of the key that goes")->required();
  replace->add_option("FILE.pub", options->file, "public key file of the one that comes")
      ->required();
  replace
      ->add_option("--key", options->key,
                   "the proposer's key: FILE, ssh-agent:[WHICH] or pkcs11:...")
      ->required();
  replace->add_option("--passphrase-file", options->passphrase_file, "passphrase of --key");
  replace->add_option("--reason", options->reason, "file with the reason");
  replace->callback(
      [options, &context] { context.run([&] { return roster_replace(*options, context); }); });
  auto* list = roster->add_subcommand("list", "keys, pseudonyms and how many approvals it takes");
  list->callback([&context] { context.run([&] { return roster_list(context); }); });
  auto* seal = roster->add_subcommand("seal", "end the founding: genesis entry and trust file");
  auto* numbers = seal->add_option_group("how many it takes");
  numbers->add_option("--approvals", options->approvals, "how many people an order needs");
  numbers->add_option("--policy", options->policy, "file with the whole policy (entry.md)");
  numbers->require_option(1);
  seal->add_option("--out", options->out, "where the trust file goes")->required();
  seal->add_option("--witnesses", options->witnesses,
                   "witness policy: whose cosignatures gates and verifiers ask for")
      ->check(is_named);
  auto* trust = roster->add_subcommand("trust", "write the trust file again, after the seal");
  trust->add_option("--out", options->out, "where the trust file goes")->required();
  trust
      ->add_option("--witnesses", options->witnesses,
                   "another witness policy than that of the seal (after a change of witnesses)")
      ->check(is_named);
  trust->callback(
      [options, &context] { context.run([&] { return roster_trust(*options, context); }); });
  seal->callback(
      [options, &context] { context.run([&] { return roster_seal(*options, context); }); });
}

}  // namespace

void add_founding_commands(CLI::App& app, Context& context) {
  auto origin = std::make_shared<std::string>();
  auto root = std::make_shared<std::string>();
  auto* init = app.add_subcommand("init", "make a data folder");
  init->add_option("DIR", *root, "a new or empty folder")->required();
  init->add_option("--origin", *origin, "the ledger's name, e.g. log.example.com/tos");
  auto seal_every = std::make_shared<std::int64_t>(0);
  init->add_option("--seal-every", *seal_every,
                   "minutes from slot to slot of sealed entries (default: nothing is sealed)")
      ->check(CLI::Range(0, 1'440));
  init->callback([root, origin, seal_every, &context] {
    context.run([&]() -> Result<int> {
      TRY_VOID(server::init_folder(*root, *origin, context.random, *seal_every));
      context.print(Json::Object{{"dir", *root}},
                    format("data folder {} is made\n  next: proviso key new, proviso roster add, "
                           "proviso roster seal\n",
                           *root));
      return kDone;
    });
  });

  add_roster(app, context);

  auto change_options = std::make_shared<ChangeOptions>();
  auto* change = app.add_subcommand("change", "documents that bind: they change by orders");
  change->require_subcommand(1);
  auto* propose = change->add_subcommand("propose", "propose a new document");
  propose
      ->add_option("KIND", change_options->kind,
                   "rulebook, field-policy, catalogue, terms, roster, policy")
      ->required()
      ->check(
          CLI::IsMember({"rulebook", "field-policy", "catalogue", "terms", "roster", "policy"}));
  propose->add_option("PATH", change_options->path, "the new file or folder")->required();
  propose
      ->add_option("--key", change_options->key,
                   "the proposer's key: FILE, ssh-agent:[WHICH] or pkcs11:...")
      ->required();
  propose->add_option("--passphrase-file", change_options->passphrase_file, "passphrase of --key");
  propose->add_option("--reason", change_options->reason, "file with the reason");
  propose->callback([change_options, &context] {
    context.run([&] { return change_propose(*change_options, context); });
  });
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// init, roster, change: who decides, and under which documents.
#include <CLI/CLI.hpp>

#include <sys/stat.h>

#include "base/text/format.h"
#include "context.h"
#include "server/change_check.h"
#include "server/founding.h"

namespace proviso::cmd {
namespace {

struct RosterOptions {
  std::string file;
  std::string role = "approver";
  std::string person;
  bool outside = false;
  std::string key;  // after the seal: the proposer's
  std::string passphrase_file;
  std::string key_id;  // remove
  std::int64_t approvals = 2;
  std::string out;
};

Result<int> propose_roster(Context& context, server::DataFolder& folder, decisions::Orders& orders,
                           const Json& roster, const RosterOptions& options,
                           const std::string& reason) {
  if (options.key.empty()) {
    return fail(Errc::conflict,
                "the founding is sealed: the roster changes by orders (give the "
                "proposer's --key)");
  }
  static_cast<void>(folder);
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
  founder.role = options.role == "proposer" ? model::Role::proposer : model::Role::approver;
  founder.person = options.person;
  founder.outside = options.outside;
  auto folder = TRY(context.folder());
  if (server::is_sealed(*folder)) {
    auto orders = TRY(folder->orders());
    const Json roster = TRY(server::roster_with(*folder, orders.governance().authority(), founder));
    return propose_roster(context, *folder, orders, roster, options, "add a key to the roster");
  }
  TRY_VOID(server::add_founder(*folder, founder));
  context.print(Json::Object{{"key", founder.key.key.id()}},
                format("on the roster: {} as {}{}\n", founder.key.key.id(), options.role,
                       options.outside ? ", from outside the organisation" : ""));
  return kDone;
}

Result<int> roster_remove(const RosterOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const Json roster = TRY(server::roster_without(orders.governance().authority(), options.key_id));
  return propose_roster(context, *folder, orders, roster, options, "remove a key from the roster");
}

Result<int> roster_list(Context& context) {
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const model::Authority& authority = orders.governance().authority();
  std::string text;
  for (const model::RosterMember& m : authority.roster) {
    text += format("{}  {}  {}{}\n", m.key.id(), m.person, to_string(m.role),
                   m.outside ? "  outside" : "");
  }
  for (const auto& [kind, count] : authority.approvals)
    text += format("{}: {} approvals\n", kind, count);
  context.print(Json::Object{{"roster", model::roster_to_json(authority.roster)},
                             {"policy", model::policy_to_json(authority)}},
                text);
  return kDone;
}

Result<int> roster_seal(const RosterOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  // A seal cannot be undone: see first that its trust file can be written.
  FileSystem& fs = real_file_system();
  const bool was_there = fs.exists(options.out);
  TRY_VOID(fs.open_append(options.out));
  const auto sealed = server::seal(*folder, options.approvals, context.clock);
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
  const model::TrustRoot trust = TRY(server::trust_root(*folder));
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

Result<int> change_propose(const ChangeOptions& options, Context& context) {
  const auto kind = model::parse_order_kind(options.kind);
  auto folder = TRY(context.folder());
  auto orders = TRY(folder->orders());
  const std::string reason = options.reason.empty() ? "change of the " + options.kind
                                                    : TRY(read_input_file(options.reason));
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
  add->add_option("--role", options->role, "approver or proposer")
      ->required()
      ->check(CLI::IsMember({"approver", "proposer"}));
  add->add_option("--person", options->person, "whose key it is (default: the key's name)");
  add->add_flag("--outside", options->outside, "not of the operator's organisation (I15)");
  add->add_option("--key", options->key, "after the seal: the proposer's private key");
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
  remove->callback(
      [options, &context] { context.run([&] { return roster_remove(*options, context); }); });
  auto* list = roster->add_subcommand("list", "keys, pseudonyms and how many approvals it takes");
  list->callback([&context] { context.run([&] { return roster_list(context); }); });
  auto* seal = roster->add_subcommand("seal", "end the founding: genesis entry and trust file");
  seal->add_option("--approvals", options->approvals, "how many people an order needs")->required();
  seal->add_option("--out", options->out, "where the trust file goes")->required();
  auto* trust = roster->add_subcommand("trust", "write the trust file again, after the seal");
  trust->add_option("--out", options->out, "where the trust file goes")->required();
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
  propose->add_option("KIND", change_options->kind, "rulebook, field-policy, catalogue, terms")
      ->required()
      ->check(CLI::IsMember({"rulebook", "field-policy", "catalogue", "terms"}));
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

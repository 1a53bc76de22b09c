// SPDX-License-Identifier: Apache-2.0
// ledger publish, check, erase: what is shown to whom, and what is forgotten.
#include <CLI/CLI.hpp>

#include "base/encoding.h"
#include "base/file_system.h"
#include "base/text/format.h"
#include "cases/erasure.h"
#include "cases/publication.h"
#include "context.h"
#include "counsel_options.h"
#include "gates/view_audit.h"

namespace proviso::cmd {
namespace {

struct PublicationOptions {
  std::string case_id;
  std::string profile;
  std::string audience;
  std::string customer;
  std::string out;
  std::string view;
  std::string log;
  std::string trust;
  CounselKeyOptions counsel;
};

Result<cases::PublicationProfile> read_profile(const std::string& path) {
  const std::string text = TRY(read_input_file(path));
  const auto document = parse_json(text);
  if (!document) return fail(document.error().code, path + ":" + document.error().message);
  auto profile = cases::PublicationProfile::parse(*document);
  if (!profile) return fail_in(path + ":1:1", profile.error());
  return profile;
}

Result<int> publish(const PublicationOptions& options, Context& context) {
  if ((options.audience == "customer") != !options.customer.empty()) {
    return fail(Errc::invalid_input, "--for customer needs --customer ID, and only that does");
  }
  auto folder = TRY(context.folder());
  const auto profile =
      TRY(read_profile(options.profile.empty() ? folder->paths().publication() : options.profile));
  std::optional<model::CustomerId> customer;
  if (!options.customer.empty()) {
    if (folder->customers().customer(options.customer) == nullptr) {
      return fail(Errc::not_found, "--customer: the register has none of that id");
    }
    customer = model::CustomerId(options.customer);
  }
  const auto keys = TRY(read_counsel_keys(options.counsel));
  const auto view =
      TRY(cases::publish(folder->record(), profile, options.audience, customer, keys));
  std::string text = canonical_json(view.head) + "\n";
  for (const model::Disclosure& entry : view.entries) {
    text += canonical_json(model::disclosure_to_json(entry)) + "\n";
  }
  TRY_VOID(real_file_system().write_durable(options.out, text));
  const auto count = static_cast<std::int64_t>(view.entries.size());
  std::string rest;
  if (view.left_out > 0) {
    rest += format("  {} entries of an earlier version are left out\n", view.left_out);
  }
  if (view.sealed_to_counsel > 0) {
    rest += format("  {} entries of cases that counsel directs are left out (--counsel-key)\n",
                   view.sealed_to_counsel);
  }
  context.print(Json::Object{{"entries", count},
                             {"left_out", view.left_out},
                             {"sealed_to_counsel", view.sealed_to_counsel}},
                format("view for {}: {} entries\n{}  check it with: proviso ledger check\n",
                       options.audience, count, rest));
  return kDone;
}

// Works without a data folder: for whoever is given a view.
Result<int> check(const PublicationOptions& options, Context& context) {
  const std::string view = TRY(read_input_file(options.view));
  const std::string trust_text = TRY(read_input_file(options.trust));
  const auto trust = model::parse_trust(trust_text);
  if (!trust) return fail_in(options.trust, trust.error());
  const gates::ViewReport r = gates::audit_view(real_file_system(), options.log, *trust, view);
  context.print(Json::Object{{"ok", r.ok},
                             {"error_class", r.error_class},
                             {"where", r.where},
                             {"detail", r.detail},
                             {"entries", r.entries},
                             {"fields", r.fields}},
                r.ok ? format("valid: {} entries, {} values for {}\n", r.entries, r.fields,
                              printable(r.audience))
                     : format("NOT VALID: {} at {}: {}\n", r.error_class, r.where, r.detail));
  return r.ok ? kDone : kRefused;
}

Result<int> erase(const PublicationOptions& options, Context& context) {
  auto folder = TRY(context.folder());
  const std::size_t erased =
      TRY(cases::erase_case(folder->record(), model::CaseId(options.case_id)));
  context.print(Json::Object{{"erased", erased}},
                format("erased the private parts of {} entries; the ledger stays as it is\n"
                       "  backups of the folder are yours to erase\n",
                       erased));
  return kDone;
}

}  // namespace

void add_publishing(CLI::App& group, Context& context) {
  auto o = std::make_shared<PublicationOptions>();
  auto* publish_command =
      group.add_subcommand("publish", "what a profile shows to an audience, with proof");
  publish_command->add_option("--for", o->audience, "auditor, customer or public")
      ->required()
      ->check(CLI::IsMember({"auditor", "customer", "public"}));
  publish_command->add_option("--customer", o->customer, "of whom, for --for customer");
  publish_command->add_option("--profile", o->profile, "default: publication.json of the folder");
  publish_command->add_option("--out", o->out, "file")->required();
  add_counsel_keys(*publish_command, o->counsel);
  publish_command->callback([o, &context] { context.run([&] { return publish(*o, context); }); });
  auto* check_command =
      group.add_subcommand("check", "hold a published view against the log; exit 3: not valid");
  check_command->add_option("VIEW", o->view, "what ledger publish wrote")->required();
  check_command->add_option("LEDGER_DIR", o->log, "the log's folder")->required();
  check_command->add_option("--trust", o->trust, "trust file")->required();
  check_command->callback([o, &context] { context.run([&] { return check(*o, context); }); });
  auto* erase_command = group.add_subcommand(
      "erase", "erase the private parts of a closed case, for good; the log stays valid");
  erase_command->add_option("--case", o->case_id, "the case")->required();
  erase_command->callback([o, &context] { context.run([&] { return erase(*o, context); }); });
}

}  // namespace proviso::cmd

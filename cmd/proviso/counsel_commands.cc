// SPDX-License-Identifier: Apache-2.0
// case direct, case item: cases that counsel directs.
#include <CLI/CLI.hpp>

#include "base/file_system.h"
#include "base/key_pem.h"
#include "base/text/format.h"
#include "cases/counsel.h"
#include "context.h"
#include "counsel_options.h"

namespace proviso::cmd {
namespace {

struct CounselOptions {
  std::string id;
  std::string counsel;
  std::string digest;
  std::string out;
  CounselKeyOptions keys;
};

Result<int> direct(const CounselOptions& options, Context& context) {
  const std::string text = TRY(read_input_file(options.counsel));
  const auto key = TRY(cases::CounselPublicKey::parse(options.counsel, text));
  auto folder = TRY(context.folder());
  TRY_VOID(cases::direct_case(folder->record(), model::CaseId(options.id), key));
  context.print(Json::Object{{"id", options.id}, {"counsel", key.id()}},
                format("case {} is directed by counsel\n"
                       "  what it keeps in secret is sealed to key {}\n"
                       "  backups from before are readable: they are yours to erase\n",
                       options.id, key.id().substr(0, 12)));
  return kDone;
}

Result<int> item(const CounselOptions& options, Context& context) {
  FileSystem& fs = real_file_system();
  if (fs.exists(options.out)) {
    return fail(Errc::conflict, options.out + ": exists already (choose another name)");
  }
  const auto keys = TRY(read_counsel_keys(options.keys));
  auto folder = TRY(context.folder());
  const std::string bytes =
      TRY(cases::evidence_item(folder->record(), model::CaseId(options.id), options.digest, keys));
  TRY_VOID(write_private(options.out, bytes));
  context.print(Json::Object{{"digest", options.digest}, {"out", options.out}},
                format("evidence {} is in {}\n", options.digest, options.out));
  return kDone;
}

}  // namespace

void add_counsel_keys(CLI::App& command, CounselKeyOptions& options) {
  command.add_option("--counsel-key", options.files,
                     "private key of counsel, for cases that counsel directs; may be repeated");
  command.add_option("--counsel-passphrase-file", options.passphrase_file,
                     "take its passphrase from the first line of this file");
}

Result<std::vector<cases::CounselKey>> read_counsel_keys(const CounselKeyOptions& options) {
  std::vector<cases::CounselKey> out;
  for (const std::string& file : options.files) {
    const std::string pem = TRY(read_input_file(file));
    std::string passphrase;
    if (pem_is_encrypted(pem)) {
      passphrase = TRY(ask_passphrase(options.passphrase_file, false));
    }
    auto key = cases::CounselKey::from_pem(pem, passphrase);
    if (!key) return fail_in(file + ":1:1", key.error());
    out.push_back(std::move(*key));
  }
  return out;
}

void add_counsel_commands(CLI::App& group, Context& context) {
  auto o = std::make_shared<CounselOptions>();
  auto* direct_command = group.add_subcommand(
      "direct", "seal what the case keeps in secret to counsel's key, from now on and before");
  direct_command->add_option("ID", o->id, "the case")->required();
  direct_command->add_option("--counsel", o->counsel, "counsel's public key file")->required();
  direct_command->callback([o, &context] { context.run([&] { return direct(*o, context); }); });
  auto* item_command =
      group.add_subcommand("item", "one item of evidence, into a file (the look is recorded, I14)");
  item_command->add_option("ID", o->id, "the case")->required();
  item_command->add_option("DIGEST", o->digest, "the item")->required();
  item_command->add_option("--out", o->out, "file")->required();
  add_counsel_keys(*item_command, o->keys);
  item_command->callback([o, &context] { context.run([&] { return item(*o, context); }); });
}

}  // namespace proviso::cmd

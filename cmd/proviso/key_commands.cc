// SPDX-License-Identifier: Apache-2.0
// key: a person's own key, in a file, an agent or a token.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "cases/counsel_key.h"
#include "context.h"
#include "server/founding.h"

namespace proviso::cmd {
namespace {

struct KeyOptions {
  std::string name;
  std::string out;
  std::string key;
  std::string passphrase_file;
  bool no_passphrase = false;
};

Result<void> check_name(const std::string& name) {
  if (model::is_valid_id(name) && name.find_first_of("+ ") == std::string::npos) return {};
  return fail(Errc::invalid_input, "the key's name is empty, or holds a space or +");
}

struct MadeKey {
  std::string pem;
  std::string public_text;
  std::string id;
};
using MakeKey = std::function<Result<MadeKey>(const std::string& passphrase)>;

Result<int> make_key(const KeyOptions& options, Context& context, const MakeKey& make) {
  if (options.no_passphrase && !options.passphrase_file.empty()) {
    return fail(Errc::invalid_input,
                "give --passphrase-file or --no-passphrase, not both: the second leaves the key "
                "readable");
  }
  FileSystem& fs = real_file_system();
  for (const std::string& path : {options.out, options.out + ".pub"}) {
    if (fs.exists(path)) {
      return fail(Errc::conflict, path + ": exists already (choose another name)");
    }
  }
  TRY_VOID(check_name(options.name));
  std::string passphrase;
  if (!options.no_passphrase) passphrase = TRY(ask_passphrase(options.passphrase_file, true));
  const MadeKey key = TRY(make(passphrase));
  TRY_VOID(write_private(options.out, key.pem));
  TRY_VOID(fs.write_durable(options.out + ".pub", key.public_text));
  if (options.no_passphrase) {
    std::fprintf(stderr,
                 "warning: no passphrase: whoever can read %s can act as %s. Keep it on a machine "
                 "or token of your own.\n",
                 options.out.c_str(), options.name.c_str());
  }
  context.print(Json::Object{{"key", key.id}, {"public", options.out + ".pub"}},
                format("key {}\n  private: {} (never leaves this machine)\n  public:  {}.pub (give "
                       "this to the operator)\n",
                       key.id, options.out, options.out));
  return kDone;
}

Result<int> key_new(const KeyOptions& options, Context& context) {
  return make_key(options, context, [&](const std::string& passphrase) -> Result<MadeKey> {
    const SigningKey key = SigningKey::generate(context.random);
    return MadeKey{.pem = TRY(key.to_pem(passphrase)),
                   .public_text = server::write_public_key(options.name, key.public_key()),
                   .id = key.public_key().id()};
  });
}

Result<int> key_counsel(const KeyOptions& options, Context& context) {
  return make_key(options, context, [&](const std::string& passphrase) -> Result<MadeKey> {
    const cases::CounselKey key = cases::CounselKey::generate();
    return MadeKey{.pem = TRY(key.to_pem(passphrase)),
                   .public_text = key.public_key().file_text(options.name),
                   .id = key.public_key().id()};
  });
}

// What the roster is given of a key that was made elsewhere.
Result<int> key_public(const KeyOptions& options, Context& context) {
  TRY_VOID(check_name(options.name));
  FileSystem& fs = real_file_system();
  if (fs.exists(options.out)) {
    return fail(Errc::conflict, options.out + ": exists already (choose another name)");
  }
  const auto key = TRY(read_key(options.key, options.passphrase_file));
  TRY_VOID(
      fs.write_durable(options.out, server::write_public_key(options.name, key->public_key())));
  context.print(Json::Object{{"key", key->public_key().id()}, {"public", options.out}},
                format("key {}\n  public:  {} (give this to the operator)\n",
                       key->public_key().id(), options.out));
  return kDone;
}

void add_make_options(CLI::App& command, KeyOptions& options) {
  command.add_option("NAME", options.name, "a name for the key")->required();
  command.add_option("--out", options.out, "private key file; FILE.pub beside it")->required();
  command.add_flag("--no-passphrase", options.no_passphrase,
                   "store it readable: whoever has the file has the key");
  command.add_option("--passphrase-file", options.passphrase_file,
                     "take the passphrase from the first line of this file");
}

}  // namespace

void add_key_commands(CLI::App& app, Context& context) {
  auto* key = app.add_subcommand("key", "a person's own key");
  key->require_subcommand(1);
  auto o = std::make_shared<KeyOptions>();
  auto* key_make = key->add_subcommand("new", "make an Ed25519 key, to sign with");
  add_make_options(*key_make, *o);
  key_make->callback([o, &context] { context.run([&] { return key_new(*o, context); }); });
  auto* counsel = key->add_subcommand("counsel", "make an X25519 key, for case direct --counsel");
  add_make_options(*counsel, *o);
  counsel->callback([o, &context] { context.run([&] { return key_counsel(*o, context); }); });
  auto* key_show = key->add_subcommand("public", "the public part of a key, for the roster");
  auto shown = std::make_shared<KeyOptions>();
  key_show->add_option("NAME", shown->name, "whose key")->required();
  key_show->add_option("--key", shown->key, "FILE, ssh-agent:[WHICH] or pkcs11:...")->required();
  key_show->add_option("--passphrase-file", shown->passphrase_file, "passphrase or PIN of --key");
  key_show->add_option("--out", shown->out, "the public key file")->required();
  key_show->callback(
      [shown, &context] { context.run([&] { return key_public(*shown, context); }); });
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
// gate identity: what a gate says of itself, and by which key.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "gates/gate_identity.h"

namespace proviso::cmd {
namespace {

struct GateRecordOptions {
  std::string state;
  std::string name;
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

}  // namespace

void add_gate_records(CLI::App& group, Context& context) {
  auto o = std::make_shared<GateRecordOptions>();
  auto* identity = group.add_subcommand(
      "identity", "the gate's name and verifier key; made with --name where it has none");
  identity->add_option("--state", o->state, "the gate's own folder")->required()->check(is_named);
  identity->add_option("--name", o->name, "a name among gates, such as gate-eu-1.example")
      ->check(is_named);
  identity->callback([o, &context] { context.run([&] { return gate_identity(*o, context); }); });
}

}  // namespace proviso::cmd

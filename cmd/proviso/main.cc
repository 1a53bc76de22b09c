// SPDX-License-Identifier: Apache-2.0
// proviso: the server and operator tool. One binary; each command is one short story of its own.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "context.h"

int main(int argc, char** argv) {
  proviso::cmd::Context context;
  CLI::App app{"Proviso: terms-of-service enforcement for cloud and AI platforms"};
  app.name("proviso");
  app.set_version_flag("--version", PROVISO_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("-d,--dir", context.dir, "the data folder")->envname("PROVISO_DIR");
  app.add_flag("--json", context.json, "print JSON, for programs");

  proviso::cmd::add_key_commands(app, context);
  add_founding_commands(app, context);
  proviso::cmd::add_feed_commands(app, context);
  proviso::cmd::add_rules_commands(app, context);
  proviso::cmd::add_scenario_commands(app, context);
  proviso::cmd::add_explain_command(app, context);
  proviso::cmd::add_backtest_command(app, context);
  proviso::cmd::add_case_commands(app, context);
  proviso::cmd::add_signal_commands(app, context);
  proviso::cmd::add_order_commands(app, context);
  proviso::cmd::add_gate_commands(app, context);
  proviso::cmd::add_probe_commands(app, context);
  proviso::cmd::add_ledger_commands(app, context);
  proviso::cmd::add_serve_commands(app, context);
  proviso::cmd::add_witness_commands(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
    // The help of the command that was meant, as far as it was understood.
    std::string command = "proviso";
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
      at = at->get_subcommands().back();
      command += " " + at->get_name();
    }
    std::fprintf(stderr, "error: %s (see: %s --help)\n", e.what(), command.c_str());
    return proviso::cmd::kBadInput;
  }
  return context.exit_code;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "server/data_folder.h"

namespace proviso::server {
struct ShadowReport;
}

namespace CLI {
class App;
}

namespace proviso::cmd {

// Exit codes are a contract (README).
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kRefused = 3;

/// What every command shares. One command runs per process.
struct Context {
  std::string dir;
  bool json = false;
  int exit_code = kDone;
  SystemClock clock;
  SystemRandom random;

  /// The data folder named by -d.
  Result<std::unique_ptr<server::DataFolder>> folder();
  /// Runs a command's body: prints its error and sets the exit code.
  void run(const std::function<Result<int>()>& body);
  /// Prints the value as one JSON line where --json was given, else the text.
  void print(const Json& value, const std::string& text) const;
};

/// A file of at most 64 MiB that a person names; its errors begin with the name.
Result<std::string> read_input_file(const std::string& path);
/// A file that only its owner can read, from its first byte on; durable.
Result<void> write_private(const std::string& path, std::string_view bytes);
/// The signer that --key names (keys/signers.h); its passphrase or PIN comes from the file, or is
/// asked for on the terminal.
Result<std::unique_ptr<Signer>> read_key(const std::string& place,
                                         const std::string& passphrase_file);
/// From the file, or typed at the terminal (twice where `confirm`). invalid_input without either.
Result<std::string> ask_passphrase(const std::string& passphrase_file, bool confirm);

/// "shadow TITLE beside RULE: ..." in one line, for the summary of a review.
std::string shadow_in_words(const server::ShadowReport& report);
Json shadow_in_numbers(const server::ShadowReport& report);

/// For options that may be left out: an empty name is a mistake in a script, and without this check
/// the command would go on as if nothing had been asked.
std::string is_named(const std::string& name);

void add_key_commands(CLI::App& app, Context& context);
void add_founding_commands(CLI::App& app, Context& context);
void add_feed_commands(CLI::App& app, Context& context);
void add_rules_commands(CLI::App& app, Context& context);
// After add_rules_commands, whose group they join.
void add_scenario_commands(CLI::App& app, Context& context);
void add_explain_command(CLI::App& app, Context& context);
void add_backtest_command(CLI::App& app, Context& context);
void add_case_commands(CLI::App& app, Context& context);
void add_signal_commands(CLI::App& app, Context& context);
void add_order_commands(CLI::App& app, Context& context);
void add_gate_commands(CLI::App& app, Context& context);
// Joins the group of add_gate_commands.
void add_gate_serving(CLI::App& group, Context& context);
void add_gate_records(CLI::App& group, Context& context);
void add_gate_barrier(CLI::App& group, Context& context);
void add_probe_commands(CLI::App& app, Context& context);
void add_ledger_commands(CLI::App& app, Context& context);
// Joins the group of add_case_commands.
void add_counsel_commands(CLI::App& group, Context& context);
// Joins the group of add_ledger_commands.
void add_publishing(CLI::App& group, Context& context);
void add_customer_lists(CLI::App& group, Context& context);
void add_serve_commands(CLI::App& app, Context& context);
void add_witness_commands(CLI::App& app, Context& context);

}  // namespace proviso::cmd

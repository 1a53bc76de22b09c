// SPDX-License-Identifier: Apache-2.0
// witness: to cosign the checkpoints of logs of others.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "server/witness_service.h"

namespace proviso::cmd {
namespace {

struct WitnessCommandOptions {
  std::string root;
  std::string name;
  std::vector<std::string> logs;
  int port = -1;
  bool routes = false;
};

// A log's key as it is given, or in a file.
Result<std::string> log_key(const std::string& key_or_file) {
  if (!real_file_system().exists(key_or_file)) return key_or_file;
  std::string text = TRY(read_input_file(key_or_file));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

Result<int> witness_init(const WitnessCommandOptions& options, Context& context) {
  server::NewWitness wanted{options.name, {}};
  for (const std::string& log : options.logs) {
    std::string key = TRY(log_key(log));
    wanted.logs.push_back(std::move(key));
  }
  const auto key = TRY(server::init_witness(options.root, wanted, context.random));
  context.print(Json::Object{{"key", key.format()}, {"name", key.name}},
                format("witness {}\n  key: {}\n  Give the key, and the address at which it will "
                       "listen, to those who run the log.\n  Start it with: proviso witness run "
                       "-d {}\n",
                       key.name, key.format(), options.root));
  return kDone;
}

Result<int> witness_run(const WitnessCommandOptions& options, Context& context) {
  if (options.routes) {
    std::fputs(server::list_witness_routes().c_str(), stdout);
    return kDone;
  }
  server::WitnessOptions wanted;
  if (options.port >= 0) wanted.port = static_cast<std::uint16_t>(options.port);
  TRY_VOID(server::run_witness(context.dir, wanted, context.clock, context.random));
  return kDone;
}

std::string log_in_words(const server::WatchedLog& log) {
  if (!log.size) return format("log {}: nothing was cosigned yet\n", log.origin);
  return format("log {}: {} entries, cosigned {}\n", log.origin, *log.size,
                format_time(from_unix_seconds(log.cosigned_at.value_or(0))));
}

std::string evidence_in_words(const witness::Evidence& evidence) {
  if (evidence.is_fork()) {
    return format(
        "FORK of {}: its key signed two trees of {} entries\n  {}.cosigned\n  {}.refused\n",
        evidence.refused.origin, evidence.refused.size, evidence.file, evidence.file);
  }
  return format(
      "not proven: {} of {} entries, asked for when it had {}\n  {}.cosigned\n  {}.refused\n",
      evidence.refused.origin, evidence.refused.size, evidence.cosigned.size, evidence.file,
      evidence.file);
}

Json log_in_json(const server::WatchedLog& log) {
  return Json::Object{
      {"cosigned_at",
       log.cosigned_at ? Json(format_time(from_unix_seconds(*log.cosigned_at))) : Json()},
      {"entries", log.size ? Json(*log.size) : Json()},
      {"origin", log.origin}};
}

Json evidence_in_json(const witness::Evidence& evidence) {
  return Json::Object{{"cosigned_entries", evidence.cosigned.size},
                      {"file", evidence.file},
                      {"fork", evidence.is_fork()},
                      {"origin", evidence.refused.origin},
                      {"refused_entries", evidence.refused.size}};
}

Result<int> witness_status(Context& context) {
  const auto status = TRY(server::witness_status(context.dir, context.clock));
  std::string text = format("witness {}\n", status.key.format());
  Json::Array logs;
  for (const auto& log : status.logs) {
    logs.push_back(log_in_json(log));
    text += log_in_words(log);
  }
  Json::Array evidence;
  bool forked = false;
  for (const auto& found : status.evidence) {
    evidence.push_back(evidence_in_json(found));
    text += evidence_in_words(found);
    forked = forked || found.is_fork();
  }
  context.print(Json::Object{{"evidence", std::move(evidence)},
                             {"key", status.key.format()},
                             {"logs", std::move(logs)}},
                text);
  return forked ? kRefused : kDone;
}

}  // namespace

void add_witness_commands(CLI::App& app, Context& context) {
  auto o = std::make_shared<WitnessCommandOptions>();
  auto* witness = app.add_subcommand("witness", "cosign the checkpoints of logs of others");
  witness->require_subcommand(1);
  auto* init = witness->add_subcommand("init", "make a witness's folder and key");
  init->add_option("DIR", o->root, "a new or empty folder")->required();
  init->add_option("--name", o->name, "its name, e.g. witness.example.org/proviso")->required();
  init->add_option("--log", o->logs, "the verifier key of a log to watch, or a file with it")
      ->required();
  init->callback([o, &context] { context.run([&] { return witness_init(*o, context); }); });
  auto* run = witness->add_subcommand("run", "answer logs over HTTP until SIGTERM");
  run->add_option("--port", o->port, "instead of the configured one; 0: a free one")
      ->check(CLI::Range(0, 65535));
  run->add_flag("--routes", o->routes, "print each route and who may call it, and end");
  run->callback([o, &context] { context.run([&] { return witness_run(*o, context); }); });
  auto* status =
      witness->add_subcommand("status", "what it cosigned and refused; exit 3: a log forked");
  status->callback([&context] { context.run([&] { return witness_status(context); }); });
}

}  // namespace proviso::cmd

// SPDX-License-Identifier: Apache-2.0
#include "server/witness_service.h"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include "base/event_log.h"
#include "base/text/format.h"
#include "server/serve_config.h"
#include "server/toml_settings.h"
#include "witness/routes.h"
#include "witness/witness.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kConfigMax = 1U << 20U;
constexpr std::uint64_t kKeyMax = 65536;
constexpr std::string_view kRefusedFile = ".refused";
constexpr std::string_view kCosignedFile = ".cosigned";

Result<void> add_log(WitnessConfig& config, std::string_view vkey) {
  auto log = TRY(ledger::NoteVerifier::parse(vkey));
  const auto same = [&](const auto& other) { return other.name == log.name; };
  if (std::any_of(config.logs.begin(), config.logs.end(), same)) {
    return fail(Errc::invalid_input, "a log of the name of an earlier one");
  }
  config.logs.push_back(std::move(log));
  return {};
}

Result<void> take_logs(const std::string& name, const toml::node& node, WitnessConfig& config) {
  const toml::array* keys = node.as_array();
  if (keys == nullptr) return fault_at(name, node.source(), "must be a list of verifier keys");
  for (const toml::node& key : *keys) {
    const auto text = key.value_exact<std::string>();
    if (!text) return fault_at(name, key.source(), "must be a verifier key");
    const auto added = add_log(config, *text);
    if (!added) return fault_at(name, key.source(), added.error().message);
  }
  return {};
}

Result<void> take_witness(const std::string& name, const toml::node& node, WitnessConfig& config) {
  const toml::table* members = node.as_table();
  if (members == nullptr) return fault_at(name, node.source(), "witness must be a section");
  for (const auto& [key, value] : *members) {
    if (key == "name") {
      config.name = value.value_or(std::string());
    } else if (key == "logs") {
      TRY_VOID(take_logs(name, value, config));
    } else {
      return unknown_setting(name, value.source());
    }
  }
  return {};
}

std::string config_text(const NewWitness& wanted) {
  std::string logs;
  for (const std::string& log : wanted.logs) logs += "  \"" + log + "\",\n";
  return format(
      "# Settings of this witness.\n\n"
      "[witness]\n"
      "# Stands in every cosignature. With another name it is another witness.\n"
      "name = \"{}\"\n"
      "# The verifier keys of the logs that it watches. Restart it after a change.\n"
      "logs = [\n{}]\n\n{}",
      wanted.name, logs, witness_serve_section());
}

// The umask keeps the key private from its first byte.
Result<void> write_key(const std::string& path, const std::string& pem) {
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  auto written = real_file_system().write_durable(path, pem);
  ::umask(before);
  return written;
}

struct OpenWitness {
  WitnessConfig config;
  SigningKey key;
};

Result<OpenWitness> open_witness(const WitnessPaths& paths) {
  FileSystem& fs = real_file_system();
  if (paths.root.empty()) return fail(Errc::invalid_input, "no witness folder (give -d DIR)");
  if (!fs.exists(paths.config())) {
    return fail(Errc::not_found, paths.root +
                                     ": not the folder of a witness (make one with: "
                                     "proviso witness init DIR --name NAME --log KEY)");
  }
  const std::string text = TRY(fs.read(paths.config(), kConfigMax));
  auto config = TRY(parse_witness_config(paths.config(), text));
  const std::string pem = TRY(fs.read(paths.key(), kKeyMax));
  auto key = SigningKey::from_pem(pem, "");
  if (!key) return fail_in(paths.key(), key.error());
  for (std::string* path : {&config.serve.tls_certificate, &config.serve.tls_key}) {
    if (!path->empty() && !path->starts_with('/')) *path = paths.root + "/" + *path;
  }
  return OpenWitness{std::move(config), std::move(*key)};
}

// What is not to be believed is to be seen now, and not when a log asks.
Result<void> check_state(witness::Witness& witness) {
  for (const auto& log : witness.logs()) {
    const auto seen = witness.seen(log.name);
    if (!seen && seen.error().code != Errc::not_found) return std::unexpected(seen.error());
  }
  return {};
}

Result<FileLock> lock_folder(const WitnessPaths& paths) {
  auto lock = FileLock::acquire(paths.lock());
  if (!lock && lock.error().code == Errc::conflict) {
    return fail(Errc::conflict, paths.root + ": another witness runs on this folder");
  }
  return lock;
}

// Both halves signed by a log that is watched, as they were when they were kept.
Result<void> check_evidence(const witness::Evidence& evidence,
                            const std::vector<ledger::NoteVerifier>& logs) {
  const auto log = std::find_if(logs.begin(), logs.end(), [&](const auto& known) {
    return known.name == evidence.refused.origin;
  });
  if (log == logs.end()) return {};  // of a log that is no longer watched
  for (const std::string_view half : {kCosignedFile, kRefusedFile}) {
    const std::string path = evidence.file + std::string(half);
    const std::string note = TRY(real_file_system().read(path, ledger::kNoteBytesMax));
    if (!ledger::open_checkpoint(note, *log)) {
      return fail(Errc::corrupt, path + ": not signed by the log");
    }
  }
  return {};
}

WatchedLog status_of(witness::Witness& witness, const std::string& origin,
                     const ledger::CosignerKey& own) {
  WatchedLog out{origin, {}, {}};
  const auto seen = witness.seen(origin);
  if (!seen) return out;
  out.size = seen->checkpoint.size;
  const auto cosigned = ledger::verify_cosignatures(seen->note, {&own, 1});
  if (cosigned && !cosigned->empty()) out.cosigned_at = cosigned->front().time;
  return out;
}

}  // namespace

Result<WitnessConfig> parse_witness_config(const std::string& name, const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return fault_at(name, parsed.error().source(), parsed.error().description());
  WitnessConfig out;
  for (const auto& [section, node] : parsed.table()) {
    if (section == "witness") {
      TRY_VOID(take_witness(name, node, out));
    } else if (section != "serve") {
      return unknown_setting(name, node.source());
    }
  }
  if (!ledger::is_note_name(out.name)) {
    return fail(Errc::invalid_input,
                name + ":1:1: witness.name is missing, or has white space or +");
  }
  out.serve = TRY(parse_serve_config(name, text));
  return out;
}

Result<ledger::CosignerKey> init_witness(const std::string& root, const NewWitness& wanted,
                                         Random& random) {
  FileSystem& fs = real_file_system();
  const WitnessPaths paths{root};
  if (root.empty()) return fail(Errc::invalid_input, "the witness folder's name is empty");
  if (fs.exists(root)) {
    const auto names = TRY(fs.list(root));
    if (!names.empty()) {
      return fail(Errc::conflict, root + ": is not empty (choose a new folder)");
    }
  }
  if (!ledger::is_note_name(wanted.name) || wanted.name.find('"') != std::string::npos ||
      wanted.name.find('\\') != std::string::npos) {
    return fail(Errc::invalid_input, "--name: is empty, or has white space, +, \" or \\");
  }
  WitnessConfig config;
  for (const std::string& log : wanted.logs) {
    const auto added = add_log(config, log);
    if (!added) return fail(Errc::invalid_input, "--log: " + added.error().message);
  }
  const SigningKey key = SigningKey::generate(random);
  const std::string pem = TRY(key.to_pem(""));
  TRY_VOID(fs.make_directories(root));
  TRY_VOID(write_key(paths.key(), pem));
  TRY_VOID(fs.write_durable(paths.config(), config_text(wanted)));
  return ledger::CosignerKey{wanted.name, key.public_key()};
}

Result<void> run_witness(const std::string& root, const WitnessOptions& options, const Clock& clock,
                         Random& random) {
  // What this witness is to be, and that it is the only one on its state.
  const WitnessPaths paths{root};
  auto opened = TRY(open_witness(paths));
  if (options.port) opened.config.serve.port = *options.port;
  const FileLock lock = TRY(lock_folder(paths));
  witness::Witness witness({real_file_system(), paths.root}, opened.config.name,
                           std::move(opened.key), opened.config.logs, clock);
  TRY_VOID(check_state(witness));

  // What it answers; nobody has a token here, so figures are for this machine alone.
  const EventLog log(clock, descriptor_sink(STDERR_FILENO));
  Metrics metrics;
  http::declare_server_metrics(metrics);
  witness::declare_witness_metrics(metrics);
  http::Router router([](std::string_view, std::string_view) { return http::Grant::unknown; });
  witness::add_witness_routes(router, {witness, log, metrics});

  // Until it is told to stop.
  const auto server = TRY(http::Server::listen(opened.config.serve, router, log, metrics, random));
  log.write("listening", {{"port", static_cast<std::int64_t>(server->port())},
                          {"tls", !opened.config.serve.tls_certificate.empty()}});
  server->run(http::Server::Signals::stop_the_server);
  log.write("stopped");
  return {};
}

std::string list_witness_routes() {
  const SystemClock clock;
  Metrics metrics;
  const EventLog log(clock, [](std::string_view) {});
  witness::Witness witness({real_file_system(), ""}, "none",
                           SigningKey::from_seed(std::string(32, '\0')).value(), {}, clock);
  http::Router router([](std::string_view, std::string_view) { return http::Grant::unknown; });
  witness::add_witness_routes(router, {witness, log, metrics});
  std::string out;
  for (const http::Route& route : router.routes()) {
    out +=
        format("{} {} {}\n", http::to_string(route.method), route.pattern, route.access.describe());
  }
  return out;
}

Result<WitnessStatus> witness_status(const std::string& root, const Clock& clock) {
  const WitnessPaths paths{root};
  auto opened = TRY(open_witness(paths));
  WitnessStatus out{{opened.config.name, opened.key.public_key()}, {}, {}};
  witness::Witness witness({real_file_system(), paths.root}, opened.config.name,
                           std::move(opened.key), opened.config.logs, clock);
  TRY_VOID(check_state(witness));
  for (const auto& log : witness.logs()) {
    out.logs.push_back(status_of(witness, log.name, out.key));
  }
  out.evidence = TRY(witness::list_evidence(real_file_system(), paths.root));
  for (const auto& evidence : out.evidence) {
    TRY_VOID(check_evidence(evidence, opened.config.logs));
  }
  return out;
}

}  // namespace proviso::server

// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <unistd.h>

#include "base/event_log.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/text/format.h"
#include "http/server.h"
#include "server/cosigning_config.h"
#include "server/data_folder.h"
#include "server/gate_hub.h"
#include "server/gates_config.h"
#include "server/ledger_scrub.h"
#include "server/serve_config.h"
#include "server/serve_routes.h"
#include "server/tokens.h"
#include "witness/cosigning.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kConfigMax = 1U << 20U;

struct Settings {
  http::ServerSettings server;
  ledger::NoteVerifier ledger_key;
  std::optional<witness::CosigningSettings> cosigning;
  GateHubSettings gates;
};

std::string below(const FolderPaths& paths, const std::string& file) {
  return file.empty() || file.starts_with('/') ? file : paths.root + "/" + file;
}

Result<std::optional<witness::CosigningSettings>> read_cosigning(const FolderPaths& paths,
                                                                 const std::string& text) {
  const auto config = TRY(parse_cosigning_config(paths.config(), text));
  std::optional<witness::CosigningSettings> out;
  if (config.policy.empty()) return out;
  const std::string file = below(paths, config.policy);
  auto policy = real_file_system().read(file, ledger::kWitnessPolicyBytesMax);
  if (!policy) return std::unexpected(policy.error());
  out.emplace();
  out->policy = TRY(ledger::WitnessPolicy::parse(file, *policy));
  out->pace = config.pace;
  out->call = config.call;
  out->ca_file = below(paths, config.ca_file);
  return out;
}

Result<GateHubSettings> read_gates(const FolderPaths& paths, const std::string& text,
                                   const ledger::NoteVerifier& ledger_key, bool has_witnesses) {
  const GatesConfig config = TRY(parse_gates_config(paths.config(), text));
  GateHubSettings out;
  out.source = {.store = paths.store(),
                .log_dir = paths.ledger() + "/log",
                .key = ledger_key,
                .origin = ledger_key.name,
                .cosigned_only = has_witnesses && config.wait_for_witnesses};
  out.store_dir = paths.root;
  out.keys_file = below(paths, config.keys);
  out.records_dir = paths.gates();
  out.renew = config.renew;
  return out;
}

Result<Settings> read_settings(const FolderPaths& paths, const ServeOptions& options) {
  FileSystem& fs = real_file_system();
  if (!fs.exists(paths.config())) {
    return fail(Errc::not_found, paths.root + ": not a data folder (make one with: proviso init " +
                                     paths.root + ")");
  }
  const std::string text = TRY(fs.read(paths.config(), kConfigMax));
  const Config config = TRY(parse_config(paths.config(), text));
  Settings out;
  out.ledger_key = TRY(ledger_verifier(paths, config.ledger_origin));
  out.server = TRY(parse_serve_config(paths.config(), text));
  if (options.port) out.server.port = *options.port;
  out.server.tls_certificate = below(paths, out.server.tls_certificate);
  out.server.tls_key = below(paths, out.server.tls_key);
  out.cosigning = TRY(read_cosigning(paths, text));
  out.gates = TRY(read_gates(paths, text, out.ledger_key, out.cosigning.has_value()));
  return out;
}

Result<FileLock> lock_server(const FolderPaths& paths) {
  auto lock = FileLock::acquire(paths.serve_lock());
  if (!lock && lock.error().code == Errc::conflict) {
    return fail(Errc::conflict, paths.root + ": another server runs on this folder");
  }
  return lock;
}

void declare_metrics(Metrics& metrics) {
  http::declare_server_metrics(metrics);
  metrics.gauge("proviso_ledger_entries", "Entries under the newest checkpoint.");
  witness::declare_cosigning_metrics(metrics);
  declare_scrub_metrics(metrics);
  declare_gate_metrics(metrics);
}

}  // namespace

Result<void> serve(const std::string& root, const ServeOptions& options, const Clock& clock,
                   Random& random) {
  // What this server is to be, and that it is the only one.
  const FolderPaths paths{root};
  auto settings = TRY(read_settings(paths, options));
  const FileLock lock = TRY(lock_server(paths));

  // What it answers, and who may ask.
  const EventLog log(clock, descriptor_sink(STDERR_FILENO));
  Metrics metrics;
  declare_metrics(metrics);
  TokenGuard tokens(paths.tokens(), clock);
  http::Router router([&tokens](std::string_view token, std::string_view scope) {
    return tokens.judge(token, scope);
  });
  std::unique_ptr<witness::Cosigning> cosigning;  // outlives the server, whose handlers ask it
  std::unique_ptr<GateHub> gates;                 // the same
  std::unique_ptr<http::Server> server;
  ServeView view{.fs = real_file_system(),
                 .log_dir = paths.ledger() + "/log",
                 .metrics = metrics,
                 .stopping = [&server] { return server->stopping(); }};
  if (settings.cosigning) view.cosigned = [&cosigning] { return cosigning->checkpoint(); };
  view.new_gate = [&gates] { return gates->new_end(); };
  add_routes(router, view);
  server = TRY(http::Server::listen(settings.server, router, log, metrics, random));
  log.write("listening", {{"port", static_cast<std::int64_t>(server->port())},
                          {"tls", !settings.server.tls_certificate.empty()}});

  // Beside it, its witnesses are asked, its gates are fed, and the log is read through; then it
  // serves until it is told to stop.
  if (settings.cosigning) {
    cosigning = TRY(witness::Cosigning::start({view.fs, view.log_dir, log, metrics},
                                              std::move(*settings.cosigning)));
  }
  gates = GateHub::start({view.fs, clock, log, metrics}, std::move(settings.gates));
  std::unique_ptr<LedgerScrub> scrub;
  if (options.scrub_every > std::chrono::seconds{0}) {
    scrub = std::make_unique<LedgerScrub>(
        LedgerScrub::Parts{view.fs, view.log_dir, settings.ledger_key, log, metrics},
        ScrubSettings{.every = options.scrub_every});
  }
  server->run(http::Server::Signals::stop_the_server);
  log.write("stopped");
  return {};
}

std::string list_routes() {
  Metrics metrics;
  http::Router router([](std::string_view, std::string_view) { return http::Grant::unknown; });
  add_routes(router, {.fs = real_file_system(), .log_dir = "", .metrics = metrics, .stopping = [] {
                        return false;
                      }});
  std::string out;
  for (const http::Route& route : router.routes()) {
    out +=
        format("{} {} {}\n", http::to_string(route.method), route.pattern, route.access.describe());
  }
  return out;
}

}  // namespace proviso::server

// SPDX-License-Identifier: Apache-2.0
// gate serve, bypass, status: a gate as a program of its own, and its owner's switch.
#include <CLI/CLI.hpp>

#include <unistd.h>

#include "base/event_log.h"
#include "base/text/format.h"
#include "context.h"
#include "gate_daemon/serve.h"
#include "gates/bypass.h"
#include "gates/gate_identity.h"
#include "model/gate_snapshot.h"

namespace proviso::cmd {
namespace {

constexpr std::uint64_t kTokenBytesMax = 1024;

struct GateServeOptions {
  std::string snapshot;
  std::string server;
  std::string token_file;
  std::string ca_file;
  std::string trust;
  std::string state;
  std::string authzen;
  std::string ext_authz;
  std::string http;
  std::string haproxy;
  std::string base_url;
  std::string config;
  bool observe = false;
  bool fail_closed = false;
  std::string span;
  std::string reason;
  bool end = false;
};

Result<std::optional<gate_daemon::Address>> read_address(std::string_view option,
                                                         const std::string& text) {
  std::optional<gate_daemon::Address> out;
  if (text.empty()) return out;
  auto address = gate_daemon::Address::parse(text);
  if (!address) return fail_in(option, address.error());
  out = *std::move(address);
  return out;
}

// The server that brings it what it enforces, and who it is there.
Result<gate_daemon::ServerLinkSettings> server_settings(const GateServeOptions& options,
                                                        const model::TrustRoot& trust) {
  if (options.state.empty()) {
    return fail(Errc::invalid_input, "--server needs --state: the gate's key lies there");
  }
  auto identity = TRY(gates::read_gate_identity(real_file_system(), options.state));
  if (!identity) {
    return fail(Errc::not_found, options.state +
                                     ": this gate has no identity yet (proviso gate identity "
                                     "--state " +
                                     options.state + " --name NAME)");
  }
  auto url = http::Url::parse(options.server);
  if (!url) return fail_in("--server", url.error());
  std::string token;
  if (!options.token_file.empty()) {
    token = TRY(real_file_system().read(options.token_file, kTokenBytesMax));
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  }
  return gate_daemon::ServerLinkSettings{.url = *std::move(url),
                                         .token = std::move(token),
                                         .ca_file = options.ca_file,
                                         .ledger = trust.ledger,
                                         .identity = *std::move(identity)};
}

Result<gate_daemon::ServeSettings> serve_settings(const GateServeOptions& options) {
  gate_daemon::ServeSettings out;
  const std::string trust = TRY(read_input_file(options.trust));
  auto parsed = model::parse_trust(trust);
  if (!parsed) return fail_in(options.trust, parsed.error());
  out.gate.trust = *std::move(parsed);
  out.gate.state_dir = options.state;
  out.gate.fail_closed = options.fail_closed;
  out.gate.observe = options.observe;
  out.snapshot = options.snapshot;
  if (!options.server.empty()) out.server = TRY(server_settings(options, out.gate.trust));
  out.authzen = TRY(read_address("--authzen", options.authzen));
  out.ext_authz = TRY(read_address("--ext-authz", options.ext_authz));
  out.http = TRY(read_address("--http", options.http));
  out.haproxy = options.haproxy;
  out.base_url = options.base_url;
  if (!options.config.empty()) {
    const std::string text = TRY(read_input_file(options.config));
    out.config = TRY(gate_daemon::GateConfig::parse(options.config, text));
  }
  return out;
}

Result<int> gate_serve(const GateServeOptions& options, const Context& context) {
  auto settings = TRY(serve_settings(options));
  const gates::SystemClocks clocks;
  const EventLog log(context.clock, descriptor_sink(STDERR_FILENO));
  TRY_VOID(gate_daemon::serve(std::move(settings), clocks, real_file_system(), log));
  return kDone;
}

Result<int> gate_bypass(const GateServeOptions& options, const Context& context) {
  FileSystem& fs = real_file_system();
  const Time now = context.clock.now();
  if (options.end) {
    TRY_VOID(gates::end_bypass(fs, options.state, now));
    context.print(Json::Object{{"bypass", false}}, "the gate enforces again\n");
    return kDone;
  }
  if (options.span.empty() || options.reason.empty()) {
    return fail(Errc::invalid_input, "give --for and --reason, or --end");
  }
  if (!fs.exists(options.state)) {
    return fail(Errc::not_found, options.state +
                                     ": no such folder (a gate's own, as in gate "
                                     "serve --state)");
  }
  const auto until = parse_moment("+" + options.span, now);
  if (!until) return fail_in("--for", until.error());
  TRY_VOID(gates::begin_bypass(fs, options.state, now, *until - now, options.reason));
  context.print(Json::Object{{"bypass", true}, {"until", format_time(*until)}},
                format("the gates of this folder enforce nothing until {}; it is on record\n",
                       format_time(*until)));
  return kDone;
}

Json kept_snapshot(const std::string& state) {
  for (const char* file : {"/newest.snapshot", "/quorum.snapshot"}) {
    const auto text = real_file_system().read(state + file, model::kSnapshotBytesMax);
    if (!text) continue;
    const auto snapshot = model::parse_snapshot(*text);
    if (!snapshot)
      return Json::Object{{"file", state + file}, {"problem", snapshot.error().message}};
    return Json::Object{{"file", state + file},
                        {"made_at", format_time(snapshot->made_at)},
                        {"orders", static_cast<std::int64_t>(snapshot->restrictions.size())}};
  }
  return {};
}

std::string in_words(const std::optional<gates::Bypass>& bypass, const Json& kept) {
  std::string out =
      bypass ? format("bypassed until {}: {}\n", format_time(bypass->until), bypass->reason)
             : "not bypassed\n";
  if (kept.is_null()) return out + "no snapshot is kept\n";
  if (const Json* problem = kept.find("problem")) {
    return out + *kept.find("file")->if_string() + ": " + *problem->if_string() + "\n";
  }
  return out + format("keeps a snapshot of {} with {} orders\n", *kept.find("made_at")->if_string(),
                      *kept.find("orders")->if_int());
}

Result<int> gate_status(const GateServeOptions& options, const Context& context) {
  FileSystem& fs = real_file_system();
  if (!fs.exists(options.state)) return fail(Errc::not_found, options.state + ": no such folder");
  const auto bypass = TRY(gates::read_bypass(fs, options.state, context.clock.now()));
  Json kept = kept_snapshot(options.state);
  const std::string words = in_words(bypass, kept);
  context.print(Json::Object{{"bypass_until", bypass ? Json(format_time(bypass->until)) : Json()},
                             {"snapshot", std::move(kept)}},
                words);
  return kDone;
}

using Options = std::shared_ptr<GateServeOptions>;

void add_serve(CLI::App& group, const Options& o, Context& context) {
  auto* serve =
      group.add_subcommand("serve", "answer AuthZEN, Envoy, nginx and HAProxy until SIGTERM");
  auto* file = serve->add_option("--snapshot", o->snapshot, "the file to watch; it may come later");
  file->check(is_named);
  serve
      ->add_option("--server", o->server, "URL of the `proviso serve` that brings what is enforced")
      ->check(is_named)
      ->excludes(file);
  serve->add_option("--token-file", o->token_file, "a token of that server, with the scope gate")
      ->check(is_named);
  serve->add_option("--ca-file", o->ca_file, "PEM certificates to trust beside the system's")
      ->check(is_named);
  serve->add_option("--trust", o->trust, "trust file, given by hand")->required();
  serve->add_option("--state", o->state, "the gate's own folder: it starts from what it kept there")
      ->check(is_named);
  serve->add_option("--authzen", o->authzen, "IP:PORT for the AuthZEN API")->check(is_named);
  serve->add_option("--ext-authz", o->ext_authz, "IP:PORT for Envoy's external authorization")
      ->check(is_named);
  serve->add_option("--http", o->http, "IP:PORT for nginx, /status, /metrics and /healthz")
      ->check(is_named);
  serve->add_option("--haproxy", o->haproxy, "HAProxy's runtime socket: keeps its map in step")
      ->check(is_named);
  serve->add_option("--base-url", o->base_url, "https URL that AuthZEN clients know the gate by")
      ->check(is_named);
  serve->add_option("--config", o->config, "mappings and limits (TOML)")->check(is_named);
  serve->add_flag("--observe", o->observe, "count what would be refused; refuse nothing");
  serve->add_flag("--fail-closed", o->fail_closed, "refuse everything while there is no snapshot");
  serve->callback([o, &context] { context.run([&] { return gate_serve(*o, context); }); });
}

}  // namespace

void add_gate_serving(CLI::App& group, Context& context) {
  auto o = std::make_shared<GateServeOptions>();
  add_serve(group, o, context);
  auto* bypass = group.add_subcommand("bypass", "the owner's switch: enforce nothing for a while");
  bypass->add_option("--state", o->state, "the gate's own folder")->required()->check(is_named);
  bypass->add_option("--for", o->span, "for how long: 4h, 30m, 90s; at most 24h")->check(is_named);
  bypass->add_option("--reason", o->reason, "why, in one line; goes on record")->check(is_named);
  bypass->add_flag("--end", o->end, "enforce again");
  bypass->callback([o, &context] { context.run([&] { return gate_bypass(*o, context); }); });
  auto* status = group.add_subcommand("status", "what a gate's folder holds; not verified");
  status->add_option("--state", o->state, "the gate's own folder")->required()->check(is_named);
  status->callback([o, &context] { context.run([&] { return gate_status(*o, context); }); });
}

}  // namespace proviso::cmd

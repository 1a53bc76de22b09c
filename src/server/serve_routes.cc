// SPDX-License-Identifier: Apache-2.0
#include "server/serve_routes.h"

#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/tile_address.h"
#include "ledger/tiles.h"

namespace proviso::server {
namespace {

using http::Access;
using http::Caching;
using http::Method;
using http::PathValues;
using http::problem;
using http::Request;
using http::Response;

Response unavailable(std::string_view detail) {
  Response out = problem(503, detail);
  out.headers.emplace_back("Retry-After", "5");
  return out;
}

Result<std::string> newest_note(const ServeView& view) {
  return view.fs.read(view.log_dir + "/checkpoint", ledger::kNoteBytesMax);
}

Response checkpoint(const ServeView& view) {
  auto note = view.cosigned ? view.cosigned() : newest_note(view);
  if (!note && view.cosigned) return unavailable("no checkpoint is cosigned yet");
  if (!note) return unavailable("the ledger has no checkpoint that can be read");
  Response out = Response::text(200, std::move(*note));
  out.caching = Caching::for_seconds;
  out.open_to_scripts = true;
  return out;
}

// A file that a crash left short must not be kept by caches as immutable.
bool is_whole(const ledger::TileAddress& address, std::string_view bytes) {
  if (address.level) return bytes.size() == address.width * sizeof(Digest);
  return ledger::split_bundle(bytes, address.width, ledger::BundleTail::none).has_value();
}

Response tile(const ServeView& view, std::string_view rest) {
  const auto address = ledger::TileAddress::parse("tile/" + std::string(rest));
  if (!address) return problem(404, "this is not the path of a tile (c2sp.org/tlog-tiles)");
  auto bytes = view.fs.read(view.log_dir + "/" + address->path(), ledger::kBundleBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) {
    return problem(404, "the log has no such tile (yet, or any more: ask for the full one)");
  }
  if (!bytes || !is_whole(*address, *bytes)) return unavailable("the tile cannot be read now");
  Response out;
  out.content_type = "application/octet-stream";
  out.body = std::move(*bytes);
  out.caching = address->is_partial() ? Caching::for_minute : Caching::for_ever;
  out.compressible = !address->level;  // hashes do not become shorter
  out.open_to_scripts = true;
  return out;
}

// The size that the newest checkpoint tells; its signature is for readers to check.
Result<std::uint64_t> ledger_size(const ServeView& view) {
  const std::string note = TRY(newest_note(view));
  const auto blank = note.rfind("\n\n");
  const auto parsed = ledger::Checkpoint::parse(note.substr(0, blank + 1));
  if (!parsed) return fail(parsed.error().code, parsed.error().message);
  return parsed->size;
}

Response ready(const ServeView& view) {
  if (view.stopping()) return unavailable("the server is stopping");
  if (!ledger_size(view)) return unavailable("the ledger's checkpoint cannot be read");
  if (view.cosigned && !view.cosigned()) return unavailable("no checkpoint is cosigned yet");
  return Response::text(200, "ready\n");
}

Response metrics(const ServeView& view) {
  const auto size = ledger_size(view);
  if (size) view.metrics.set("proviso_ledger_entries", static_cast<double>(*size));
  Response out = Response::text(200, view.metrics.text());
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.compressible = true;
  return out;
}

Response gate_stream(const ServeView& view, const Request& request) {
  if (!http::asks_for_channel(request)) {
    Response out = problem(426, "this is a WebSocket (RFC 6455), for gates");
    out.headers.emplace_back("Upgrade", "websocket");
    return out;
  }
  if (!view.new_gate) return unavailable("gates are not served here");
  Response out;
  out.channel = view.new_gate();
  return out;
}

}  // namespace

void add_ledger_routes(http::Router& router, const ServeView& view) {
  router.add({Method::get, "/checkpoint", Access::open(),
              [view](const Request&, const PathValues&) { return checkpoint(view); }});
  router.add({Method::get, "/tile/{path...}", Access::open(),
              [view](const Request&, const PathValues& values) {
                return tile(view, values.front().second);
              }});
}

void add_health_routes(http::Router& router, const ServeView& view) {
  router.add({Method::get, "/healthz", Access::open(),
              [](const Request&, const PathValues&) { return Response::text(200, "live\n"); }});
  router.add({Method::get, "/readyz", Access::open(),
              [view](const Request&, const PathValues&) { return ready(view); }});
  router.add({Method::get, "/metrics", Access::token_or_loopback("metrics"),
              [view](const Request&, const PathValues&) { return metrics(view); }});
}

void add_gate_routes(http::Router& router, const ServeView& view) {
  router.add(
      {Method::get, "/gates/stream", Access::token("gate"),
       [view](const Request& request, const PathValues&) { return gate_stream(view, request); }});
}

void add_routes(http::Router& router, const ServeView& view) {
  add_ledger_routes(router, view);
  add_health_routes(router, view);
  add_gate_routes(router, view);
}

}  // namespace proviso::server

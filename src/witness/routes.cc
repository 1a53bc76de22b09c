// SPDX-License-Identifier: Apache-2.0
#include "witness/routes.h"

#include "witness/request.h"

namespace proviso::witness {
namespace {

using http::Access;
using http::Method;
using http::PathValues;
using http::problem;
using http::Request;
using http::Response;

constexpr std::string_view kRequests = "proviso_witness_requests_total";
constexpr std::string_view kEntries = "proviso_witness_log_entries";

void tell(const WitnessView& view, Outcome outcome) {
  view.metrics.add(kRequests, {{"outcome", to_string(outcome)}});
  if (outcome == Outcome::split_view || outcome == Outcome::not_proven) {
    view.log.write(to_string(outcome));
  }
  if (outcome == Outcome::failed) view.log.write("disk_failed");
}

Response add_checkpoint(const WitnessView& view, const Request& request) {
  Answer answer = view.witness.add_checkpoint(request.body);
  tell(view, answer.outcome);
  Response out = Response::text(answer.status, std::move(answer.body));
  out.content_type = std::move(answer.content_type);
  return out;
}

// By its hash a log's origin can't be guessed into a path, and a stranger's is no log of ours.
Response checkpoint(const WitnessView& view, const std::string& hash) {
  for (const auto& log : view.witness.logs()) {
    if (origin_hash(log.name) != hash) continue;
    auto seen = view.witness.seen(log.name);
    if (!seen && seen.error().code == Errc::not_found) break;
    if (!seen) return problem(503, "the state of this log cannot be read");
    Response out = Response::text(200, std::move(seen->note));
    out.caching = http::Caching::for_seconds;
    out.open_to_scripts = true;
    return out;
  }
  return problem(404, "nothing was cosigned for such a log");
}

Response ready(const WitnessView& view) {
  if (!view.witness.usable()) return problem(503, "the disk failed; the witness must be restarted");
  return Response::text(200, "ready\n");
}

Response metrics(const WitnessView& view) {
  for (const auto& log : view.witness.logs()) {
    const auto seen = view.witness.seen(log.name);
    if (!seen) continue;
    view.metrics.set(kEntries, static_cast<double>(seen->checkpoint.size), {{"log", log.name}});
  }
  Response out = Response::text(200, view.metrics.text());
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.compressible = true;
  return out;
}

}  // namespace

void declare_witness_metrics(Metrics& metrics) {
  metrics.counter(kRequests, "Checkpoints that logs asked to have cosigned, by what came of it.");
  metrics.gauge(kEntries, "Entries under the newest cosigned checkpoint of this log.");
}

void add_witness_routes(http::Router& router, const WitnessView& view) {
  router.add(
      {Method::post, "/add-checkpoint", Access::open(),
       [view](const Request& request, const PathValues&) { return add_checkpoint(view, request); },
       kRequestBytesMax});
  router.add({Method::get, "/{log}/checkpoint", Access::open(),
              [view](const Request&, const PathValues& values) {
                return checkpoint(view, values.front().second);
              }});
  router.add({Method::get, "/healthz", Access::open(),
              [](const Request&, const PathValues&) { return Response::text(200, "live\n"); }});
  router.add({Method::get, "/readyz", Access::open(),
              [view](const Request&, const PathValues&) { return ready(view); }});
  router.add({Method::get, "/metrics", Access::token_or_loopback("metrics"),
              [view](const Request&, const PathValues&) { return metrics(view); }});
}

}  // namespace proviso::witness

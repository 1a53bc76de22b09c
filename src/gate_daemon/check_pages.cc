// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/check_pages.h"

#include <array>
#include <optional>

#include "base/json.h"
#include "gate_daemon/recording_pages.h"
#include "model/ids.h"

namespace proviso::gate_daemon {
namespace {

using gates::Answer;
using gates::Mode;
using model::Outcome;

constexpr std::string_view kJson = "application/json";

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const auto digit = [&](std::size_t at) -> int {
        const char c = at < text.size() ? text[at] : '\0';
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      };
      if (digit(i + 1) < 0 || digit(i + 2) < 0) return std::nullopt;
      out.push_back(static_cast<char>(digit(i + 1) * 16 + digit(i + 2)));
      i += 2;
    }
  }
  return out;
}

/// What /check is asked, from header fields, and from the query where that is allowed.
class Question {
 public:
  Question(const HttpRequest& request, bool queries) : request_(request) {
    const std::size_t mark = request.target.find('?');
    if (queries && mark != std::string_view::npos) query_ = request.target.substr(mark + 1);
  }

  /// Empty where it is not there.
  std::string take(std::string_view name, std::string_view field) {
    std::size_t count = request_.count(field);
    std::string out(request_.field(field).value_or(""));
    for (std::string_view rest = query_; !rest.empty();) {
      const std::string_view part = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      if (part.substr(0, part.find('=')) != name) continue;
      ++count;
      auto value = decode(part.size() > name.size() ? part.substr(name.size() + 1) : "");
      if (!value) complain(name, "is not percent-encoded as it should be");
      out = std::move(value).value_or("");
    }
    // A client's own field beside the proxy's, perhaps.
    if (count > 1) complain(name, "is there twice");
    if (!out.empty() && !model::is_valid_id(out)) {
      complain(name, "is not 1 to 256 bytes of UTF-8 without control characters");
    }
    return out;
  }
  void complain(std::string_view name, std::string_view what) {
    if (problem_.empty()) problem_.append(name).append(" ").append(what);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const HttpRequest& request_;
  std::string_view query_;
  std::string problem_;
};

void describe(const Answer& answer, const gates::LiveGate& gate, HttpAnswer& out) {
  const gates::Explanation why = gate.explain(answer);
  out.add_field("X-Proviso-Effect", model::to_string(answer.effect));
  if (answer.basis == gates::Basis::snapshot) {
    out.add_field("X-Proviso-Order", answer.order.hex());
  }
  out.add_field("X-Proviso-Reason", why.user);
  if (!why.until.empty()) out.add_field("X-Proviso-Until", why.until);
}

std::string_view state_of(const gates::LiveStatus& status) {
  return status.has_state ? "snapshot" : "none";
}

Json counts_of(const Tally::Counts& counts) {
  return Json::Object{
      {"passed", counts.passed}, {"limited", counts.limited}, {"refused", counts.refused}};
}

void count(Metrics& metrics, std::string_view name, const Tally::Counts& counts,
           std::string_view order = {}) {
  for (const auto& [outcome, number] :
       {std::pair<std::string_view, std::uint64_t>("passed", counts.passed),
        {"limited", counts.limited},
        {"refused", counts.refused}}) {
    const auto value = static_cast<double>(number);
    if (order.empty()) {
      metrics.add(name, {{"outcome", outcome}}, value);
    } else {
      metrics.add(name, {{"order", order}, {"outcome", outcome}}, value);
    }
  }
}

Json json_of(const HaproxyStatus& haproxy) {
  Json::Object out{{"in_step", haproxy.in_step},
                   {"deny", haproxy.deny},
                   {"ask", haproxy.ask},
                   {"failures", haproxy.failures}};
  if (haproxy.in_step_at != 0) {
    out.emplace("in_step_at", format_time(Time{std::chrono::seconds{haproxy.in_step_at}}));
  }
  if (!haproxy.last_failure.empty()) out.emplace("last_failure", haproxy.last_failure);
  return out;
}

void count(Metrics& metrics, const HaproxyStatus& haproxy) {
  metrics.gauge("proviso_gate_haproxy_in_step", "1 where HAProxy's map is what the gate says.");
  metrics.set("proviso_gate_haproxy_in_step", haproxy.in_step ? 1 : 0);
  metrics.gauge("proviso_gate_haproxy_in_step_time_seconds",
                "When it last was, in seconds since 1970; 0: never.");
  metrics.set("proviso_gate_haproxy_in_step_time_seconds", static_cast<double>(haproxy.in_step_at));
  metrics.gauge("proviso_gate_haproxy_entries", "Entries of the map, by what they say.");
  metrics.set("proviso_gate_haproxy_entries", static_cast<double>(haproxy.deny),
              {{"says", "deny"}});
  metrics.set("proviso_gate_haproxy_entries", static_cast<double>(haproxy.ask), {{"says", "ask"}});
  metrics.counter("proviso_gate_haproxy_pushes_total",
                  "What HAProxy was told: a few entries, the whole map, or in vain.");
  for (const auto& [result, number] :
       {std::pair<std::string_view, std::uint64_t>("changes", haproxy.changes),
        {"refill", haproxy.refills},
        {"failed", haproxy.failures}}) {
    metrics.add("proviso_gate_haproxy_pushes_total", {{"result", result}},
                static_cast<double>(number));
  }
}

void declare(Metrics& metrics) {
  metrics.counter("proviso_gate_checks_total", "Checks, by what was done with the request.");
  metrics.counter("proviso_gate_not_enforced_total",
                  "Checks while observing or bypassed, by what would have been done.");
  metrics.counter("proviso_gate_order_checks_total",
                  "Checks that an order had a say in, by what it asked for.");
  metrics.counter("proviso_gate_stateless_checks_total", "Checks answered without a snapshot.");
  metrics.counter("proviso_gate_refused_without_order_total",
                  "Refusals with a snapshot and without an order: must stay 0.");
  metrics.counter("proviso_gate_unnamed_checks_total",
                  "Envoy's requests without a subscription or service: allowed.");
  metrics.counter("proviso_gate_unreadable_requests_total",
                  "Envoy's requests that were none: an error.");
  metrics.gauge("proviso_gate_has_snapshot", "1 where a verified snapshot is enforced.");
  metrics.gauge("proviso_gate_snapshot_version", "Ledger entries under the snapshot's checkpoint.");
  metrics.gauge("proviso_gate_snapshot_age_seconds", "Since the snapshot was made.");
  metrics.gauge("proviso_gate_orders", "Orders in the snapshot.");
  metrics.gauge("proviso_gate_orders_waiting", "Of them, how many wait for witnesses.");
  metrics.counter("proviso_gate_snapshots_total", "Snapshots offered, by what became of them.");
  metrics.gauge("proviso_gate_mode", "1 for the mode that the gate is in.");
  metrics.gauge("proviso_gate_clock_step_seconds",
                "By how much the wall clock disagrees with the steady one.");
  metrics.gauge("proviso_gate_connections", "Open connections.");
  metrics.counter("proviso_gate_connections_total", "Connections, by how they began or ended.");
}

}  // namespace

CheckPages::CheckPages(Checks& checks, const Latest<gates::LiveStatus>& status,
                       std::function<LoopCounts()> connections, CheckMapping mapping)
    : checks_(checks),
      status_(status),
      connections_(std::move(connections)),
      mapping_(std::move(mapping)) {}

void CheckPages::answer(const HttpRequest& request, HttpAnswer& answer) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  // auth_request asks with the method of the request that it guards, which says nothing here.
  if (path == "/check") return check(request, answer);
  if (path != "/status" && path != "/metrics" && path != "/healthz") {
    return answer.set_text(404, "there is /check, /status, /metrics and /healthz");
  }
  if (request.method != "GET") {
    answer.add_field("Allow", "GET, HEAD");
    return answer.set_text(405, "this is asked with GET");
  }
  if (path == "/status") return status(answer);
  if (path == "/metrics") return metrics(answer);
  healthz(answer);
}

void CheckPages::check(const HttpRequest& request, HttpAnswer& answer) {
  Question question(request, mapping_.queries);
  const std::string subscription = question.take("subscription", mapping_.subscription);
  const std::string service = question.take("service", mapping_.service);
  const std::string operation = question.take("operation", mapping_.operation);
  const std::string region = question.take("region", mapping_.region);
  const std::string resource = question.take("resource", mapping_.resource);
  // "allow" would be a wrong answer to a proxy that forgot to say who asks.
  for (const auto& [name, value] :
       {std::pair("subscription", &subscription), std::pair("service", &service),
        std::pair("operation", &operation)}) {
    if (value->empty()) question.complain(name, "is missing");
  }
  if (!question.problem().empty()) return answer.set_text(400, question.problem());
  const Answer said = checks_.ask({.subscription = subscription,
                                   .service = service,
                                   .operation = operation,
                                   .region = region,
                                   .resource = resource});
  answer.status = said.refused() ? 403 : 204;
  answer.add_field("X-Proviso-Snapshot", said.basis == gates::Basis::snapshot
                                             ? std::to_string(said.snapshot_size)
                                             : "none");
  if (said.mode != Mode::enforce) answer.add_field("X-Proviso-Mode", gates::to_string(said.mode));
  if (!said.restricted()) return;
  describe(said, checks_.gate(), answer);
  if (said.outcome == Outcome::limited) {
    answer.add_field("X-Proviso-Rate", std::to_string(said.rate_per_second));
  }
}

void CheckPages::status(HttpAnswer& answer) const {
  const auto now = status_.get();
  Json::Object out{{"state", state_of(*now)},
                   {"mode", gates::to_string(now->mode)},
                   {"accepted", now->accepted},
                   {"refused", now->refused},
                   {"clock_step_seconds", now->clock_step_seconds},
                   {"checks", counts_of(checks_.tally().done())}};
  if (now->has_state) {
    out.emplace("snapshot", now->snapshot_size);
    out.emplace("snapshot_made_at", format_time(now->snapshot_made_at));
    out.emplace("age_seconds",
                std::max<std::int64_t>(0, checks_.now() - unix_seconds(now->snapshot_made_at)));
    out.emplace("orders", now->orders);
    out.emplace("waiting", now->waiting);
  }
  if (now->bypass_until) {
    out.emplace("bypass_until", format_time(*now->bypass_until));
    out.emplace("bypass_reason", now->bypass_reason);
  }
  if (!now->last_refusal.empty()) out.emplace("last_refusal", now->last_refusal);
  if (haproxy_ != nullptr) out.emplace("haproxy", json_of(*haproxy_->get()));
  if (recording_ != nullptr) out.emplace("refusals", recording_page(*recording_->get()));
  answer.body = canonical_json(std::move(out));
  answer.body.push_back('\n');
  answer.type = kJson;
  answer.add_field("Cache-Control", "no-store");
}

void CheckPages::metrics(HttpAnswer& answer) const {
  const auto now = status_.get();
  const Tally& tally = checks_.tally();
  Metrics out;
  declare(out);
  count(out, "proviso_gate_checks_total", tally.done());
  count(out, "proviso_gate_not_enforced_total", tally.not_enforced());
  for (const auto& [order, counts] : tally.by_order()) {
    count(out, "proviso_gate_order_checks_total", counts, order.hex());
  }
  count(out, "proviso_gate_order_checks_total", tally.by_other_orders(), "other");
  out.add("proviso_gate_stateless_checks_total", {}, static_cast<double>(tally.without_state()));
  out.add("proviso_gate_refused_without_order_total", {},
          static_cast<double>(tally.refused_without_order()));
  out.add("proviso_gate_unnamed_checks_total", {}, static_cast<double>(tally.unnamed()));
  out.add("proviso_gate_unreadable_requests_total", {}, static_cast<double>(tally.unreadable()));
  out.set("proviso_gate_has_snapshot", now->has_state ? 1 : 0);
  if (now->has_state) {
    const auto age = std::max<std::int64_t>(0, checks_.now() - unix_seconds(now->snapshot_made_at));
    out.set("proviso_gate_snapshot_version", static_cast<double>(now->snapshot_size));
    out.set("proviso_gate_snapshot_age_seconds", static_cast<double>(age));
    out.set("proviso_gate_orders", static_cast<double>(now->orders));
    out.set("proviso_gate_orders_waiting", static_cast<double>(now->waiting));
  }
  out.add("proviso_gate_snapshots_total", {{"result", "accepted"}},
          static_cast<double>(now->accepted));
  out.add("proviso_gate_snapshots_total", {{"result", "refused"}},
          static_cast<double>(now->refused));
  for (const Mode mode : {Mode::enforce, Mode::observe, Mode::bypass}) {
    out.set("proviso_gate_mode", mode == now->mode ? 1 : 0, {{"mode", gates::to_string(mode)}});
  }
  out.set("proviso_gate_clock_step_seconds", static_cast<double>(now->clock_step_seconds));
  const LoopCounts connections = connections_();
  out.set("proviso_gate_connections", static_cast<double>(connections.connections));
  for (const auto& [result, number] :
       {std::pair<std::string_view, std::uint64_t>("accepted", connections.accepted),
        {"turned_away", connections.turned_away},
        {"timed_out", connections.timed_out}}) {
    out.add("proviso_gate_connections_total", {{"result", result}}, static_cast<double>(number));
  }
  if (haproxy_ != nullptr) count(out, *haproxy_->get());
  if (recording_ != nullptr) recording_metrics(*recording_->get(), out);
  answer.body = out.text();
  answer.type = "text/plain; version=0.0.4; charset=utf-8";
}

void CheckPages::healthz(HttpAnswer& answer) const {
  if (status_.get()->has_state) return answer.set_text(200, "ok");
  answer.set_text(503, "no snapshot");
}

}  // namespace proviso::gate_daemon

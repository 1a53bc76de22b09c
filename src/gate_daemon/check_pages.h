// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/metrics.h"
#include "gate_daemon/checks.h"
#include "gate_daemon/haproxy_link.h"
#include "gate_daemon/http_message.h"
#include "gate_daemon/latest.h"
#include "gate_daemon/loop.h"
#include "gate_daemon/mapping.h"
#include "gate_daemon/recorder.h"

namespace proviso::gate_daemon {

/// What plain HTTP asks of a gate (docs/gate.md). One event loop's thread.
///   GET /check    for nginx' auth_request: 204, 403, or 400 where the question is no question
///   GET /status   the gate, as JSON; nobody's subscription
///   GET /metrics  the same in figures, for Prometheus
///   GET /healthz  200, or 503 while it has no snapshot
class CheckPages final : public HttpHandler {
 public:
  /// `status` is what the gate said of itself within the last seconds: asking it would wait for a
  /// snapshot that is being verified. What is given outlives this.
  CheckPages(Checks& checks, const Latest<gates::LiveStatus>& status,
             std::function<LoopCounts()> connections, CheckMapping mapping);
  /// Also shows how a HAProxy's map is. Before the first request.
  void show(const Latest<HaproxyStatus>& haproxy) { haproxy_ = &haproxy; }
  /// Also shows what became of refusals. Before the first request.
  void show(const Latest<RecordingStatus>& recording) { recording_ = &recording; }
  void answer(const HttpRequest& request, HttpAnswer& answer) override;

 private:
  void check(const HttpRequest& request, HttpAnswer& answer);
  void status(HttpAnswer& answer) const;
  void metrics(HttpAnswer& answer) const;
  void healthz(HttpAnswer& answer) const;

  Checks& checks_;
  const Latest<gates::LiveStatus>& status_;
  const std::function<LoopCounts()> connections_;
  const CheckMapping mapping_;
  const Latest<HaproxyStatus>* haproxy_ = nullptr;      // null: none is kept in step
  const Latest<RecordingStatus>* recording_ = nullptr;  // null: nobody records
};

}  // namespace proviso::gate_daemon

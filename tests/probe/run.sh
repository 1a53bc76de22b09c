#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `proviso probe` before a real nginx that a real gate guards, with the plan of docs/probe.md: all
# as planned; then a gate that lets pass, one that blocks a neighbour, lanes that are closed, a
# service that is down. Reports: signed, on record, without content.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in tools/dev/say tools/dev/install tests/lib/found tests/lib/nginx tests/lib/check \
  tests/lib/wait; do
  # shellcheck source=/dev/null
  source "$part.sh"
done
PATH="$PROVISO_BIN:$PATH"
GATE=""
PROBE=""

start_gate() {
  # The program itself: a function would be a shell of its own, and that is what $! would name.
  "$PROVISO_BIN/proviso" gate serve --snapshot gate.snapshot --trust trust.json --state gate-state \
    --http 127.0.0.1:0 >/dev/null 2>gate.log &
  GATE=$!
  until_true has_event gate.log started || { echo "not ok - the gate did not start" && exit 1; }
  HTTP="127.0.0.1:$(jq -r 'select(.protocol == "http") | .port' gate.log)"
}
end_all() {
  stop_nginx
  [[ -z "$GATE" ]] || kill -KILL "$GATE" 2>/dev/null || true
  [[ -z "$PROBE" ]] || kill -KILL "$PROBE" 2>/dev/null || true
}

# settings EXPORT NOTICE NEIGHBOUR PORT SECOND-PORT: statuses of the lanes, and of sub-b.
settings() {
  nginx_head
  cat <<SETTINGS
  $(part_of docs/gate.md NGINX-MAP)
  upstream storage { server 127.0.0.1:$5; }
  server {
    listen 127.0.0.1:$5;
    if (\$http_x_subscription = sub-b) { return $3; }
    location / { return 200 "a customer's own words\n"; }
  }
  server {
    listen 127.0.0.1:$4;
    auth_request_set \$reason \$upstream_http_x_proviso_reason;
    auth_request_set \$effect \$upstream_http_x_proviso_effect;
    add_header X-Reason \$reason always;
    add_header X-Effect \$effect always;
$(part_of README.md NGINX | sed "s/127.0.0.1:8181/$HTTP/")
    location /export/ { return $1 "archive\n"; }
    location = /notice { return $2 "notice\n"; }
  }
}
SETTINGS
}
# serve_with EXPORT NOTICE NEIGHBOUR: nginx anew, and the plan for its port.
serve_with() {
  stop_nginx
  run_nginx settings "$@"
  part_of docs/probe.md PLAN | sed "s/ORDER/$(cat order.digest)/; s/:8080/:$PORT/" >plan.toml
}
run_plan() { proviso probe run plan.toml "$@"; }
evidence_count() { # of probes, in the order's case
  proviso case show "$CASE" -d data --json |
    jq '[.evidence[] | select(.independence == "probe")] | length'
}
has_evidence() { [[ "$(evidence_count)" -eq "$1" ]]; }

check_as_planned() {
  SECTION="as planned"
  check "all of it" 0 'as planned cut +storage is cut for A: 403' run_plan
  that "each of four" test "$(grep -c '^as planned' <<<"$OUT")" -eq 4
  check "as a document" 0 '"as_planned":true' run_plan --json
  json "with what the plan asks to keep" \
    '.targets[0].headers["X-Reason"] | startswith("The provider restricts")'
  json "and the order" ".order == \"$(cat order.digest)\""
  check "a plan in JSON" 0 'as planned' proviso probe run plan.json
}

check_records() {
  SECTION="records"
  local entries key
  entries="$(proviso verify data/ledger/log --trust trust.json --json | jq -r .entries)"
  key="$(proviso gate identity --state probe-identity --name probe.example --json | jq -r .key)"
  check "a report on record" 0 'evidence [0-9a-f]{64}' run_plan --record -d data \
    --identity probe-identity --out report.note
  that "is evidence of the order's case" has_evidence 1
  check "its entry verifies" 0 '' proviso verify data/ledger/log --trust trust.json --json
  that "and is one more" test "$(jq -r .entries <<<"$OUT")" -gt "$entries"
  check "it is signed" 0 'signed by probe.example: .*all as planned' \
    proviso probe check report.note --key "$key"
  sed 's/"status":403/"status":404/' report.note >forged.note
  check "a forged one is not" '[123]' 'forged.note' proviso probe check forged.note --key "$key"
  that "no body is kept" test -z "$(grep -r 'own words' report.note data || true)"
}

check_differences() {
  SECTION="differs"
  proviso gate bypass --state gate-state --for 1h --reason drill >/dev/null
  until_true passes || true
  check "a gate that lets pass is found" 3 'DIFFERS +cut +storage is cut for A: answered 200' \
    run_plan --record -d data
  that "and nothing else" test "$(grep -c '^DIFFERS' <<<"$OUT")" -eq 1
  that "which is evidence too" has_evidence 2
  proviso gate bypass --state gate-state --end >/dev/null
  until_true refuses || true
  check "it holds again" 0 'as planned cut' run_plan
  serve_with 200 200 403
  check "a neighbour that is touched" 3 "DIFFERS +neighbour +A's sister is served: answered 403" \
    run_plan
  serve_with 403 200 200
  check "an export that is closed" 3 'DIFFERS +export .*answered 403, not 200 to 299' run_plan
  serve_with 200 404 200
  check "a notice that is gone" 3 'DIFFERS +notice .*answered 404, not 200 to 299' run_plan
  sed -i 's/export-only/deny/' plan.toml
  check "another effect than planned" 3 "X-Effect is 'export-only', not 'deny'" run_plan
  stop_nginx
  check "a service that is down" 3 'DIFFERS +cut .*no answer' run_plan
  that "differs in all" test "$(grep -c '^DIFFERS' <<<"$OUT")" -eq 4
}
asks() {
  [[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'X-Subscription: sub-a' \
    "http://127.0.0.1:$PORT/storage/x")" == "$1" ]]
}
passes() { asks 200; }
refuses() { asks 403; }

check_schedule() {
  SECTION="schedule"
  serve_with 200 200 200
  "$PROVISO_BIN/proviso" probe run plan.toml --every 10s --json --record -d data \
    >rounds.jsonl 2>rounds.log &
  PROBE=$!
  that "round after round" until_true jq -es 'length >= 2' rounds.jsonl
  that "each is told" jq -es 'all(.[]; .as_planned)' rounds.jsonl
  that "the first is kept, and no other, since nothing is new" has_evidence 3
  local code=0
  kill -TERM "$PROBE"
  wait "$PROBE" || code=$?
  PROBE=""
  that "SIGTERM ends it well" test "$code" -eq 0
  that "without a word of complaint" test ! -s rounds.log
}

check_usage() {
  SECTION="usage"
  check "a wrong plan" 2 'bad.toml: target\[0\].role: is not cut' proviso probe run bad.toml
  check "too often" 2 'every: 10s to 24h' run_plan --every 9s
  check "an identity that is none" '[12]' 'no identity there' run_plan --identity nowhere
  sed "s/$(cat order.digest)/$(printf 'a%.0s' {1..64})/" plan.toml >other.toml
  check "an order that is not there" '[12]' 'order' proviso probe run other.toml --record -d data
}

if ! find_nginx; then
  echo "Skipped: nginx could not be fetched"
  exit 77
fi
cd "$TMPDIR"
trap end_all EXIT
part_of README.md GATE >steps.sh
bash -euo pipefail steps.sh >steps.log 2>&1 </dev/null || { cat steps.log && exit 1; }
CASE="$(proviso case list -d data --json | jq -r .id)"
start_gate
serve_with 200 200 200
jq -n --arg order "$(cat order.digest)" --arg url "http://127.0.0.1:$PORT/notice" \
  '{version: 1, order: $order, target: [{name: "n", role: "notice", url: $url}]}' >plan.json
printf 'version = 1\norder = "%s"\n[[target]]\nname = "a"\nrole = "x"\nurl = "http://h"\n' \
  "$(cat order.digest)" >bad.toml
check_as_planned
check_records
check_differences
check_schedule
check_usage
end_checks

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to a real nginx that refuses one service of one subscription and serves the others:
# with the commands and the five lines that stand in README.md. Then what goes wrong: nginx' traps,
# a gate that is killed, restarted without its snapshot, given broken ones, flooded, bypassed.
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

# start_gate LOG ARGUMENT...: sets GATE, and HTTP and AUTHZEN to its addresses.
start_gate() {
  local log="$1"
  # The program itself: a function would be a shell of its own, and that is what $! would name.
  "$PROVISO_BIN/proviso" gate serve "${@:2}" --http 127.0.0.1:0 --authzen 127.0.0.1:0 \
    >/dev/null 2>"$log" &
  GATE=$!
  until_true has_event "$log" started || { echo "not ok - the gate did not start" && exit 1; }
  HTTP="127.0.0.1:$(jq -r 'select(.protocol == "http") | .port' "$log")"
  AUTHZEN="127.0.0.1:$(jq -r 'select(.protocol == "authzen") | .port' "$log")"
}
stop_gate() {
  kill "-${1:-TERM}" "$GATE" 2>/dev/null || true
  wait "$GATE" 2>/dev/null
}

# The five lines, for the gate at $HTTP; and beside them what a test needs.
write_settings() {
  local lines
  lines="$(part_of README.md NGINX | sed "s/127.0.0.1:8181/$HTTP/")"
  nginx_head
  cat <<SETTINGS
  $(part_of docs/gate.md NGINX-MAP)
  upstream storage { server 127.0.0.1:$2; }
  server { listen 127.0.0.1:$2; location / { return 200 "served\n"; } }
  server {
    listen 127.0.0.1:$1;
    auth_request_set \$reason \$upstream_http_x_proviso_reason;
    auth_request_set \$effect \$upstream_http_x_proviso_effect;
    add_header X-Reason \$reason always;
    add_header X-Effect \$effect always;
$lines
    location /speech/ { auth_request /_speech; proxy_pass http://storage; }
$(sed 's/_gate/_speech/; s/Service storage/Service speech/; /location \/storage\//d' <<<"$lines")
    location /trap/ { auth_request /_gate; return 200 "served\n"; }
    location /open/ { auth_request /_fail_open; proxy_pass http://storage; }
$(sed 's/_gate/_fail_open/; /location \/storage\//d; s/internal;/internal; @/' <<<"$lines" |
    sed "s|@|$(part_of docs/gate.md NGINX-OPEN)|")
    location = /_open { internal; return 204; }
  }
}
SETTINGS
}
start_guarded_nginx() {
  run_nginx write_settings
  URL="http://127.0.0.1:$PORT"
}
end_all() {
  stop_nginx
  stop_gate KILL || true
}

# fetch SUBSCRIPTION PATH [ARGUMENT...]: what a client of nginx gets, head and body.
fetch() { curl -si --max-time 30 -H "X-Subscription: $1" "${@:3}" "$URL$2" | tr -d '\r'; }
# gives STATUS SUBSCRIPTION PATH [ARGUMENT...]
gives() { [[ "$(fetch "${@:2}" | head -n 1)" == "HTTP/1.1 $1 "* ]]; }
# The pages show what the gate said within the last second.
status_has() { [[ "$(curl -s --max-time 30 "http://$HTTP/status")" == *"\"$1\":"* ]]; }
# gate_says STATUS ARGUMENT...
gate_says() { [[ "$(curl -s --max-time 30 -o /dev/null -w '%{http_code}' "${@:2}")" == "$1" ]]; }

check_five_lines() {
  SECTION="five lines"
  that "the named service refuses the named subscription" gives 403 sub-a /storage/x
  check "and says why" 0 '^X-Reason: The provider restricts this use' fetch sub-a /storage/x
  check "and by which effect" 0 '^X-Effect: export-only' fetch sub-a /storage/x
  that "also for writing" gives 403 sub-a /storage/x -X PUT -d body
  check "its neighbour is served" 0 '^served' fetch sub-b /storage/x
  check "and in the other service both are" 0 '^served' fetch sub-a /speech/x
  that "docs and README have the same lines" diff <(part_of README.md NGINX) \
    <(part_of docs/gate.md NGINX)
  that "they are five" test "$(part_of README.md NGINX | wc -l)" -eq 5
}

check_traps() {
  SECTION="traps"
  that "a location that answers by return is not guarded" gives 200 sub-a /trap/x
  that "a client's own fields change nothing" gives 403 sub-a /storage/x \
    -H 'X-Proviso-Subscription: sub-b' -H 'X-Proviso-Service: speech' -H 'X-Proviso-Region: r'
  that "without a subscription nobody passes" gives 500 "" /storage/x
  that "nor where the gate's end would let pass" gives 500 "" /open/x
}

check_bypass() {
  SECTION="bypass"
  check "one without a reason is none" 2 'give --for and --reason' \
    proviso gate bypass --state gate-state --for 1h
  check "one of a week is none" 2 '1 second to 24 hours' \
    proviso gate bypass --state gate-state --for 7d --reason drill
  check "its owner begins one" 0 'enforce nothing until' \
    proviso gate bypass --state gate-state --for 1h --reason drill
  that "the running gate lets all pass" until_true gives 200 sub-a /storage/x
  that "and says so" until_true status_has bypass_until
  check "also in figures" 0 'proviso_gate_mode\{mode="bypass"\} 1' curl -s "http://$HTTP/metrics"
  check "and so does its folder" 0 'bypassed until .*drill' \
    proviso gate status --state gate-state
  proviso gate bypass --state gate-state --end >/dev/null
  that "it ends at once" until_true gives 403 sub-a /storage/x
  that "it is on record" test "$(grep -c drill gate-state/bypass-history.jsonl)" -ge 2
}

check_bad_snapshots() {
  SECTION="bad snapshots"
  cp gate.snapshot good.snapshot
  echo '{}' >gate.snapshot
  that "a broken one is refused, loudly" until_true has_event gate.log snapshot_refused
  that "and the last good one stays" gives 403 sub-a /storage/x
  that "which the status says" until_true status_has last_refusal
  cp good.snapshot next.snapshot && mv next.snapshot gate.snapshot
}

check_killed() {
  SECTION="killed"
  stop_gate KILL || true
  that "nginx lets nobody pass" gives 500 sub-b /storage/x
  that "but where it is told to let pass" gives 200 sub-a /open/x
  stop_nginx
  mv gate.snapshot elsewhere.snapshot
  start_gate gate2.log --snapshot gate.snapshot --trust trust.json --state gate-state
  start_guarded_nginx
  that "a restarted gate has what it kept" gives 403 sub-a /storage/x
  that "and blocks no neighbour" gives 200 sub-b /storage/x
  check "two gates on one folder are one too many" 2 'another gate has this folder' \
    proviso gate serve --trust trust.json --state gate-state --http 127.0.0.1:0
  proviso order lift "$(cat order.digest)" --reason reason.txt -d data --json >lift.json
  put_in_force . "$(digest_of <lift.json)" counsel
  proviso gate snapshot --out gate.snapshot -d data >/dev/null
  that "a lift that comes as a file is in force" until_true gives 200 sub-a /storage/x
}

check_authzen() {
  local request='{"subject":{"type":"subscription","id":"sub-a"},"action":{"name":"GetObject"},
    "resource":{"type":"service","id":"storage"}}'
  SECTION="AuthZEN"
  check "the same decision" 0 '"decision":false' curl -s -H 'Content-Type: application/json' \
    -d "$request" "http://$AUTHZEN/access/v1/evaluation"
  that "ten megabytes are too many" gate_says 413 -H 'Content-Type: application/json' \
    -H 'Expect:' --data-binary @ten.megabytes "http://$AUTHZEN/access/v1/evaluation"
  that "a thousand levels are too many" gate_says 400 -H 'Content-Type: application/json' \
    -d "$(printf '[%.0s' {1..1000})" "http://$AUTHZEN/access/v1/evaluation"
}

# Raw clients against 127.0.0.1:PORT of a gate whose requests may take a second.
raw_client() {
  python3 - "$1" "${HTTP##*:}" <<'PY'
import socket, sys
what, port = sys.argv[1], int(sys.argv[2])
s = socket.create_connection(("127.0.0.1", port), 60)
def rest():
    out = b""
    while True:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            return out
        if not piece:
            return out
        out += piece
get = b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n"
if what == "flood":  # header fields without end
    try:
        for i in range(100000):
            s.sendall(b"GET / HTTP/1.1\r\n" if i == 0 else b"X-%d: y\r\n" % i)
    except OSError:
        pass
    print(rest().split(b"\r\n")[0].decode())
elif what == "slow":  # one byte, then nothing
    s.sendall(b"G")
    print("ended" if rest() == b"" else "answered")
elif what == "half-closed":
    s.sendall(get)
    s.shutdown(socket.SHUT_WR)
    print(rest().split(b"\r\n")[0].decode())
elif what == "pipelined":
    s.sendall(get * 500)
    s.shutdown(socket.SHUT_WR)
    print(rest().count(b"HTTP/1.1 200 OK"))
PY
}

check_floods() {
  SECTION="floods"
  check "a flood of fields" 0 '431' raw_client flood
  check "a client that sends one byte" 0 '^ended$' raw_client slow
  check "a client that sends no more still gets its answer" 0 '200 OK' raw_client half-closed
  check "five hundred requests at once" 0 '^500$' raw_client pipelined
  check "who was ended is counted" 0 'result="timed_out"\} [1-9]' curl -s "http://$HTTP/metrics"
}

check_without_state() {
  SECTION="no state"
  start_gate closed.log --trust trust.json --state empty-state --snapshot none --fail-closed
  local ask=(-H 'X-Proviso-Subscription: s' -H 'X-Proviso-Service: t' -H 'X-Proviso-Operation: o')
  that "fail-closed refuses" gate_says 403 "${ask[@]}" "http://$HTTP/check"
  check "and says what it rests on" 0 'X-Proviso-Snapshot: none' curl -si "${ask[@]}" \
    "http://$HTTP/check"
  that "it is not healthy" gate_says 503 "http://$HTTP/healthz"
  stop_gate
  start_gate open.log --trust trust.json --state empty-state --snapshot none
  that "without it everybody passes" gate_says 204 "${ask[@]}" "http://$HTTP/check"
  stop_gate
}

check_usage() {
  SECTION="usage"
  local serve=(proviso gate serve --trust trust.json --state other-state)
  check "nothing to serve" 2 'give --authzen, --ext-authz or --http' "${serve[@]}"
  check "an address of others" 2 'listens on this machine only' "${serve[@]}" --http 0.0.0.0:0
  check "no address" 2 "'localhost:1' is no address" "${serve[@]}" --http localhost:1
  check "nothing to enforce" 2 'give --snapshot' proviso gate serve --trust trust.json \
    --http 127.0.0.1:0
  check "a base URL in plain text" 2 'begins with https://' "${serve[@]}" --authzen 127.0.0.1:0 \
    --base-url http://a
  printf '[limits]\nbody_bytes = "x"\n' >bad.toml
  check "a setting of another type" 2 'bad.toml:2:14: must be a whole number' "${serve[@]}" \
    --http 127.0.0.1:0 --config bad.toml
}

if ! find_nginx; then
  echo "Skipped: nginx could not be fetched"
  exit 77
fi
cd "$TMPDIR"
head -c 10000000 /dev/zero | tr '\0' ' ' >ten.megabytes
trap end_all EXIT
part_of README.md GATE >steps.sh
bash -euo pipefail steps.sh >steps.log 2>&1 </dev/null || { cat steps.log && exit 1; }
printf '[limits]\nrequest_seconds = 1\n' >gate.toml
start_gate gate.log --snapshot gate.snapshot --trust trust.json --state gate-state \
  --config gate.toml
start_guarded_nginx
check_five_lines
check_traps
check_authzen
check_bypass
check_bad_snapshots
check_floods
check_killed
stop_nginx
SECTION="stopped"
stopped=0
stop_gate || stopped=$?
that "SIGTERM ends it well" test "$stopped" -eq 0
that "and it says so" has_event gate2.log stopped
that "no log line names a subscription" test -z "$(cat gate.log gate2.log | grep -E 'sub-[ab]')"
check_without_state
check_usage
end_checks

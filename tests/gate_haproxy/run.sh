#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real HAProxy with the configuration of docs/gate-haproxy.md, whose map a gate keeps in step:
# refused, asked about, limited, let through; a stage that begins, a lift; HAProxy started again,
# with and without a gate; the gate killed, and what its heartbeat then says.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in tools/dev/say tools/dev/install tests/lib/found tests/lib/haproxy tests/lib/check \
  tests/lib/wait; do
  # shellcheck source=/dev/null
  source "$part.sh"
done
PAGE="$ROOT/docs/gate-haproxy.md"
GUID=0a0b0c0d-1234-4321-8888-123456789abc
GATE=""

# part_of NAME: the code block of the page between <!-- NAME:BEGIN and <!-- NAME:END.
part_of() { sed -n "/<!-- $1:BEGIN/,/<!-- $1:END/p" "$PAGE" | sed '/^<!--/d; /^```/d'; }
events() { jq -s --arg e "$2" 'map(select(.event == $e)) | length' "$1"; }
more_events() { [[ "$(events "$1" "$2")" -gt "$3" ]]; }

# with_paths: the page's text, for this folder and this gate.
with_paths() {
  sed "s|/etc/haproxy/|$TMPDIR/|; s|/run/haproxy/proviso.sock|$TMPDIR/haproxy.sock|;
    s|127.0.0.1:8181|$HTTP|"
}
# page_settings PORT SECOND-PORT: the page's configuration; on the second port the variant that
# lets pass what the map refuses once it is old.
page_settings() {
  part_of GLOBAL | with_paths
  cat <<SETTINGS
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 30s
frontend guarded
  bind 127.0.0.1:$1
$(part_of HEALTH | with_paths | sed 's/ lt 60/ lt 3/')
$(part_of RULES | with_paths)
  http-request return status 200 content-type text/plain string served
frontend open
  bind 127.0.0.1:$2
$(part_of RULES | sed '/-m str deny/d' | sed '/The few of which/,$d' | with_paths)
$(part_of OPEN | with_paths | sed 's/ lt 60/ lt 3/')
  http-request return status 200 content-type text/plain string served
SETTINGS
}
start_haproxy() { run_haproxy page_settings; }

# start_gate LOG ARGUMENT...: sets GATE; the first time also HTTP, which it keeps.
start_gate() {
  local log="$1"
  "$PROVISO_BIN/proviso" gate serve --trust trust.json --state gate-state --config gate.toml \
    --haproxy "$TMPDIR/haproxy.sock" --http "${HTTP:-127.0.0.1:0}" "${@:2}" >/dev/null 2>"$log" &
  GATE=$!
  until_true has_event "$log" started || { echo "not ok - the gate did not start" && exit 1; }
  HTTP="127.0.0.1:$(jq -r 'select(.protocol == "http") | .port' "$log")"
}
stop_gate() {
  [[ -n "$GATE" ]] || return 0
  kill "-${1:-TERM}" "$GATE" 2>/dev/null || true
  wait "$GATE" 2>/dev/null || true
  GATE=""
}
end_all() {
  stop_haproxy KILL
  stop_gate KILL
}

# gives STATUS SUBSCRIPTION [ARGUMENT...]: what a client of HAProxy gets.
gives() {
  [[ "$(curl -s --max-time 30 -o /dev/null -w '%{http_code}' -H "X-Subscription: $2" "${@:3}" \
    "http://127.0.0.1:$PORT/x")" == "$1" ]]
}
gives_open() { PORT="$SECOND_PORT" gives "$@"; }
health_is() {
  [[ "$(curl -s --max-time 30 -o /dev/null -w '%{http_code}' \
    "http://127.0.0.1:$PORT/proviso-map")" == "$1" ]]
}
figure() { curl -s --max-time 30 "http://$HTTP/metrics" | grep -q "^proviso_gate_haproxy_$1\$"; }
map_has() { cli "show map $TMPDIR/proviso.map" | cut -d' ' -f2- | grep -qx "$1"; }
map_lacks() { ! map_has "$1"; }

# cut_off SCOPE STAGE...: an order in force; prints its digest.
# One that closes an export takes three.
cut_off() {
  local digest people=(counsel executive)
  [[ "$*" != *deny* ]] || people+=(director)
  digest="$(proviso order propose --case "$CASE" --scope "$1" --stage "${@:2}" --until +30d \
    --term T-SURVEILLANCE --reason reason.txt --key keys/proposer -d data --json | digest_of)"
  put_in_force . "$digest" "${people[@]}"
  echo "$digest"
}
new_snapshot() {
  proviso gate snapshot --out next.snapshot -d data >/dev/null
  mv next.snapshot gate.snapshot
}

found() {
  found_folder . 2
  {
    echo '{"kind":"customer","id":"cust-a","name":"A"}'
    echo '{"kind":"unit","id":"unit-a","customer":"cust-a"}'
    echo '{"kind":"agreement","id":"agr-a","customer":"cust-a"}'
    local subscription
    for subscription in sub-a sub-b sub-c "sub d/%" sub-e "$GUID"; do
      jq -nc --arg id "$subscription" \
        '{kind: "subscription", id: $id, unit: "unit-a", agreement: "agr-a"}'
    done
  } >register.jsonl
  proviso register load register.jsonl -d data >/dev/null
  jq -nc --arg id "$GUID" '{subscription: $id, service: "storage", operation: "PutObject",
    region: "eu-central-1", count: 1} | {specversion: "1.0", id: "1", source: "urn:test",
    type: "com.proviso.usage.v1", time: "2026-03-01T00:05:00Z", data: .}' >usage.jsonl
  proviso review usage.jsonl -d data >/dev/null
  echo "What was found, and why this." >reason.txt
  proviso report add --source press --about cust-a --file reason.txt -d data >/dev/null
  CASE="$(proviso case list -d data --json | jq -r .id)"
  DENIED="$(cut_off sub-a/storage deny)"
  cut_off "$GUID/storage@eu-central-1" deny >/dev/null
  cut_off "sub%20d%2F%25/storage" deny >/dev/null
  cut_off sub-c/storage read-only >/dev/null
  new_snapshot
}

check_rules() {
  SECTION="rules"
  that "the named subscription is refused" until_true gives 403 sub-a
  that "also for writing" gives 403 sub-a -X PUT -d body
  that "its neighbour is served" gives 200 sub-b
  that "a GUID is refused in its region" gives 403 "$GUID"
  that "in whatever case it comes" gives 403 "${GUID^^}"
  that "a name that wants encoding too" gives 403 "sub d/%"
  that "nobody is called like two of them" gives 200 "sub d"
  that "a read is let through under read-only" gives 200 sub-c
  that "and a write is not" gives 403 sub-c -X PUT -d body
  that "without a subscription nobody passes" gives 400 ""
  that "the map is fresh" until_true health_is 204
  that "and says no more than it must" test \
    "$(cli "show map $TMPDIR/proviso.map" | grep -c .)" -eq 5
  check "so do the figures" 0 'says="deny"\} 3' curl -s "http://$HTTP/metrics"
  check "and the status" 0 '"haproxy":\{"ask":1,"deny":3' curl -s "http://$HTTP/status"
}

check_changes() {
  SECTION="changes"
  # Its first stage at once: gates are told of an order no sooner (I11).
  cut_off sub-b/storage throttle=900/s deny@+3s >/dev/null
  cut_off sub-e/storage throttle=1/s >/dev/null
  new_snapshot
  that "a throttle limits" until_true gives 429 sub-e
  that "a stage begins by the gate's clock" until_true gives 403 sub-b
  local lift
  lift="$(proviso order lift "$DENIED" --reason reason.txt -d data --json | digest_of)"
  put_in_force . "$lift" counsel
  new_snapshot
  that "a lift lets it through" until_true gives 200 sub-a
  that "and nobody else" gives 403 sub-b
  that "with a change, not with another map" figure 'pushes_total{result="refill"} 1'
  proviso gate bypass --state gate-state --for 1h --reason drill >/dev/null
  that "a bypass empties the map" until_true gives 200 sub-b
  proviso gate bypass --state gate-state --end >/dev/null
  that "until it ends" until_true gives 403 sub-b
}

check_haproxy_again() {
  SECTION="HAProxy started again"
  local before
  before="$(events gate.log haproxy_in_step)"
  stop_haproxy
  that "the gate says that it is gone" until_true has_event gate.log haproxy_not_in_step
  that "in figures too" until_true figure 'in_step 0'
  : >proviso.map
  start_haproxy
  that "it is filled again" until_true more_events gate.log haproxy_in_step "$before"
  that "and refuses" gives 403 sub-b
  that "and lets through" gives 200 sub-a
  cli "clear map $TMPDIR/proviso.map" >/dev/null
  that "a map that was emptied is filled" until_true gives 403 sub-b
  that "which is told" until_true has_event gate.log haproxy_started_again
}

check_killed() {
  SECTION="killed"
  that "the map has it" map_has "sub-b/storage deny"
  that "and no longer what was lifted" map_lacks "sub-a/storage deny"
  that "the gate writes the file" grep -qx "sub-b/storage deny" proviso.map
  stop_gate KILL
  that "what is cut stays cut" gives 403 sub-b
  that "who is not named is served" gives 200 sub-a
  that "who is to be asked about is not" gives 503 sub-c
  that "the heartbeat gets old" until_true health_is 503
  that "what is cut still is" gives 403 sub-b
  that "but where the owner would have it otherwise" gives_open 200 sub-b
  stop_haproxy
  start_haproxy
  that "a HAProxy that is started now has the file" gives 403 sub-b
  that "without a heartbeat" health_is 503
  that "and serves neighbours" gives 200 sub-a
  start_gate gate2.log
  that "the gate is back" until_true health_is 204
  that "and answers" until_true gives 200 sub-c
  that "the open variant refuses again" until_true gives_open 403 sub-b
}

check_faults() {
  SECTION="faults"
  stop_gate
  printf '[haproxy]\nmap = "%s/other.map"\n' "$TMPDIR" >gate.toml
  start_gate gate3.log
  that "a map that HAProxy does not know is told" until_true has_event gate3.log \
    haproxy_not_in_step
  check "and how HAProxy calls it" 0 'Unknown map identifier' cat gate3.log
  stop_gate
  check "a path that is too long" 2 'at most 107 bytes' proviso gate serve --trust trust.json \
    --state gate-state --haproxy "/$(printf 'x%.0s' {1..120})"
  check "a setting that there is not" 2 'bad.toml:2:1: unknown setting' proviso gate serve \
    --trust trust.json --state gate-state --haproxy s --config bad.toml
  that "no log line names a subscription" test -z \
    "$(cat gate.log gate2.log gate3.log | grep -E "sub-[a-e]|$GUID")"
}

if ! find_haproxy; then
  echo "Skipped: the package of the group haproxy (tools/packages.txt) could not be installed"
  exit 77
fi
cd "$TMPDIR"
trap end_all EXIT
found
printf '[haproxy]\nmap = "%s/proviso.map"\nfile = "%s/proviso.map"\n' "$TMPDIR" "$TMPDIR" >gate.toml
printf '[haproxy]\nothers = 1\n' >bad.toml
: >proviso.map
start_gate gate.log --snapshot gate.snapshot
part_of LUA | with_paths >proviso.lua
start_haproxy
check_rules
check_changes
check_haproxy_again
check_killed
check_faults
end_checks

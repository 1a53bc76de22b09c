#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An order that begins in shadow, and gate by gate: a server and two gates that it feeds, each the
# real program. In shadow both let pass and count; then the first gate refuses; then both do.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in tests/lib/found tests/lib/check tests/lib/wait; do
  # shellcheck source=/dev/null
  source "$part.sh"
done

declare -A PIDS HTTP
start_server() {
  "$PROVISO_BIN/proviso" serve -d data --port 0 --scrub-hours 0 >/dev/null 2>server.log &
  PIDS[server]=$!
  until_true has_event server.log listening || { cat server.log && exit 1; }
  SERVER_PORT="$(jq -r 'select(.event == "listening") | .port' server.log)"
}
# start_gate NAME LOG: its state is NAME/; sets PIDS[NAME] and HTTP[NAME].
start_gate() {
  "$PROVISO_BIN/proviso" gate serve --server "http://127.0.0.1:$SERVER_PORT" --token-file gate.token \
    --trust trust.json --state "$1" --http 127.0.0.1:0 >/dev/null 2>"$2" &
  PIDS[$1]=$!
  until_true has_event "$2" started || { cat "$2" && exit 1; }
  HTTP[$1]="127.0.0.1:$(jq -r 'select(.protocol == "http") | .port' "$2")"
}
end_process() {
  kill "-${2:-TERM}" "${PIDS[$1]}" 2>/dev/null || true
  wait "${PIDS[$1]}" 2>/dev/null || true
  unset "PIDS[$1]"
}
end_all() {
  local name
  for name in "${!PIDS[@]}"; do end_process "$name" KILL; done
}

# asked GATE SUBSCRIPTION: the gate's whole answer.
asked() {
  curl -s --max-time 30 -D - -o /dev/null -H "X-Proviso-Subscription: $2" \
    -H 'X-Proviso-Service: storage' -H 'X-Proviso-Operation: PutObject' "http://${HTTP[$1]}/check"
}
says() { [[ "$(asked "$2" "$3")" == "HTTP/1.1 $1 "* ]]; }
# What it said, but for the time.
said() { asked "$1" "$2" | grep -vi '^date:' | sort; }
# What is asked again and again is counted at least once.
counts_shadow() {
  says 204 "$1" "$3" && curl -s "http://${HTTP[$1]}/metrics" |
    grep -E "^proviso_gate_shadow_total\{order=\"$2\"\} [1-9]"
}
shadow_lines() { grep -h '"mode":"shadow"' "$1"/refusals/*.jsonl | grep "$2"; }

# restrict SUBSCRIPTION ARGUMENT...: prints the order's digest; in force.
restrict() {
  local order
  order="$(propose "$@" --json | digest_of)"
  put_in_force . "$order" counsel executive
  echo "$order"
}
propose() {
  proviso order propose --case "$CASE" --scope "$1/storage" --stage export-only --until +30d \
    --term T-SURVEILLANCE --reason reason.txt --key keys/proposer -d data "${@:2}"
}

found() {
  found_folder . 2
  {
    echo '{"kind":"customer","id":"cust-a","name":"A"}'
    echo '{"kind":"unit","id":"unit-a","customer":"cust-a"}'
    echo '{"kind":"agreement","id":"agr-a","customer":"cust-a"}'
    for name in a b c d e f g; do
      jq -nc --arg id "sub-$name" \
        '{kind: "subscription", id: $id, unit: "unit-a", agreement: "agr-a"}'
    done
  } >register.jsonl
  proviso register load register.jsonl -d data >/dev/null
  echo "What was found, and why this." >reason.txt
  proviso report add --source press --about cust-a --file reason.txt -d data >/dev/null
  CASE="$(proviso case list -d data --json | jq -r .id)"
  proviso token new gates --scope gate -d data --json | jq -r .token >gate.token
  proviso gate identity --state north --name north.example --json | jq -r .key >data/gates.keys
  proviso gate identity --state south --name south.example --json | jq -r .key >>data/gates.keys
}

check_refused() {
  SECTION="refused"
  local some="north.example=+1d"
  check "first gates alone" 2 'first-gates needs --everywhere-from' propose sub-a \
    --first-gates "$some"
  check "what is no time" 2 'first-gates: ' propose sub-a --first-gates north=x \
    --everywhere-from +2d
  check "no gates" 2 'GATE\[,GATE' propose sub-a --first-gates +1d --everywhere-from +2d
  check "a roll-out without end" 2 'within 14 days' propose sub-a --everywhere-from +15d
  check "first gates after all others" 2 'must be after' propose sub-a --first-gates "$some" \
    --everywhere-from +1h
  check "a gate twice" 2 'north.example stands twice' propose sub-a --first-gates "$some" \
    north.example=+2d --everywhere-from +3d
  check "an emergency" 2 'begins at once, at every gate' proviso order propose --case "$CASE" \
    --scope sub-a/storage --stage export-only --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d data --everywhere-from +1d --emergency
}

check_shadow() {
  SECTION="shadow"
  SHADOW="$(restrict sub-a --first-gates north.example=+3d --everywhere-from +5d)"
  that "a gate lets it pass, and counts" until_true counts_shadow north "$SHADOW" sub-a
  that "and so does the other" until_true counts_shadow south "$SHADOW" sub-a
  that "who asks is told nothing of it" test -z \
    "$(asked north sub-a | grep -iE 'x-proviso-(effect|order|reason|until|mode)')"
  that "the answer is that of a neighbour" test "$(said north sub-a)" == "$(said north sub-g)"
  that "it is written down" until_true shadow_lines north "$SHADOW"
  check "the order says so in words" 0 'IN SHADOW FIRST' proviso order show "$SHADOW" -d data
  check "and which gates begin" 0 'enforced from .*Z at north.example' \
    proviso order show "$SHADOW" -d data
  check "the barrier claims no more" 0 \
    'south.example: confirmed .* in shadow there: enforced from' \
    proviso gate barrier --order "$SHADOW" --wait 30s -d data
  check "nor at its end" 0 '2 of 2 gates stand on .*; the order is in shadow at 2 of them' \
    proviso gate barrier --order "$SHADOW" --wait 30s -d data
}

check_gate_by_gate() {
  SECTION="gate by gate"
  local order
  order="$(restrict sub-b --first-gates north.example=+5s --everywhere-from +5d)"
  that "the first gate refuses" until_true says 403 north sub-b
  that "the other counts" until_true counts_shadow south "$order" sub-b
  check "the barrier tells them apart" 0 'the order is in shadow at 1 of them' \
    proviso gate barrier --order "$order" --wait 30s -d data
  that "after a restart as well" restarted
  that "the first refuses" until_true says 403 north sub-b
  that "and the other does not" says 204 south sub-b
}
restarted() {
  end_process north KILL
  end_process south KILL
  start_gate north north-again.log
  start_gate south south-again.log
}

# Both are asked each time, so that both count.
both_refuse() {
  local passed=0
  says 403 north "$1" || passed=1
  says 403 south "$1" || passed=1
  [[ "$passed" -eq 0 ]]
}

# One order, first in shadow and then enforced, at both. Where the machine was so slow that its time
# had come before it was there, another one has more time.
check_both() {
  SECTION="everywhere"
  local seconds order name
  for seconds in 8 30 120; do
    name="$(printf 'sub-%s' "$(case $seconds in 8) echo c ;; 30) echo d ;; *) echo e ;; esac)")"
    order="$(restrict "$name" --everywhere-from "+${seconds}s")"
    for ((try = 0; try < 4 * seconds + 1200; try++)); do
      both_refuse "$name" && break
      sleep 0.05
    done
    { shadow_lines north "$order" && shadow_lines south "$order"; } >/dev/null && break
  done
  that "both refuse" says 403 north "$name"
  that "the second too" says 403 south "$name"
  that "the first had counted before" shadow_lines north "$order"
  that "and so had the second" shadow_lines south "$order"
  check "the barrier says so" 0 '2 of 2 gates enforce' \
    proviso gate barrier --order "$order" --wait 30s -d data
}

# The hour that runs, as if it had been the next one: it is signed when the gate starts, and sent.
check_counts() {
  SECTION="counts"
  local running hour
  that "it is counted still" until_true counts_shadow north "$SHADOW" sub-a
  end_process north
  running="$(echo north/counts/*.running)"
  hour="$(date -u -d now+1hour +%Y-%m-%dT%H:00:00Z)"
  sed -E "s/\"hour\":\"[^\"]*\"/\"hour\":\"$hour\"/" "$running" >kept.running
  rm "$running"
  mv kept.running "north/counts/$hour.running"
  start_gate north north-signed.log
  that "the server adds up what gates signed" until_true shown "$SHADOW"
  check "for who reads the order" 0 \
    'At north.example: refused 0, .*would have refused in shadow [1-9]' \
    proviso order show "$SHADOW" -d data
  that "which is no alarm" test "$(jq -s '[.[] | select(.event == "gate_counts_alarm")] | length' \
    server.log)" -eq 0
  check "nor by the snapshot" 0 'only counted in shadow, each of which was in force' \
    proviso gate counts verify north/counts/*.note --trust trust.json --ledger data/ledger \
    --key "$(proviso gate identity --state north --json | jq -r .key)"
}
shown() { proviso order show "$1" -d data --json | jq -e '.at_gates[0].shadow > 0'; }

check_lift() {
  SECTION="lift"
  local lift
  lift="$(proviso order lift "$SHADOW" --reason reason.txt -d data --json | digest_of)"
  put_in_force . "$lift" counsel
  that "one approver ends a shadow (I5)" proviso gate barrier --order "$lift" --wait 30s -d data
  local before
  before="$(shadow_lines south "$SHADOW" | wc -l)"
  that "it passes" says 204 south sub-a
  proviso gate barrier --version 1 -d data >/dev/null
  that "and is counted no more" test "$(shadow_lines south "$SHADOW" | wc -l)" -eq "$before"
}

cd "$TMPDIR"
trap end_all EXIT
found
start_server
start_gate north north.log
start_gate south south.log
until_true has_event north.log snapshot_accepted
check_refused
check_shadow
check_gate_by_gate
check_both
check_counts
check_lift
SECTION="log"
that "no log line names a subscription" test -z "$(cat ./*.log | grep -E 'sub-[a-g]')"
end_checks

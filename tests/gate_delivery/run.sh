#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From the last signature to the gates: a server, two gates that it feeds, and what goes wrong
# between them. Each is the real program; whatever dies is killed with -9.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in tests/lib/found tests/lib/check tests/lib/wait; do
  # shellcheck source=/dev/null
  source "$part.sh"
done

# events LOG NAME: how many there are.
events() { jq -s --arg e "$2" '[.[] | select(.event == $e)] | length' "$1"; }
more_events() { [[ "$(events "$1" "$2")" -gt "$3" ]]; }

# start_server LOG [PORT]: sets SERVER and SERVER_PORT.
start_server() {
  "$PROVISO_BIN/proviso" serve -d data --port "${2:-0}" --scrub-hours 0 >/dev/null 2>"$1" &
  SERVER=$!
  until_true has_event "$1" listening || { cat "$1" && exit 1; }
  SERVER_PORT="$(jq -r 'select(.event == "listening") | .port' "$1")"
}
# start_gate NAME LOG [ARGUMENT...]: its state is NAME/; sets PIDS[NAME] and HTTP[NAME].
declare -A PIDS HTTP
start_gate() {
  "$PROVISO_BIN/proviso" gate serve --server "http://127.0.0.1:$SERVER_PORT" --token-file gate.token \
    --trust trust.json --state "$1" --http 127.0.0.1:0 "${@:3}" >/dev/null 2>"$2" &
  PIDS[$1]=$!
  until_true has_event "$2" started || { cat "$2" && exit 1; }
  HTTP[$1]="127.0.0.1:$(jq -r 'select(.protocol == "http") | .port' "$2")"
}
# end_process PID [SIGNAL]
end_process() {
  kill "-${2:-TERM}" "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null
}
end_all() {
  local pid
  for pid in "${SERVER:-}" "${PIDS[@]}"; do [[ -z "$pid" ]] || end_process "$pid" KILL || true; done
}

# gate_says STATUS GATE SUBSCRIPTION SERVICE
gate_says() {
  [[ "$(curl -s --max-time 30 -o /dev/null -w '%{http_code}' -H "X-Proviso-Subscription: $3" \
    -H "X-Proviso-Service: $4" -H 'X-Proviso-Operation: PutObject' "http://${HTTP[$2]}/check")" \
    == "$1" ]]
}
everywhere() { gate_says "$1" north "$2" "$3" && gate_says "$1" south "$2" "$3"; }

# restrict SUBSCRIPTION/SERVICE: prints the order's digest; in force.
restrict() {
  local order
  order="$(proviso order propose --case "$CASE" --scope "$1" --stage export-only --until +30d \
    --term T-SURVEILLANCE --reason reason.txt --key keys/proposer -d data --json | digest_of)"
  put_in_force . "$order" counsel executive
  echo "$order"
}
# lift ORDER: prints the lift's digest; in force.
lift() {
  local order
  order="$(proviso order lift "$1" --reason reason.txt -d data --json | digest_of)"
  put_in_force . "$order" counsel
  echo "$order"
}

found() {
  found_folder . 2
  cat >register.jsonl <<'LINES'
{"kind":"customer","id":"cust-a","name":"A"}
{"kind":"unit","id":"unit-a","customer":"cust-a"}
{"kind":"agreement","id":"agr-a","customer":"cust-a"}
{"kind":"subscription","id":"sub-a","unit":"unit-a","agreement":"agr-a"}
{"kind":"subscription","id":"sub-b","unit":"unit-a","agreement":"agr-a"}
LINES
  proviso register load register.jsonl -d data >/dev/null
  echo "What was found, and why this." >reason.txt
  proviso report add --source press --about cust-a --file reason.txt -d data >/dev/null
  CASE="$(proviso case list -d data --json | jq -r .id)"
  proviso token new gates --scope gate -d data --json | jq -r .token >gate.token
  proviso gate identity --state north --name north.example --json | jq -r .key >data/gates.keys
  proviso gate identity --state south --name south.example --json | jq -r .key >>data/gates.keys
}

check_delivery() {
  SECTION="delivery"
  FIRST="$(restrict sub-a/storage)"
  that "an order is enforced by every gate" until_true everywhere 403 sub-a storage
  that "and by none for the neighbour" everywhere 204 sub-b storage
  that "nor in another service" everywhere 204 sub-a speech
  check "the barrier says that all confirmed it" 0 '2 of 2 gates enforce' \
    proviso gate barrier --order "$FIRST" --wait 30s -d data
  check "which can go on record in its case" 0 '2 of 2' \
    proviso gate barrier --order "$FIRST" --record -d data
  check "a version that nobody has is not confirmed" 3 'NOT CONFIRMED: it stands on' \
    proviso gate barrier --version 99999 -d data
  that "it came as a delta" has_event north.log delta_accepted
  local lifted
  lifted="$(lift "$FIRST")"
  that "a lift is in force everywhere" until_true everywhere 204 sub-a storage
  check "and confirmed" 0 '2 of 2 gates' proviso gate barrier --order "$lifted" --wait 30s -d data
}

check_server_gone() {
  SECTION="server gone"
  SECOND="$(restrict sub-a/storage)"
  that "while it is there" until_true everywhere 403 sub-a storage
  end_process "$SERVER" KILL || true
  that "the gates notice" until_true has_event north.log server_lost
  that "and go on" everywhere 403 sub-a storage
  lift "$SECOND" >/dev/null
  that "what is decided meanwhile is not known to them" everywhere 403 sub-a storage
  end_process "${PIDS[south]}" KILL || true
  start_gate south south2.log
  that "a gate that is started again has what it kept" gate_says 403 south sub-a storage
  start_server server2.log "$SERVER_PORT"
  that "they come back by themselves, and have the lift" until_true everywhere 204 sub-a storage
  that "by a delta" has_event south2.log delta_accepted
  that "not by the whole" test "$(events south2.log snapshot_accepted)" -eq 0
}

check_gate_gone() {
  SECTION="gate gone"
  end_process "${PIDS[south]}" KILL || true
  that "the server notices" until_true has_event server2.log gate_gone
  local order
  order="$(restrict sub-b/storage)"
  that "the other gate has the order" until_true gate_says 403 north sub-b storage
  check "the barrier names who has not" 3 'south.example: NOT CONFIRMED: it stands on' \
    proviso gate barrier --order "$order" --wait 2s -d data
  check "which is counted" 0 '^proviso_gates_behind 1' \
    curl -s "http://127.0.0.1:$SERVER_PORT/metrics"
  start_gate south south3.log
  that "it converges when it is back (I13)" until_true gate_says 403 south sub-b storage
  check "and the barrier is reached" 0 '2 of 2' \
    proviso gate barrier --order "$order" --wait 30s -d data
}

check_bypassed() {
  SECTION="bypass"
  proviso gate bypass --state north --for 1h --reason drill >/dev/null
  that "the server hears of it" until_true has_event server2.log gate_mode
  check "and the barrier does not count such a gate" 3 'it enforces nothing: bypass' \
    proviso gate barrier --version 1 -d data
  proviso gate bypass --state north --end >/dev/null
  check "until it enforces again" 0 '2 of 2' proviso gate barrier --version 1 --wait 30s -d data
}

check_strangers() {
  SECTION="strangers"
  local url="http://127.0.0.1:$SERVER_PORT/gates/stream" other
  other="$(proviso token new m --scope metrics -d data --json | jq -r .token)"
  check "nobody without a token" 0 '^401$' curl -s -o /dev/null -w '%{http_code}' "$url"
  check "no token of another kind" 0 '^403$' curl -s -o /dev/null -w '%{http_code}' \
    -H "Authorization: Bearer $other" "$url"
  check "nothing but a WebSocket" 0 '^426$' curl -s -o /dev/null -w '%{http_code}' \
    -H "Authorization: Bearer $(cat gate.token)" "$url"
  proviso gate identity --state stranger --name stranger.example >/dev/null
  start_gate stranger stranger.log
  that "no gate whose key is not entered" until_true has_event stranger.log server_refuses
  that "which is told" has_event server2.log gate_turned_away
  end_process "${PIDS[stranger]}" || true
  check "no gate without a name" 2 'proviso gate identity' proviso gate serve --trust trust.json \
    --server "http://127.0.0.1:1" --state nameless --http 127.0.0.1:0
  check "no plain text to another machine" 2 'use https' proviso gate serve --trust trust.json \
    --server "http://192.0.2.1" --state north --http 127.0.0.1:0
}

cd "$TMPDIR"
trap end_all EXIT
found
start_server server.log
start_gate north north.log
start_gate south south.log
until_true has_event north.log snapshot_accepted
check_delivery
check_server_gone
check_gate_gone
check_bypassed
check_strangers
SECTION="stopped"
end_process "$SERVER" && that "the server ends well with gates connected" true
end_process "${PIDS[north]}" && that "and so does a gate" true
that "no log line names a subscription" test -z "$(cat ./*.log | grep -E 'sub-[ab]')"
end_checks

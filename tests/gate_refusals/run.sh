#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a gate refuses is written down, counted and signed; judged again it gives the same answer;
# and a cut that is not in the ledger is an alarm. With the world that README.md founds.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in tools/dev/say tests/lib/found tests/lib/check tests/lib/wait; do
  # shellcheck source=/dev/null
  source "$part.sh"
done
PATH="$PROVISO_BIN:$PATH"
GATE=""

# start_gate LOG ARGUMENT...: sets GATE and HTTP.
start_gate() {
  local log="$1"
  "$PROVISO_BIN/proviso" gate serve --snapshot gate.snapshot --trust trust.json --state gate-state \
    --http 127.0.0.1:0 "${@:2}" >/dev/null 2>"$log" &
  GATE=$!
  until_true has_event "$log" started || { echo "not ok - the gate did not start" && exit 1; }
  HTTP="127.0.0.1:$(jq -r 'select(.protocol == "http") | .port' "$log")"
}
stop_gate() {
  kill "-${1:-TERM}" "$GATE" 2>/dev/null || true
  wait "$GATE" 2>/dev/null || true
  GATE=""
}
end_all() { [[ -z "$GATE" ]] || stop_gate KILL; }

# ask SUBSCRIPTION OPERATION: the status of the gate's answer.
ask() {
  curl -s --max-time 30 -o /dev/null -w '%{http_code}' -H "X-Proviso-Subscription: $1" \
    -H 'X-Proviso-Service: storage' -H "X-Proviso-Operation: $2" "http://$HTTP/check"
}
says() { [[ "$(ask "${@:2}")" == "$1" ]]; }
refused_lines() { cat gate-state/refusals/*.jsonl; }
has_lines() { [[ "$(refused_lines | wc -l)" -eq "$1" ]]; }
mode_of() { stat -c %a "$1"; }
replay() {
  proviso gate replay --refusals "${1:-gate-state/refusals}" --snapshot gate.snapshot \
    --trust trust.json "${@:2}"
}
# counts FILE ARGUMENT...: what the provider says of it.
counts() { proviso gate counts verify "$1" --key "$KEY" "${@:2}"; }
in_ledger() { counts "$1" --trust trust.json --ledger data/ledger "${@:2}"; }

# The counts of the hour that runs, as if it had been another one, with what else `sed` is told;
# then the gate is started and signs them, since that hour is over. Sets SIGNED.
sign_as_of() {
  local hour running
  hour="$(date -u -d "$1" +%Y-%m-%dT%H:00:00Z)"
  running="$(echo gate-state/counts/*.running)"
  cp "$running" kept.running
  sed -E "s/\"hour\":\"[^\"]*\"/\"hour\":\"$hour\"/${2:+; $2}" kept.running \
    >"gate-state/counts/$hour.running"
  rm "$running"
  start_gate again.log
  stop_gate
  SIGNED="gate-state/counts/$hour-0001.note"
  [[ -f "$SIGNED" ]] || { echo "not ok - $hour was not signed" && exit 1; }
  mv "$SIGNED" "$3" && SIGNED="$3"
}

check_lines() {
  SECTION="lines"
  that "the named subscription is refused" says 403 sub-a PutObject
  that "also for reading" says 403 sub-a GetObject
  that "its neighbour is not" says 204 sub-b PutObject
  that "what is refused is written down" until_true has_lines 2
  check "with the order" 0 "\"order\":\"$(cat order.digest)\"" refused_lines
  that "and nothing of who was let through" test -z "$(refused_lines | grep sub-b)"
  check "for its owner alone" 0 '^700$' mode_of gate-state/refusals
  check "in figures, by order" 0 \
    "refusals_total\{order=\"$(cat order.digest)\",outcome=\"refused\"\} 2" \
    curl -s "http://$HTTP/metrics"
  check "in the status" 0 '"gate":"gate-eu-1.example".*"recorded":2' curl -s "http://$HTTP/status"
}

check_bypass() {
  SECTION="bypass"
  proviso gate bypass --state gate-state --for 1h --reason drill >/dev/null
  that "all pass" until_true says 204 sub-a PutObject
  that "and it is written down" until_true grep -q '"mode":"bypass"' gate-state/refusals/*.jsonl
  proviso gate bypass --state gate-state --end >/dev/null
  that "until it ends" until_true says 403 sub-a PutObject
}

check_replay() {
  SECTION="replay"
  # Nobody asks any more: what is written does not grow while it is read.
  stop_gate
  check "the same answers" 0 "snapshot .*: $(refused_lines | wc -l) agree, 0 differ" replay
  refused_lines | sed 's/sub-a/sub-b/' >doctored.jsonl
  check "a doctored record is told" 3 'DIFFERS: doctored.jsonl: line 1: recorded refused .*let' \
    replay doctored.jsonl
  check "in JSON" 3 '"ok":false' replay doctored.jsonl --json
  echo nonsense >nonsense.jsonl
  check "and what is no record" 3 '1 can.t be read' replay nonsense.jsonl
  check "no such file" 2 'none.jsonl' replay none.jsonl
}

check_counts() {
  SECTION="counts"
  local refused
  # Less the two of the running minute in which the gate was killed.
  refused="$(($(refused_lines | jq -s 'map(select(.mode == "enforce")) | length') - 2))"
  sign_as_of now+1hour "" good.note
  check "an order stands behind each" 0 "$refused refused.*each of which was in force" \
    in_ledger good.note
  check "by the snapshot as well" 0 'each of which was in force' \
    counts good.note --trust trust.json --snapshot gate.snapshot
  check "by both" 0 'each of which was in force' in_ledger good.note --snapshot gate.snapshot
  check "a signature alone says less" 0 'was not asked' counts good.note
  that "no subscription stands in it" test -z "$(grep 'sub-' good.note)"
  sed 's/"refused":[1-9][0-9]*/"refused":1/' good.note >changed.note
  check "a changed figure" 3 'ALARM: changed.note: signature' in_ledger changed.note
  check "another gate's key" 3 'ALARM: good.note: signature' proviso gate counts verify good.note \
    --key "$(proviso gate identity --state other --name gate-2 --json | jq -r .key)"
  check "no counts" 2 'order.digest' counts order.digest
  check "a trust file alone" 2 'goes with --ledger' counts good.note --trust trust.json
}

# The gate that made them up signed them: the provider finds it all the same.
check_alarms() {
  SECTION="alarms"
  local made_up
  made_up="$(printf 'f%.0s' {1..64})"
  stop_gate
  cp kept.running "gate-state/counts/$(date -u +%Y-%m-%dT%H:00:00Z).running"
  sign_as_of now+1hour "s/$(cat order.digest)/$made_up/" made-up.note
  check "an order that the ledger does not know" 3 'ALARM: .*unknown-order.*not in the ledger' \
    in_ledger made-up.note
  cp kept.running "gate-state/counts/$(date -u +%Y-%m-%dT%H:00:00Z).running"
  sign_as_of now-3hours "" early.note
  check "an order before it was in force" 3 'ALARM: .*not-in-force' in_ledger early.note
  cp kept.running "gate-state/counts/$(date -u +%Y-%m-%dT%H:00:00Z).running"
  sign_as_of now+1hour 's/("without_order":\{[^}]*"refused":)0/\17/' bare.note
  check "refusals without an order" 3 'ALARM: .*without-order: 7 requests' in_ledger bare.note
  check "also for who knows no ledger" 3 'without-order' counts bare.note
  check "in JSON" 3 '"error_class":"without-order".*"ok":false' in_ledger bare.note --json
}

cd "$TMPDIR"
sed -n '/<!-- GATE:BEGIN/,/<!-- GATE:END/p' "$ROOT/README.md" | sed '/^<!--/d; /^```/d' >steps.sh
trap end_all EXIT
bash -euo pipefail steps.sh >steps.log 2>&1 </dev/null || { cat steps.log && exit 1; }
# An hour that ends meanwhile would be signed, and another one begun.
while ((10#$(date -u +%M) > 57)); do sleep 1; done
KEY="$(proviso gate identity --state gate-state --name gate-eu-1.example --json | jq -r .key)"
start_gate gate.log
check_lines
SECTION="killed"
stop_gate KILL
that "a kill loses no line that was written" has_lines 2
start_gate killed.log
check_bypass
check_replay
check_counts
check_alarms
SECTION="log"
that "no log line names a subscription" test -z "$(cat ./*.log | grep -E '"event".*sub-[ab]')"
end_checks

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Records out of order, over several runs of review. Within the bound of their source any order
# gives what one sorted run gives; beyond it they are counted and shown as late.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"
# shellcheck source=tests/lib/expect.sh
source "$HERE/../lib/expect.sh"
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
# fresh [FORMAT MINUTES]...: an empty data folder; the bounds of these formats.
fresh() {
  rm -rf d && cp -r f/data d
  [[ $# -eq 0 ]] && return
  echo "[intake.lateness_minutes_of]" >>d/proviso.toml
  while [[ $# -gt 0 ]]; do
    echo "$1 = $2" >>d/proviso.toml
    shift 2
  done
}
review() { expect "review $*" 0 "$(proviso review -d d "$@" --json >review.json && echo 0)"; }
# What was found, whatever the ids: rule, group, span and figures of each signal; and the cases.
found() {
  local columns="json_object('d', json(document), 'f', json(figures))"
  sqlite3 d/store.sqlite "SELECT $columns FROM signals" |
    jq -cS '[.d.rule, .d.group, (.f | .from, .to, .firings, .value_first, .value_last,
      .value_peak)]' | sort
  proviso case list -d d --json | jq -cS '[.customer, .state]' | sort
}

# usage MINUTE, trail MINUTE: a record of that minute of the day. Never at the same time: then their
# order is that of arrival.
at() { printf '2026-03-02T%02d:%02d:%02dZ' $(($1 / 60)) $(($1 % 60)) "$2"; }
usage() {
  printf '{"specversion":"1.0","type":"com.proviso.usage.v1","id":"u%d","time":"%s",' \
    "$1" "$(at "$1" 0)"
  printf '"data":{"subscription":"sub-a","service":"storage","operation":"Put","count":%d}}\n' \
    $((1 + $1 / 7 % 7))
}
trail() {
  printf '{"eventVersion":"1.08","eventID":"t%d","eventTime":"%s","eventSource":"iam",' \
    "$1" "$(at "$1" 30)"
  printf '"eventName":"List","awsRegion":"eu","recipientAccountId":"sub-a"}\n'
}
# records KIND FROM TO STEP
records() {
  local minute
  for ((minute = $2; minute < $3; minute += $4)); do "$1" "$minute"; done
}

cat >rules.yml <<'RULES'
title: Put
name: put
logsource: {product: proviso, service: usage}
detection: {s: {service: storage}, condition: s}
proviso: {terms: [T-SURVEILLANCE]}
---
title: List
name: list
logsource: {product: proviso, service: usage}
detection: {s: {service: iam}, condition: s}
proviso: {terms: [T-SURVEILLANCE]}
---
title: Many puts
id: 11111111-2222-4333-8444-555555555601
correlation:
  {type: event_count, rules: [put], group-by: [subscription], timespan: 30m, condition: {gte: 22}}
proviso: {terms: [T-SURVEILLANCE]}
---
title: Exactly so many lists
id: 11111111-2222-4333-8444-555555555602
correlation:
  {type: event_count, rules: [list], group-by: [subscription], timespan: 25m, condition: {eq: 3}}
proviso: {terms: [T-SURVEILLANCE]}
---
title: Put, then list
id: 11111111-2222-4333-8444-555555555603
correlation:
  {type: temporal_ordered, rules: [put, list], group-by: [subscription], timespan: 4m}
proviso: {terms: [T-SURVEILLANCE]}
---
title: Put, then list, once in four hours
id: 11111111-2222-4333-8444-555555555604
correlation:
  {type: temporal_ordered, rules: [put, list], group-by: [subscription], timespan: 4m}
proviso: {terms: [T-SURVEILLANCE], quiet: 4h}
RULES
found_folder f 2
mkdir rules && mv rules.yml rules/
echo "For the test." >reason.txt
put_in_force f "$(proviso change propose rulebook rules --key f/keys/proposer --reason reason.txt \
  -d f/data --json | digest_of)" counsel executive
rm f/data/rulebook/*.yml && cp rules/*.yml f/data/rulebook/
cat >register.jsonl <<'REGISTER'
{"kind":"customer","id":"c","name":"n"}
{"kind":"unit","id":"u","customer":"c"}
{"kind":"agreement","id":"a","customer":"c"}
{"kind":"subscription","id":"sub-a","unit":"u","agreement":"a"}
REGISTER
proviso register load register.jsonl -d f/data >/dev/null

records usage 0 360 7 >usage.jsonl
records trail 3 360 11 >trail.jsonl

# One source: what comes 50 minutes behind its newest, in the next run.
fresh
review usage.jsonl
found >one-run
[[ "$(wc -l <one-run)" -ge 2 ]] || expect "there is something to find" "2 lines" "$(cat one-run)"
(records usage 0 190 7 && records usage 224 240 7) >first.jsonl # 231 and 238 come early
usage 245 >>first.jsonl
(records usage 224 196 7 && records usage 196 224 7 && records usage 252 360 7) >second.jsonl
fresh
review first.jsonl
review second.jsonl
expect "one source, two runs: nothing is late" 0 "$(jq .late review.json)"
expect "and all is as in one sorted run" "$(cat one-run)" "$(found)"

# Two sources: one lies far behind the other, but keeps to its own order.
fresh
review usage.jsonl trail.jsonl
found >both
expect "all four rules say something" 4 "$(cut -d, -f1 both | grep 5555 | sort -u | wc -l)"
expect "one signal while it must be quiet, across runs too" 1 "$(grep -c 5604 both)"
head -n 1 usage.jsonl >u0 && head -n 1 trail.jsonl >t0
head -n 16 trail.jsonl | tail -n +2 | tac >t1 # 2 h 40 in reverse: within a bound of 180 minutes
tail -n +17 trail.jsonl >t2
for order in "u t1 t2" "t1 u t2" "u,t1 t2" "t1 t2 u"; do
  fresh aws-cloudtrail 180
  review u0 t0
  late=0
  tail -n +2 usage.jsonl >u
  for run in $order; do
    IFS=, read -ra inputs <<<"$run"
    review "${inputs[@]}"
    late=$((late + $(jq .late review.json)))
  done
  expect "two sources, runs $order: nothing is late" 0 "$late"
  expect "and all is as in one sorted run" "$(cat both)" "$(found)"
done
for id in $(proviso signal list -d d --json | jq -r .signal); do
  proviso signal show "$id" -d d --json >shown
  proviso signal reproduce "$id" u0 t0 t1 t2 u -d d --json 2>/dev/null | cmp -s - shown ||
    expect "signal $id is reproduced" "the same bytes" "others"
done

# Beyond the bound: counted, and shown by source.
head -n 20 trail.jsonl >t1
trail 101 >t2
for bound in 30 120; do
  fresh aws-cloudtrail "$bound"
  review t1
  review t2
  wanted="[1,{\"aws-cloudtrail\":1}]"
  [[ "$bound" -gt 111 ]] && wanted='[0,{}]'
  expect "111 minutes late under a bound of $bound" "$wanted" \
    "$(jq -c '[.late,.late_of]' review.json)"
done
fresh aws-cloudtrail 30
review t1
expect "and in words" "  1 events of aws-cloudtrail came later than its bound (lateness_minutes)" \
  "$(proviso review t2 -d d | grep bound)"

fresh aws-cloudtrial 30
expect "a source without a field policy is refused" 2 \
  "$(proviso review t1 -d d 2>err >&2 || echo $?)"
grep -q 'lateness_minutes_of names "aws-cloudtrial"' err || expect "by its name" "it" "$(cat err)"
end_expects

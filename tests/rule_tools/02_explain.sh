# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# rules explain: sourced by run.sh.

RULE="$ROOT/tests/rule_tools/failed_sign_ins.yml"
NEAR=near_misses.jsonl
# Without those whom the shipped rule passes by for their other sign-ins: this one does not look.
grep -ve attacked-app -e old-tokens \
  "$ROOT/tests/scenarios/rulebook/credential-stuffing/$NEAR" >"$NEAR"
lacks() { ! grep -q -- "$1" <<<"$OUT"; }
# sign_ins ID COUNT MINUTE STATUS
sign_ins() {
  jq -nc --arg id "$1" --argjson count "$2" --arg minute "$3" --arg status "$4" \
    '{specversion: "1.0", id: $id, source: "urn:example", type: "com.proviso.usage.v1",
      time: "2026-03-01T10:\($minute):00Z", data: {subscription: "sub-a", service: "identity",
      operation: "SignIn", status: $status, count: $count}}'
}
LOG=sign-ins.jsonl
{ sign_ins 1 150000 10 denied && sign_ins 2 60000 20 success && sign_ins 3 60000 30 denied; } >$LOG

check "the event at which a correlation holds" 0 '^  ✓ ' \
  proviso rules explain --rules "$RULE" "$LOG" --line 3
check "its figure stands beside what it needs" 0 \
  'event_count subscription=sub-a: 210000 in .*10:10:00Z to .*, needs gte 200000: holds' \
  proviso rules explain --rules "$RULE" "$LOG" --line 3
check "before that, how far away it is" 0 'needs gte 200000: 50000 away$' \
  proviso rules explain --rules "$RULE" "$LOG" --line 1
check "an event that is no hit says so, and which part of it fails" 0 \
  '✗ status equal .denied.   is "success"' proviso rules explain --rules "$RULE" "$LOG" --line 2
that "there is no figure at it" grep -q 'no hit: ' <<<"$OUT"
check "near misses never hold" 0 '^  ✗ ' \
  proviso rules explain --rules "$RULE" "$NEAR" --first 100000
that "not one" lacks '^  ✓'
check "as JSON" 0 '.' proviso rules explain --rules "$RULE" "$LOG" --line 1 --json
json "with rule, figure, distance and the tree of each part" '.line == 1 and
  (.rules | length == 1) and (.rules[0] | .holds == false and
  (.figures[0] | .type == "event_count" and .distance == "50000" and .holds == false) and
  (.of[0].tree | .holds and (.children | length) > 1))'
check "one rule by its name" 0 '"title":"' \
  proviso rules explain --rules "$ROOT/rulebook" --rule mass-mail "$LOG" --line 1 --json
json "and only it" '[.rules[].title] | length == 1 and (.[0] | test("[Mm]ail"))'
check "no such rule" 2 '^error: --rule: ' \
  proviso rules explain --rules "$RULE" --rule nobody "$LOG" --line 1
check "no such line" 2 'no usage event there' \
  proviso rules explain --rules "$RULE" "$LOG" --line 100000
check "no such log" 2 'absent' proviso rules explain --rules "$RULE" absent --line 1
check "the first events without --line" 0 '.' \
  proviso rules explain --rules "$RULE" "$LOG" --first 2 --json
that "so many" test "$(wc -l <<<"$OUT")" -eq 2

# I1: what the policy drops does not exist, and the tree says why there is nothing.
cat >dropped.yml <<'RULE'
title: Reads what the policy drops
logsource: {product: proviso, service: usage}
detection:
  one: {data.customer_note|contains: SECRET}
  condition: one
RULE
head -n 1 "$LOG" | jq -c '.data.customer_note = "a SECRET"' >note.jsonl
check "a dropped field is said to be dropped" 0 'dropped by the field policy, I1' \
  proviso rules explain --rules dropped.yml note.jsonl --line 1
that "and its value is not there" lacks 'a SECRET'

REG="$ROOT/tests/scenarios/rulebook/tokens-beyond-declared"
check "with a register the declared use is known" 0 'declared_ratio.tokens gt 0   is [0-9.]+' \
  proviso rules explain --rules "$ROOT/rulebook/tokens-beyond-declared.yml" \
  --register "$REG/register.jsonl" "$REG/fires.jsonl" --line 1
check "without it nothing is" 0 'declared_ratio.tokens gt 0   \(missing\)' \
  proviso rules explain --rules "$ROOT/rulebook/tokens-beyond-declared.yml" \
  "$REG/fires.jsonl" --line 1

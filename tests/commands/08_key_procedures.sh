# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034  # the commands of the page use what is set here
# The commands of docs/keys.md, as they stand there, and what they promise: sourced by run.sh.

# block NAME: the commands after `<!-- run: NAME -->`.
block() {
  awk -v name="<!-- run: $1 -->" '
    $0 == name { found = 1; next }
    found && /^```sh$/ { inside = 1; next }
    inside && /^```$/ { exit }
    inside' "$ROOT/docs/keys.md"
}
# run_block NAME WHAT REGEX: they do what the page says.
run_block() {
  block "$1" >"$1.sh"
  that "docs/keys.md has $1" test -s "$1.sh"
  check "docs/keys.md: $2" 0 "$3" run_file "$1.sh"
}
run_file() {
  set -e
  # shellcheck source=/dev/null
  source "./$1"
}
# decided PERSON...: the order that OUT names, by these people.
decided() {
  local order
  order="$(grep -oE '[0-9a-f]{64}' <<<"$OUT" | tail -n 1)"
  put_in_force . "$order" "$@"
  that "and it is in force by $*" test "$(proviso order show "$order" -d data --json |
    jq -r .state)" = in_force
}
# id_of NAME: of the key in keys/NAME.
id_of() {
  proviso order sign any.json --key "keys/$1" --out any.sig --json </dev/null | jq -r .key
}
effect_at() {
  proviso gate snapshot --out now.snapshot -d data >/dev/null
  proviso gate check --snapshot now.snapshot --trust trust.json --subscription "$SUB" \
    --service storage --operation GetObject --at "$1" --json | jq -r .effect
}

# An order with a stage to come, by counsel and executive.
STAGED="$(proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
  --key keys/proposer --scope "$SUB/storage" --stage read-only export-only@+2d --until +30d \
  -d data --json | digest_of)"
proviso order export "$STAGED" --out any.json -d data
ORDER="$STAGED"
run_block approve "an approval" 'approved: 1 of 2'
put_in_force . "$STAGED" executive
that "the second stage is to come" test "$(effect_at +3d)" = export-only

make_key . new
cp keys/new.pub .
run_block comes "somebody comes" 'proposed roster order'
decided counsel director
make_key . spare
cp keys/spare.pub .

OLD="$(id_of director)"
run_block rotation "a key is replaced" 'proposed roster order'
decided counsel executive
that "by the same person, in the same place" test "$(proviso roster list -d data --json |
  jq '.roster | length')" = 6
proviso change propose catalogue data/catalogue.json --key keys/proposer -d data --json >proposed
waits="$(digest_of <proposed)"
check "the old key counts nothing" 2 'unknown or revoked' sign_and_approve . "$waits" director
check "the new one does" 0 '"approvals":1' sign_and_approve . "$waits" director-2

STOLEN="$(id_of executive)"
run_block stolen "a stolen key is taken off" 'proposed roster order'
that "until that is in force it counts" test "$(effect_at +3d)" = export-only
decided counsel director-2
that "a stage that has begun goes on (I10)" test "$(effect_at +1d)" = read-only
that "one that has not, does not begin (I10)" test "$(effect_at +3d)" = read-only
that "the end is the end" test "$(effect_at +31d)" = allow
check "and the log is valid" 0 '^valid' proviso verify data/ledger --trust trust.json

PERSON="$(proviso roster list -d data --json | jq -r '.roster[] | select(.outside) | .person')"
run_block leaves "somebody leaves" 'proposed roster order'
decided counsel director-2
that "with all their keys" test "$(proviso roster list -d data --json |
  jq '[.roster[] | select(.outside)] | length')" = 0

KEY="$(proviso roster list -d data --json |
  jq -r '[.roster[] | select(.role == "approver" and (.on_call | not))][0].key')"
run_block on-call "somebody else is on call" 'proposed roster order'
decided counsel director-2
that "and counts in an emergency" test "$(proviso roster list -d data --json |
  jq '[.roster[] | select(.on_call)] | length')" = 2

# Two changes beside each other: the second would bring back what the first took off.
adds="$(proviso roster add spare.pub --role approver --key keys/proposer -d data --json |
  digest_of)"
removes="$(proviso roster remove "$(id_of new)" --key keys/proposer -d data --json | digest_of)"
proposed="$(date +%s)"
until [[ "$(date +%s)" -gt "$proposed" ]]; do sleep 0.05; done  # orders tell time in seconds
put_in_force . "$removes" counsel director-2
check "a roster that was overtaken" 2 'another roster order came into force' \
  sign_and_approve . "$adds" counsel
jq -n '[]' >none.json
check "a roster of nobody" 2 '0 approvers' \
  proviso change propose roster none.json --key keys/proposer -d data

jq -n '{restrict: 2, lift: 2, roster: 2, policy: 2, catalogue: 2, "field-policy": 2, rulebook: 2,
  terms: 2}' >policy.json
run_block policy "another policy" 'proposed policy order'
decided counsel director-2
that "holds" test "$(proviso roster list -d data --json | jq .policy.lift)" = 2

run_block log-key "a new log" 'founding is sealed'
check "the old trust file does not fit it" 3 'NOT VALID' \
  proviso verify next/ledger --trust trust.json
check "the new one does" 0 '^valid' proviso verify next/ledger --trust next-trust.json

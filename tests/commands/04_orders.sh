# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# order, change: sourced by run.sh.

# try ARGUMENT...: a proposal about the case, by the proposer.
try() {
  proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d data "$@"
}
plain=(--scope "$SUB/storage" --stage export-only --until +30d)

check "order propose" 0 'needs 2 approvals' try "${plain[@]}"
check "order propose --json" 0 '.' try "${plain[@]}" --json
json "has the digest" '.digest | test("^[0-9a-f]{64}$")'
order="$(jq -r .digest <<<"$OUT")"
check "the case is proposed" 0 '"state":"proposed"' proviso case list -d data --json
check "deny closes the export: one more approval" 0 'needs 3 approvals.*I6' \
  try --scope "$SUB/storage" --stage deny --until +30d
check "deny of one class does not" 0 'needs 2 approvals' \
  try --scope "$SUB/storage:write" --stage deny --until +30d
check "region, class and resource in one line" 0 'proposed order' \
  try --scope "$SUB/storage@eu-central-1:write#bucket-1" --stage read-only --until +30d
check "several lines, stages, and a review date" 0 'proposed order' \
  try --scope "$SUB/storage" "$SUB/speech" --stage throttle=10/s read-only@+1d export-only@+2d \
  --review +90d --origin report
check "a stage by date" 0 'proposed order' try --scope "$SUB/storage" \
  --stage "read-only@$(date -u -d '+2 days' +%Y-%m-%dT00:00:00Z)" --until +30d

refuse() {
  local name="$1" regex="$2"
  shift 2
  check "$name" 2 "$regex" try "$@"
}
ends=(--stage export-only --until +30d)
refuse "no scope" 'scope' "${ends[@]}"
refuse "an empty scope" 'scope' --scope "" "${ends[@]}"
refuse "a scope without a service" 'SUB/SERVICE' --scope "$SUB" "${ends[@]}"
refuse "an unknown subscription" 'no such subscription \(I3\)' --scope sub-none/storage "${ends[@]}"
refuse "an unknown service" 'I3' --scope "$SUB/none" "${ends[@]}"
refuse "another customer's subscription" 'case.s customer \(I3\)' \
  --scope sub-hospital-wards/storage "${ends[@]}"
refuse "a line twice" 'twice \(I3\)' --scope "$SUB/storage" "$SUB/storage" "${ends[@]}"
refuse "a wildcard for the service" 'wildcard.*I3' --scope "$SUB/*" "${ends[@]}"
refuse "a wildcard for the subscription" 'wildcard.*I3' --scope "*/storage" "${ends[@]}"
refuse "a wildcard in a name" 'wildcard.*I3' --scope "sub-public*/storage" "${ends[@]}"
refuse "a wildcard for the region" 'wildcard.*I3' --scope "$SUB/storage@*" "${ends[@]}"
refuse "a region that nobody ever used" 'never used the service in that region \(I3' \
  --scope "$SUB/storage@eu-nowhere-1" "${ends[@]}"
refuse "an unknown class" 'action class' --scope "$SUB/storage:eat" "${ends[@]}"
refuse "no end" 'I5' --scope "$SUB/storage" --stage export-only
refuse "end and review date" 'exactly one.*I5' "${plain[@]}" --review +90d
refuse "a suspension of 181 days" '180 days.*I5' --scope "$SUB/storage" --stage deny --until +181d
refuse "a review after two years" '366 days.*I5' --scope "$SUB/storage" --stage deny --review +700d
refuse "an unknown effect" 'not an effect' --scope "$SUB/storage" --stage freeze --until +30d
refuse "a throttle without a rate" 'not an effect' \
  --scope "$SUB/storage" --stage throttle --until +30d
refuse "stages that fall in time" 'rise in time' \
  --scope "$SUB/storage" --stage read-only@+2d deny@+1d --until +30d
refuse "a stage in the past" 'stage: .*lies in the past' \
  --scope "$SUB/storage" --stage deny@2020-01-01T00:00:00Z --until +30d
refuse "an end in the past" 'until: .*I5' \
  --scope "$SUB/storage" --stage deny --until 2020-01-01T00:00:00Z
refuse "an authority without instrument" 'I15' "${plain[@]}" --origin authority --country XX
check "an unknown term" 2 'term' proviso order propose --case "$CASE" --term T-NONE \
  --reason reason.txt --key keys/proposer -d data "${plain[@]}"
check "a term twice" 2 'term: stands twice' proviso order propose --case "$CASE" \
  --term T-SURVEILLANCE T-SURVEILLANCE --reason reason.txt --key keys/proposer -d data "${plain[@]}"
check "a term that the case is not about" 2 'other terms, of group surveillance' \
  proviso order propose --case "$CASE" --term T-BULK-MAIL --reason reason.txt --key keys/proposer \
  -d data "${plain[@]}"
refuse "a country without an authority" 'who asked.*I15' "${plain[@]}" --country XX
refuse "a country of other letters" 'two capital letters' "${plain[@]}" --origin court \
  --country x1 --instrument reason.txt
refuse "an end that is no time" 'until: ' --scope "$SUB/storage" --stage deny --until tomorrow
check "no such case" 2 'no such case' proviso order propose --case nope --term T-SURVEILLANCE \
  --reason reason.txt --key keys/proposer -d data "${plain[@]}"
make_key . stranger
check "a proposer who is not on the roster" 2 'I2' proviso order propose --case "$CASE" \
  --term T-SURVEILLANCE --reason reason.txt --key keys/stranger -d data "${plain[@]}"

check "order show" 0 '0 of 2 approvals' proviso order show "$order" -d data
check "order show --json" 0 '.' proviso order show "$order" -d data --json
json "has order, state, reason, approvals" \
  '.state == "proposed" and .order.kind == "restrict" and (.reason | length > 0) and
    .approvals == []'
check "order preview" 0 "$SUB/storage: [0-9]+ requests refused" \
  proviso order preview "$order" -d data
check "the sister is untouched" 0 "$SISTER/security: untouched" \
  proviso order preview "$order" -d data
looks() { sqlite3 data/store.sqlite \
  "SELECT count(*) FROM outbox WHERE kind='usage-looked-at' AND ledger_index IS NOT NULL"; }
before="$(looks)"
check "order preview again" 0 'requests refused' proviso order preview "$order" -d data
that "each look is an entry (I14)" test "$(looks)" = "$((before + 1))"
cp -a data blind && rm -rf blind/ledger/frames/*
check "without an entry no look (I14)" '[12]' '^error: ' proviso order preview "$order" -d blind
that "and nothing of the usage is shown" test -z "$(grep 'requests' <<<"$OUT")"
check "order export --not-affected" 0 "\"services\":\[.*$SISTER/security" \
  proviso order export "$order" --not-affected -d data
check "order preview --json" 0 '"untouched":\[' proviso order preview "$order" -d data --json
check "no such order" 2 'no order with this digest' proviso order show "${order//[0-9]/b}" -d data
check "not a digest" 2 '64 hexadecimal' proviso order show xyz -d data
check "order export to standard output" 0 '"digest"' proviso order export "$order" -d data
check "order export --out" 0 '' proviso order export "$order" -d data --out order.json

echo "a long passphrase" >passphrase
echo "another" >wrong
proviso key new locked --out keys/locked --passphrase-file passphrase >/dev/null
check "order sign says in words what is signed" 0 "$SUB/storage" \
  proviso order sign order.json --key keys/counsel --out counsel.sig
that "it is a DSSE envelope" \
  jq -e '.payloadType and .payload and (.signatures | length == 1)' counsel.sig
check "order sign with a passphrase" 0 'signed by' \
  proviso order sign order.json --key keys/locked --passphrase-file passphrase --out locked.sig
check "with a wrong one" 2 'keys/locked' \
  proviso order sign order.json --key keys/locked --passphrase-file wrong --out x.sig
check "order sign --json" 0 '^\{"digest":"[0-9a-f]{64}","key":"[0-9a-f]{64}"\}$' \
  proviso order sign order.json --key keys/counsel --out counsel.sig --json
cp keys/counsel counsel.kept
check "order sign never overwrites the key" 2 'would overwrite' \
  proviso order sign order.json --key keys/counsel --out ./keys/../keys/counsel
that "which is as it was" cmp keys/counsel counsel.kept
check "nor the order" 2 'would overwrite' \
  proviso order sign order.json --key keys/counsel --out order.json
sed "s/$SUB/$SISTER/" order.json >swapped.json
check "order sign of a changed order" 2 'not the one that its digest' \
  proviso order sign swapped.json --key keys/counsel --out x.sig
sed 's/corroborated/certain/' order.json >reason.json
check "order sign with another reason" 2 'reason' \
  proviso order sign reason.json --key keys/counsel --out x.sig
that "what is refused leaves no signature" test ! -e x.sig

hand_in() { proviso order approve "$order" --signature "$1.sig" -d data "${@:2}"; }
for name in proposer stranger; do
  proviso order sign order.json --key "keys/$name" --out "$name.sig" </dev/null >/dev/null
done
check "approval by a proposer's key" 2 'belongs to a proposer' hand_in proposer
check "approval by an unknown key" 2 'unknown or revoked' hand_in stranger
jq '.signatures[0].sig |= (.[0:10] + (if .[10:11] == "A" then "B" else "A" end) + .[11:])' \
  counsel.sig >bent.sig
check "a signature with one changed letter" 2 'bent.sig' hand_in bent
other="$(try "${plain[@]}" --json | digest_of)"
proviso order export "$other" -d data --out other.json
proviso order sign other.json --key keys/counsel --out other.sig </dev/null >/dev/null
check "a signature over another order" 2 'another text.*I3' hand_in other
check "order approve" 0 'approved: 1 of 2' hand_in counsel
check "by the same key again" 2 'approved the order already' hand_in counsel

# roster orders: a second key of counsel's, and the end of the director's.
make_key . counsel-2
check "roster add after the seal is an order" 0 '"digest":"' proviso roster add keys/counsel-2.pub \
  --role approver --person counsel --key keys/proposer -d data --json
put_in_force . "$(digest_of <<<"$OUT")" executive director
proviso order sign order.json --key keys/counsel-2 --out counsel-2.sig </dev/null >/dev/null
check "by the same person's second key" 2 'approved the order already' hand_in counsel-2
proviso order sign order.json --key keys/director --out director.sig --json \
  </dev/null >director.json
check "roster remove is an order" 0 '"digest":"' \
  proviso roster remove "$(jq -r .key director.json)" --key keys/proposer -d data --json
put_in_force . "$(digest_of <<<"$OUT")" counsel executive
check "by a revoked key" 2 'unknown or revoked' hand_in director

proviso order sign order.json --key keys/executive --out executive.sig </dev/null >/dev/null
check "order approve --json" 0 '.' hand_in executive --json
json "puts it in force" '.in_force and .approvals == 2'
check "no approval after that" 2 'in_force' hand_in executive
check "the case is decided" 0 '"state":"decided"' proviso case list -d data --json
check "order lift" 0 'one approver' proviso order lift "$order" --reason reason.txt -d data
check "order lift --json" 0 '.' proviso order lift "$order" --reason reason.txt -d data --json
json "has the digest" '.digest | test("^[0-9a-f]{64}$")'
lift="$(jq -r .digest <<<"$OUT")"
check "a lift of what is not in force" 2 'not in force' \
  proviso order lift "$other" --reason reason.txt -d data
put_in_force . "$lift" outside
check "one signature lifts" 0 '"state":"lifted"' proviso order show "$order" -d data --json
check "not twice" 2 'not in force' proviso order lift "$order" --reason reason.txt -d data

cp -r data/rulebook rules-2 && sed -i 's/^level: low/level: medium/' rules-2/departure.yml
check "change propose rulebook" 0 '"digest":"' \
  proviso change propose rulebook rules-2 --key keys/proposer --reason reason.txt -d data --json
put_in_force . "$(digest_of <<<"$OUT")" counsel executive
check "the old rulebook is out of force" 2 'not the rulebook in force' \
  proviso review usage.jsonl -d data
cp rules-2/* data/rulebook/
check "the new one is in force" 0 'reviewed' proviso review usage.jsonl -d data

# propose KIND PATH: a change by the proposer.
propose_change() {
  proviso change propose "$1" "$2" --key keys/proposer --reason reason.txt -d data
}
# wrong NAME KIND PATH REGEX: it is refused, and nothing was written.
wrong() {
  local before
  before="$(sqlite3 data/store.sqlite "SELECT count(*) FROM orders, documents, outbox")"
  check "$1" 2 "$4" propose_change "$2" "$3"
  that "and nothing was written" test "$before" = \
    "$(sqlite3 data/store.sqlite "SELECT count(*) FROM orders, documents, outbox")"
}
cp -r data/rulebook broken && sed -i 's/^detection:/detections:/' broken/departure.yml
sed -i 's/condition:.*/condition: nothing and (/' broken/mass-mail.yml
wrong "a rulebook that does not compile" rulebook broken \
  '^error: broken/departure.yml:[0-9]+:[0-9]+: '
that "all its errors are told" grep -qE '^error: broken/mass-mail.yml:[0-9]+:[0-9]+: ' <<<"$OUT"
cp -r data/rulebook content
sed -i "0,/^detection:/s//detection:\n    written:\n        prompt: secret/" content/mass-mail.yml
sed -i '0,/condition: /s//condition: written or /' content/mass-mail.yml
wrong "a rulebook that reads content" rulebook content \
  '^error: content/mass-mail.yml:[0-9]+:[0-9]+: .*I1'
cp -r data/rulebook yaml && mv yaml/departure.yml yaml/departure.yaml
wrong "a rule that would not be in force" rulebook yaml '^error: yaml/departure.yaml:1:1: .*rename'
mkdir none
wrong "an empty rulebook" rulebook none '^error: none:1:1: '
wrong "no rulebook" rulebook absent 'absent'
cp -r data/field_policy policy
jq '.keep += ["data.prompt"]' data/field_policy/proviso-usage.json >policy/proviso-usage.json
wrong "a field policy that keeps content" field-policy policy \
  '^error: policy/proviso-usage.json:[0-9]+:[0-9]+: .*I1'
jq 'del(.map.window_end, .map.window_start)' data/field_policy/proviso-usage.json \
  >policy/proviso-usage.json
wrong "a field policy without a time" field-policy policy \
  '^error: policy/proviso-usage.json:[0-9]+:[0-9]+: map names no time'
echo '{"format":' >policy/proviso-usage.json
wrong "a field policy that is no JSON" field-policy policy \
  '^error: policy/proviso-usage.json:2:1: '
sed 's/"PutObject":"write"/"PutObject":"wrote"/' data/catalogue.json >catalogue.json
wrong "a catalogue with an unknown class" catalogue catalogue.json \
  '^error: catalogue.json:[0-9]+:[0-9]+: .*not an action class'
jq '.services += [.services[0]]' data/catalogue.json >catalogue.json
wrong "a catalogue with a service twice" catalogue catalogue.json \
  '^error: catalogue.json:[0-9]+:[0-9]+: .*stands twice'
jq '.terms[0].clause = "Other words."' data/terms.json >terms.json
wrong "a changed clause with the old version" terms terms.json \
  '^error: terms.json:[0-9]+:[0-9]+: .*version must be above'
jq '.terms |= map(select(.id != "T-DEPARTURE"))' data/terms.json >terms.json
wrong "terms without one that a rule cites" terms terms.json \
  '^error: data/rulebook/departure.yml:[0-9]+:[0-9]+: '
jq '.terms[0].clause = "Other words." | .terms[0].version += 1' data/terms.json >terms.json
check "a changed clause with its own version" 0 'proposed terms order' \
  propose_change terms terms.json
check "field policy as it is" 0 'proposed field-policy order' \
  propose_change field-policy data/field_policy
echo '# a comment' >>data/rulebook/departure.yml
check "what is checked against must be in force" 2 \
  'data/rulebook:1:1: is not the rulebook in force' \
  propose_change field-policy data/field_policy
sed -i '$d' data/rulebook/departure.yml
jq '.services[0].regions = ["eu-central-1"]' data/catalogue.json >catalogue.json
check "a catalogue that lists regions" 0 'proposed catalogue order' \
  propose_change catalogue catalogue.json
for kind in catalogue terms; do
  check "change propose $kind" 0 '"document":"' \
    proviso change propose "$kind" "data/$kind.json" --key keys/proposer -d data --json
done
check "the ledger holds all of it" 0 'changes of who decides' \
  proviso verify data/ledger --trust trust.json

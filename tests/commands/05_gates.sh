# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# gate, verify: sourced by run.sh.

# Proposes, and has approvers sign until the order is in force.
decide() {
  local order person
  order="$(proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d data --json "$@" | digest_of)"
  for person in counsel executive director; do
    [[ "$(sign_and_approve . "$order" "$person" | jq .in_force)" != true ]] || break
  done
  proviso gate snapshot --out snapshot.json -d data >/dev/null
}
ask() {
  proviso gate check --snapshot "${SNAPSHOT:-snapshot.json}" --trust trust.json \
    --subscription "${WHO-$SUB}" --service "$1" --operation "$2" "${@:3}"
}
# answer NAME EFFECT REFUSED SERVICE OPERATION [FLAG...]: the gate's answer, and the code that fits.
answer() {
  local code=3
  [[ "$2" != allow ]] || code=0
  check "$1" "$code" "\"effect\":\"$2\".*\"refused\":$3" ask "${@:4}" --json
}
at_once() {
  local effect="$1" read="$2" write="$3" admin="$4" export="$5" other="$6"
  answer "$effect: read" "$effect" "$read" storage GetObject
  answer "$effect: write" "$effect" "$write" storage PutObject
  answer "$effect: admin" "$effect" "$admin" storage CreateBucket
  answer "$effect: export" "$effect" "$export" storage BulkCopy
  answer "$effect: what the catalogue does not know" "$effect" "$other" storage Unheard
}

check "gate snapshot without orders" 0 '0 orders' proviso gate snapshot --out snapshot.json -d data
answer "nothing is restricted" allow false storage PutObject
json "the shape" \
  '.effect == "allow" and .refused == false and .order == null and .term == null and
    .until == null and (.snapshot | . > 0)'
WHO="" check "an empty subscription is a mistake" 2 'subscription: is empty' ask storage PutObject
check "an empty operation as well" 2 'operation: is empty' ask storage ""
check "in words" 0 'allow: no order' ask storage PutObject

fresh_world 05_gates/throttle
decide --scope "$SUB/storage" --stage throttle=7/s --until +30d
at_once 'throttle=7/s' false false false false false
check "in words, with the rate" 3 'limited to 7/s' ask storage PutObject

fresh_world 05_gates/read-only
decide --scope "$SUB/storage" --stage read-only --until +30d
at_once read-only false true true false true
json "order, term and until" \
  '(.order | test("^[0-9a-f]{64}$")) and .term == "T-SURVEILLANCE" and (.until | test("Z$"))'

fresh_world 05_gates/export-only
decide --scope "$SUB/storage" "$SUB/speech" --stage export-only --review +90d
at_once export-only true true true false true
answer "export-only: compute" export-only true speech TranscribeRecording
json "no end, but a review date" '.until == null and (.review | test("Z$"))'
answer "a service that no order names" allow false database Query
WHO="$SISTER" answer "the sister" allow false storage PutObject
WHO=sub-hospital-wards answer "another customer" allow false storage PutObject
WHO=sub-nobody answer "someone unknown" allow false storage PutObject

fresh_world 05_gates/deny
decide --scope "$SUB/storage" --stage deny --until +30d
at_once deny true true true true true

fresh_world 05_gates/parts
decide --scope "$SUB/storage@eu-central-1:write" --stage deny --until +30d
answer "in its region" deny true storage PutObject --region eu-central-1
answer "in another region" allow false storage PutObject --region eu-west-1
answer "without a region" allow false storage PutObject
answer "another class" allow false storage GetObject --region eu-central-1
decide --scope "$SUB/speech#model-1" --stage read-only --until +30d
resource="$(proviso case show "$CASE" -d data --json | jq -r '.orders[].digest' |
  while read -r digest; do proviso order show "$digest" -d data --json; done |
  jq -r '.order.restriction.scope[0].resources[0] // empty')"
that "a resource is kept as its keyed hash" test "${#resource}" -eq 64
answer "its resource" read-only true speech TranscribeRecording --resource "$resource"
answer "another resource" allow false speech TranscribeRecording --resource "${resource//[0-9]/c}"
answer "no resource" allow false speech TranscribeRecording

fresh_world 05_gates/stages
decide --scope "$SUB/storage" --stage throttle=5/s read-only@+2d export-only@+3d --until +10d
answer "the first stage" 'throttle=5/s' false storage PutObject
answer "until the second" 'throttle=5/s' false storage PutObject --at +47h
answer "the second" read-only true storage PutObject --at +50h
answer "the third" export-only true storage GetObject \
  --at "$(date -u -d '+5 days' +%Y-%m-%dT%H:%M:%SZ)"
answer "after its end" allow false storage PutObject --at +11d
check "a time that is none" 2 'RFC 3339' ask storage PutObject --at yesterday

# I11: who reads what a gate has learns of it no sooner than the customer.
fresh_world 05_gates/ahead
decide --scope "$SUB/storage" --stage read-only@+1d --until +10d
check "an order is decided whose first stage lies ahead" 0 '"state":"in_force"' \
  proviso case show "$CASE" -d data --json
answer "before it" allow false storage PutObject
that "a snapshot does not tell whom it names" bash -c "! grep -q '$SUB' snapshot.json"

fresh_world 05_gates/overlap
decide --scope "$SUB/storage" --stage read-only --until +30d
decide --scope "$SUB/storage:read" --stage deny --until +30d
answer "of two lines the stricter wins" deny true storage GetObject
answer "and the other holds elsewhere" read-only true storage PutObject

fresh_world 05_gates/bad
decide --scope "$SUB/storage" --stage export-only --until +30d
bits="$(stat -c %s snapshot.json)"
for where in $((bits / 7)) $((bits / 2)) $((bits - 20)); do
  python3 - "$where" <<'FLIP'
import sys
data = bytearray(open("snapshot.json", "rb").read())
data[int(sys.argv[1])] ^= 1
open("flipped.json", "wb").write(data)
FLIP
  SNAPSHOT=flipped.json check "one flipped bit, at byte $where" 2 '^error: flipped.json' \
    ask storage PutObject
done
head -c 500 snapshot.json >cut.json
SNAPSHOT=cut.json check "a snapshot cut short" 2 '^error: cut.json' ask storage PutObject
SNAPSHOT=absent check "no snapshot" 2 '^error: absent' ask storage PutObject
found_folder strangers
check "under another trust root" 2 '^error: snapshot.json: ' proviso gate check \
  --snapshot snapshot.json --trust strangers/trust.json --subscription "$SUB" --service storage \
  --operation PutObject
body="$(head -n 1 snapshot.json | jq -cS \
  '(.catalogues[0].services[] | select(.service == "storage").operations.PutObject) = "export"')"
printf '%s\n%s\n' "$body" "$(printf '%s' "$body" | sha256sum | cut -d' ' -f1)" >catalogue.json
SNAPSHOT=catalogue.json check "with a swapped catalogue" 2 'catalogue.*I3' ask storage PutObject
body="$(head -n 1 snapshot.json | jq -cS 'del(.restrictions[0].approvals[0])')"
printf '%s\n%s\n' "$body" "$(printf '%s' "$body" | sha256sum | cut -d' ' -f1)" >fewer.json
SNAPSHOT=fewer.json check "with an approval too few" 2 'I2' ask storage PutObject

check "verify --trust" 0 'valid: [0-9]+ entries; 1 restrictions' \
  proviso verify data/ledger --trust trust.json
check "verify --trust --snapshot --json" 0 '.' \
  proviso verify data/ledger --trust trust.json --snapshot snapshot.json --json
json "the shape" '.ok and .error_class == "OK" and .where == ""'
check "verify --key" 0 'valid: ' proviso verify data/ledger --key "$(jq -r .ledger_key trust.json)"
jq -r .ledger_key trust.json >log.pub
check "verify --key FILE" 0 'valid: ' proviso verify data/ledger --key log.pub
check "verify --key with a missing file" 2 '^error: absent.pub: .*No such file' \
  proviso verify data/ledger --key absent.pub
check "verify --key with a wrong key" 2 'no file of this name, and no key' \
  proviso verify data/ledger --key 'log.example.com/terms+00000000+AAAA'
echo nonsense >bad.pub
check "verify --key with a file that is no key" 2 '^error: bad.pub:1:1: ' \
  proviso verify data/ledger --key bad.pub
for option in --since --snapshot; do
  check "verify with an empty $option" 2 "$option: is empty" \
    proviso verify data/ledger --trust trust.json "$option" ""
done
check "neither --key nor --trust" 2 'give --key PUB or --trust' proviso verify data/ledger
check "--key cannot prove a snapshot" 2 'needs --trust' \
  proviso verify data/ledger --key log.pub --snapshot snapshot.json
check "under another trust root" 3 'NOT VALID' \
  proviso verify data/ledger --trust strangers/trust.json
check "no such ledger" 2 'no such folder' proviso verify nowhere --trust trust.json
check "a flipped snapshot" 3 'NOT VALID: snapshot' \
  proviso verify data/ledger --trust trust.json --snapshot flipped.json
cp data/ledger/log/checkpoint earlier
proviso case finding "$CASE" --element E1 --verdict not-assessable -d data >/dev/null
check "verify --since an earlier checkpoint" 0 'valid' \
  proviso verify data/ledger --trust trust.json --since earlier
cp -a data/ledger broken
entries="$(find broken/log/tile/entries -type f | sort -V | tail -n 1)"
sed -i 's/"kind":"/"kind":"x/' "$entries"
check "a changed entry" 3 'NOT VALID' proviso verify broken --trust trust.json
check "a changed entry, --json" 3 '.' proviso verify broken --trust trust.json --json
json "names class and place" '(.ok | not) and .error_class != "OK" and .where != ""'

fresh_world 05_gates/identity
identity() { proviso gate identity --state gate-1 "$@"; }
check "a gate without a name has none" 2 'no identity yet \(give it one with --name NAME\)' identity
check "no name for a note" 2 "a gate's name is 1 to 255 bytes" identity --name 'two words'
check "it is given one" 0 'key: gate-eu-1.example\+[0-9a-f]{8}\+' identity --name gate-eu-1.example
identity --json >first.json
check "the same again is the same" 0 "$(jq -r '.key | split("+")[1]' first.json)" \
  identity --name gate-eu-1.example
check "another one is not" 2 'this gate is gate-eu-1.example' identity --name gate-eu-2.example
check "its key is private" 0 '^600$' stat -c %a gate-1/identity

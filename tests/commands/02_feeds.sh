# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# register, simulate, review, report, rules: sourced by run.sh.

entries() { sqlite3 data/store.sqlite "SELECT count(*) FROM outbox"; }
before="$(entries)"
check "register load again changes nothing" 0 ': 0 new, 0 changed' \
  proviso register load register.jsonl -d data
that "and leaves no entry" test "$(entries)" = "$before"
check "register load --json" 0 '.' proviso register load register.jsonl -d data --json
json "tells what it did" \
  '.records > 0 and .added == 0 and .changed == 0 and .cases_attached == 0'
jq -c 'select(.id == "cust-hospital") | .name = "New name"' register.jsonl >renamed.jsonl
check "a later load updates a record" 0 ': 0 new, 1 changed' \
  proviso register load renamed.jsonl -d data
that "as one entry" test "$(entries)" = "$((before + 1))"
printf '%s\n%s\n%s\n' \
  '{"kind":"unit","id":"unit-bought","customer":"cust-hospital"}' \
  '{"kind":"agreement","id":"agr-bought","customer":"cust-hospital"}' \
  "$(jq -nc --arg id "$SUB" '{agreement: "agr-bought", id: $id, kind: "subscription",
    unit: "unit-bought"}')" >moved.jsonl
check "a subscription under review does not change its customer" 2 \
  '^error: moved.jsonl:3:[0-9]{2}: .*I4' proviso register load moved.jsonl -d data
printf '%s\n%s\n%s\n' \
  '{"kind":"unit","id":"unit-new","customer":"cust-public-body"}' \
  "$(grep -F "\"id\":\"$SUB\"" register.jsonl)" \
  "$(jq -nc --arg id "$SUB" '{kind: "subscription", id: $id, unit: "unit-new",
    agreement: "agr-public-body-records"}')" \
  >twice.jsonl
check "a subscription that exists twice" 2 '^error: twice.jsonl:3:1: .*twice' \
  proviso register load twice.jsonl -d data
that "and the first line was not taken either" test "$(sqlite3 data/store.sqlite \
  "SELECT count(*) FROM register WHERE record LIKE '%unit-new%'")" = 0
echo '{"kind":"subscription","id":"sub-lost","unit":"unit-none","agreement":"agr-none"}' >lost.jsonl
check "a subscription of no unit" 2 '^error: lost.jsonl:1:47: unit: ' \
  proviso register load lost.jsonl -d data
echo '{"kind":"customer","id":"c","name":"N","protected_class":[]}' >typo.jsonl
check "a member that no one knows" 2 '^error: typo.jsonl:1:58: .*unknown member' \
  proviso register load typo.jsonl -d data
echo '{"kind":"customer"' >cut.jsonl
check "a line that is no JSON" 2 '^error: cut.jsonl:1:[0-9]+: ' \
  proviso register load cut.jsonl -d data
: >empty
check "an empty register" 2 '^error: empty:1:1: ' proviso register load empty -d data
check "a folder" 2 'Is a directory' proviso register load . -d data
check "no such file" 2 'absent' proviso register load absent -d data

check "simulate usage" 0 'simulated quiet' \
  proviso simulate quiet --seed 5 --hours 1 --format usage --out q1.jsonl --register r1.jsonl
check "simulate to .zst" 0 'simulated' proviso simulate quiet --seed 5 --hours 1 --out q2.jsonl.zst
that "the same seed gives the same bytes" cmp q1.jsonl <(zstd -dcq q2.jsonl.zst)
check "simulate cloudtrail" 0 'simulated' \
  proviso simulate excluded-region --seed 5 --hours 1 --format cloudtrail \
  --background 0 --out ct.jsonl
that "it is CloudTrail" grep -q '"eventVersion"' ct.jsonl
check "CloudTrail ends after a million lines" 0 'ends after 1000000 lines' \
  proviso simulate million-calls --hours 4 --format cloudtrail --out big.jsonl.zst
that "and has as many" test "$(zstd -dcq big.jsonl.zst | wc -l)" -eq 1000000
check "an unknown scenario" 2 'no such scenario.*million-calls' proviso simulate nope --out x
check "an unknown format" 2 'usage' proviso simulate quiet --format csv --out x
check "simulate --json" 0 '"records":[0-9]+' proviso simulate quiet --hours 1 --out q3.jsonl --json

quietly_review() { proviso review usage.jsonl -d data >/dev/null; }
that "review" quietly_review
check "review --json of what was read before" 0 '.' proviso review usage.jsonl -d data --json
json "reads nothing twice" \
  '.records == 0 and .events == 0 and .late == 0 and .inputs_done_before == 1 and .cases == 1'
cp usage.jsonl copy.jsonl && sed -i '1!d' copy.jsonl
check "a copy of a record elsewhere" 0 '.' proviso review copy.jsonl -d data --json
json "is a duplicate" '.records == 1 and .events == 0 and .duplicates == 1'
that "review of standard input" test \
  "$(proviso review - -d data --json <q1.jsonl | jq '.events')" -gt 0
mkdir folder && gzip -k q1.jsonl && mv q1.jsonl.gz folder/
check "review of a folder with a .gz" 0 '.' proviso review folder -d data --json
json "counts each event once" '.events == 0 and .duplicates > 0'
check "review of .zst" 0 '"duplicates":[1-9]' proviso review q2.jsonl.zst -d data --json
check "review with a format named" 0 '"events":' \
  proviso review ct.jsonl --format aws-cloudtrail -d data --json
echo "A reader's letter." >letter.txt
check "an unknown format" 2 'format' proviso review letter.txt --format nope -d data
check "a log that is not there" 2 'absent' proviso review absent -d data
check "an empty log" 2 '^error: empty: ' proviso review empty -d data
head -c 200 folder/q1.jsonl.gz >cut.gz
check "a truncated gzip" 2 'cut.gz' proviso review cut.gz -d data
{ cat q3.jsonl && echo '{"specversion":"1.0","SECRET":'; } >reject.jsonl
check "a line that doesn't parse" 0 '.' proviso review reject.jsonl -d data --json
json "is counted with its reason, and the rest goes on" \
  '.rejects == 1 and .records > 1 and (.rejects_by_reason | length == 1)'
that "it is in the reject file with its place" jq -se \
  'map(select(.file | test("reject.jsonl"))) | length == 1 and .[0].line > 1' data/rejects.jsonl
that "and without its content" test -z "$(grep -rlF SECRET data)"
yes 'nonsense' | head -n 100 >nonsense.jsonl
check "too many rejects stop the review" 2 'nonsense.jsonl' proviso review nonsense.jsonl -d data

for source in press ngo employee customer authority other; do
  check "report add --source $source" 0 'is received' \
    proviso report add --source "$source" --about "$SUB" --file letter.txt -d data
done
check "report add --json" 0 '"case":".*"digest":"[0-9a-f]{64}"' \
  proviso report add --source press --about cust-hospital --file letter.txt -d data --json
check "a report about nobody" 2 'about: ' \
  proviso report add --source press --about nobody --file letter.txt -d data
check "a report of an unknown source" 2 'source' \
  proviso report add --source rumour --about "$SUB" --file letter.txt -d data
check "an empty report" 2 'empty' \
  proviso report add --source press --about "$SUB" --file empty -d data

check "rules check of the rulebook" 0 ' 0 errors' proviso rules check data/rulebook -d data
check "rules check without a data folder" 0 ' 0 errors' proviso rules check data/rulebook
check "rules check --json" 0 '.' proviso rules check data/rulebook --json
json "tells files, rules and errors" '.ok and .files >= 11 and .rules >= 11 and .errors == []'
mkdir bad
sed 's/^detection:/detections:/' data/rulebook/departure.yml >bad/one.yml
sed 's/condition:.*/condition: nothing and (/' data/rulebook/mass-mail.yml >bad/two.yml
check "all errors, each with file:line:column" 2 'bad/one.yml:[0-9]+:[0-9]+: ' \
  proviso rules check bad
that "also of the second file" grep -qE 'bad/two.yml:[0-9]+:[0-9]+: ' <<<"$OUT"
check "the same as JSON" 2 '"ok":false' proviso rules check bad --json
json "with file, line and column" \
  '[.errors[] | .line > 0 and .column > 0 and (.message != "")] | all'
sed 's/T-DEPARTURE/T-UNKNOWN/' data/rulebook/departure.yml >term.yml
check "a rule of unknown terms" 2 'term.yml:[0-9]+:[0-9]+: ' proviso rules check term.yml -d data
cat >content.yml <<'RULE'
title: Reads what people write
id: 5f0f4a9e-8a83-4b39-9a63-0b4f6a6f2f10
status: test
logsource:
  product: proviso
detection:
  one:
    prompt|contains: secret
  condition: one
level: low
proviso:
  terms: [T-SURVEILLANCE]
RULE
check "a rule that reads content" 2 'content.yml:[0-9]+:[0-9]+: .*I1' \
  proviso rules check content.yml -d data

# A log of subscriptions that nobody registered yet.
found_folder late
proviso review usage.jsonl -d late/data >/dev/null
check "a case of an unregistered subscription" 0 "\"customer\":\"unregistered:$SUB\"" \
  proviso case list -d late/data --json
check "register load finds its customer" 0 'cases have found their customer' \
  proviso register load register.jsonl -d late/data
check "the case is that customer's" 0 '"customer":"cust-public-body"' \
  proviso case list -d late/data --json
late_case="$(jq -r 'select(.customer == "cust-public-body").id' <<<"$OUT" | head -n 1)"
check "and can be decided" 0 'proposed order' proviso order propose --case "$late_case" \
  --scope "$SUB/storage" --stage read-only --until +3d --term T-SURVEILLANCE \
  --reason reason.txt --key late/keys/proposer -d late/data
check "the ledger has all of it" 0 'valid' proviso verify late/data/ledger --trust late/trust.json

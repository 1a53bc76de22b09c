# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# case: sourced by run.sh.

check "case list" 0 "$CASE +open +cust-public-body" proviso case list -d data
check "case list --json" 0 '.' proviso case list -d data --json
json "a line each with id, customer, state" \
  ".id == \"$CASE\" and .customer == \"cust-public-body\" and .state == \"open\""
check "case show" 0 'Bulk voice recording' proviso case show "$CASE" -d data
check "case show --json" 0 '.' proviso case show "$CASE" -d data --json
json "has signals with rule, subscription and author" \
  "(.signals | length == 3) and ([.signals[] | (.rule | length > 0) and
    .subscription == \"$SUB\" and .author != \"\"] | all)"
signal="$(jq -r '.signals[0].digest' <<<"$OUT")"
check "no such case" 2 'no such case' proviso case show 00000000-0000-7000-8000-000000000000 -d data

echo "An invoice." >invoice.txt
check "case evidence" 0 'evidence [0-9a-f]{64}' \
  proviso case evidence "$CASE" --class business-record --file invoice.txt -d data
record="$(sha256sum invoice.txt | cut -d' ' -f1)"
that "its digest is that of the file" grep -qF "$record" <<<"$OUT"
entries() { sqlite3 data/store.sqlite "SELECT count(*) FROM outbox"; }
before="$(entries)"
check "the same item again" 0 "$record" \
  proviso case evidence "$CASE" --class business-record --file invoice.txt -d data
that "says nothing new" test "$(entries)" = "$before"
check "the same item as something else" 2 'already, as business-record' \
  proviso case evidence "$CASE" --class press --file invoice.txt -d data
for class in usage document press statement; do
  echo "Item of $class." >item.txt
  check "case evidence --class $class --json" 0 '"digest":"[0-9a-f]{64}"' \
    proviso case evidence "$CASE" --class "$class" --file item.txt -d data --json
done
check "evidence of an unknown class" 2 'class' \
  proviso case evidence "$CASE" --class rumour --file invoice.txt -d data
: >empty
check "empty evidence" 2 'empty' proviso case evidence "$CASE" --class press --file empty -d data
check "the case is in review" 0 '"state":"in_review"' proviso case list -d data --json

check "a finding without evidence" 2 'names its evidence' \
  proviso case finding "$CASE" --element E1 --verdict supported -d data
check "a finding with evidence of no case" 2 'none with this digest' \
  proviso case finding "$CASE" --element E1 --verdict supported \
  --evidence "${record//[0-9]/a}" -d data
check "a finding of an unknown element" 2 'element' \
  proviso case finding "$CASE" --element E99 --verdict not-assessable -d data
check "an unknown verdict" 2 'verdict' \
  proviso case finding "$CASE" --element E1 --verdict maybe -d data
for verdict in supported not-supported not-assessable; do
  check "case finding --verdict $verdict" 0 "finding E2: $verdict" \
    proviso case finding "$CASE" --element E2 --verdict "$verdict" --evidence "$signal" -d data
done
proviso case finding "$CASE" --element E1 --verdict supported --evidence "$signal" \
  -d data >/dev/null
check "one group of evidence does not corroborate" 0 '.' proviso case show "$CASE" -d data --json
json "one group" '.findings[] | select(.element == "E1") | .corroborated == false'
proviso case finding "$CASE" --element E1 --verdict supported --evidence "$record" \
  -d data >/dev/null
check "two independent groups do" 0 '.' proviso case show "$CASE" -d data --json
json "two groups" '.findings[] | select(.element == "E1") | .corroborated'

check "case close" 0 'is closed' proviso case close "$CASE" --reason reason.txt -d data
check "case close again" 2 'closed already' proviso case close "$CASE" --reason reason.txt -d data
check "a closed case takes no finding" 2 'reopen' \
  proviso case finding "$CASE" --element E1 --verdict not-assessable -d data
check "case reopen on evidence of no case" 2 'none with this digest' \
  proviso case reopen "$CASE" --evidence "${record//[0-9]/a}" -d data
check "case reopen" 0 'is open' proviso case reopen "$CASE" --evidence "$record" -d data
check "it is open" 0 '"state":"open"' proviso case list -d data --json

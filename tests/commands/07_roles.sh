# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Roles, who is on call, server-mediated keys, protected subjects: sourced by run.sh.

# try ARGUMENT...: a proposal about the case, by the proposer; prints its digest.
try() {
  proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key "keys/${BY:-proposer}" -d data "$@"
}
plain=(--scope "$SUB/storage" --stage export-only --until +30d)
# approve ORDER PERSON: signs and hands in.
approve() {
  proviso order export "$1" -d data --out "$2.json" >/dev/null
  proviso order sign "$2.json" --key "keys/$2" --out "$2.sig" </dev/null >/dev/null
  proviso order approve "$1" --signature "$2.sig" -d data
}

proviso init roles --origin log.example.com/roles >/dev/null
for role in reviewer case-manager auditor; do
  make_key . "$role"
  check "roster add a $role" 0 "as $role\$" \
    proviso roster add "keys/$role.pub" --role "$role" -d roles
  check "roster add after the seal" 0 'proposed roster order' proviso roster add "keys/$role.pub" \
    --role "$role" --key keys/proposer --reason reason.txt -d data
  put_in_force . "$(sqlite3 data/store.sqlite \
    "SELECT digest FROM orders WHERE kind='roster' ORDER BY rowid DESC LIMIT 1")" counsel executive
done
check "only approvers are on call" 2 'only approvers are on call' \
  proviso roster add keys/proposer.pub --role proposer --on-call -d roles
for name in counsel executive; do
  proviso roster add "keys/$name.pub" --role approver -d roles >/dev/null
done
jq -n '{restrict: 2, lift: 1, roster: 2, policy: 2, catalogue: 2, "field-policy": 2, rulebook: 2,
  terms: 2, protected: {hospital: {more: 2, outside: 2}}}' >founding.json
check "roster seal without a number" 2 'approvals' proviso roster seal -d roles --out roles.json
check "roster seal with two" 2 'policy' \
  proviso roster seal -d roles --approvals 2 --policy founding.json --out roles.json
jq 'del(.terms)' founding.json >broken.json
check "roster seal with a policy that lacks a kind" 2 '^error: broken.json:[0-9]+:[0-9]+: .*terms' \
  proviso roster seal -d roles --policy broken.json --out roles.json
check "roster seal --policy" 0 'founding is sealed' \
  proviso roster seal -d roles --policy founding.json --out roles.json
check "which holds" 0 '^against hospital: 2 more, 2 from outside$' proviso roster list -d roles
for role in reviewer case-manager auditor; do
  BY="$role" check "a $role proposes nothing" 2 "belongs to an? $role: only proposers" \
    try "${plain[@]}"
done
order="$(try "${plain[@]}" --json | digest_of)"
for role in reviewer case-manager auditor; do
  check "a $role approves nothing" 2 "belongs to an? $role, not to an approver" \
    approve "$order" "$role"
done
check "roster list shows roles and marks" 0 'case-manager' proviso roster list -d data
that "who is on call" grep -q 'approver  on-call' <<<"$OUT"
check "roster list --json" 0 '.' proviso roster list -d data --json
json "marks stand where they are true" \
  '([.roster[] | select(.on_call)] | length == 2) and
    ([.roster[] | select(has("server_mediated"))] | length == 0)'

# On call.
check "an emergency by one who is not on call" 0 'needs 2 approvals' \
  try --emergency --scope "$SUB/database" --stage export-only
cut="$(sqlite3 data/store.sqlite "SELECT digest FROM orders ORDER BY rowid DESC LIMIT 1")"
check "is not approved" 2 'not on call' approve "$cut" director
check "who is on call approves" 0 'approved: 1 of 2' approve "$cut" counsel
check "and the second" 0 'in force: 2 of 2' approve "$cut" executive
BY=counsel check "the proposer is a third person" 2 'takes 2 approvers on call besides' \
  try --emergency --scope "$SUB/speech" --stage export-only

# Server-mediated keys.
make_key . console
mediated=(roster add keys/console.pub --role approver --server-mediated --key keys/proposer -d data)
check "a server-mediated key where the policy allows none" 2 'the policy allows none' \
  proviso "${mediated[@]}"
proviso roster list -d data --json >list.json
jq '.policy + {server_mediated: true, protected: {"news-medium": {more: 2, outside: 1}}}' \
  list.json >policy.json
check "change propose policy" 0 'proposed policy order' \
  proviso change propose policy policy.json --key keys/proposer -d data
put_in_force . "$(grep -oE '[0-9a-f]{64}' <<<"$OUT")" counsel executive
jq '.restrict = 1' policy.json >weak.json
check "a policy of one" 2 '^error: weak.json:[0-9]+:[0-9]+: .*2 to 100' \
  proviso change propose policy weak.json --key keys/proposer -d data
jq '.protected.hospital = {more: 0, outside: 1}' policy.json >weak.json
check "a policy that protects less" 2 '^error: weak.json:[0-9]+:[0-9]+: .*1 to 100' \
  proviso change propose policy weak.json --key keys/proposer -d data
jq '.roster[0].role = "king" | .roster' list.json >weak.json
check "a roster with an unknown role" 2 '^error: weak.json:[0-9]+:[0-9]+: .*not proposer' \
  proviso change propose roster weak.json --key keys/proposer -d data
check "and where it does" 0 '"digest"' proviso "${mediated[@]}" --json
put_in_force . "$(digest_of <<<"$OUT")" counsel executive
check "roster list shows it" 0 'server-mediated$' proviso roster list -d data
order="$(try "${plain[@]}" --json | digest_of)"
check "its approval counts" 0 'approved: 1 of 2' approve "$order" console
check "beside one with a key of their own" 0 'in force: 2 of 2' approve "$order" director
lift="$(proviso order lift "$order" --reason reason.txt -d data --json | digest_of)"
check "but lifts nothing alone (I2)" 0 'waits for an approval by a key that is not server-med' \
  approve "$lift" console
that "the order is in force" jq -e '.state == "in_force"' \
  <(proviso order show "$order" -d data --json)
check "one with a key of their own lifts (I5)" 0 'in force' approve "$lift" counsel

# A protected subject.
{
  echo '{"kind":"customer","id":"cust-paper","name":"P","protected_classes":["news-medium"]}'
  echo '{"kind":"unit","id":"unit-paper","customer":"cust-paper"}'
  echo '{"kind":"agreement","id":"agr-paper","customer":"cust-paper"}'
  echo '{"kind":"subscription","id":"sub-paper","unit":"unit-paper","agreement":"agr-paper"}'
} >paper.jsonl
proviso register load paper.jsonl -d data >/dev/null
proviso report add --source press --about cust-paper --file reason.txt -d data >/dev/null
CASE="$(proviso case list -d data --json | jq -r 'select(.customer == "cust-paper") | .id')"
echo "No milder way is left." >why.txt
paper=(--scope sub-paper/storage --stage export-only --until +30d)
check "without its own reason" 2 'protected-reason: .*news-medium.*I15' try "${paper[@]}"
check "with it" 0 'needs 4 approvals \(2 more against a protected subject, I15\), 1 of them' \
  try "${paper[@]}" --protected-reason why.txt
order="$(grep -oE '[0-9a-f]{64}' <<<"$OUT")"
proviso order export "$order" --out exported.json -d data
check "order sign shows it" 0 'No milder way is left' \
  proviso order sign exported.json --key keys/counsel --out x.sig
sed 's/No milder/A milder/' exported.json >other.json
check "and holds it" 2 'protected_reason in the file is not' \
  proviso order sign other.json --key keys/counsel --out y.sig
for person in counsel executive director; do
  check "$person does not suffice" 0 'waits for' approve "$order" "$person"
done
check "with one from outside it is in force" 0 'in force: 4 of 4' approve "$order" outside
check "order show has the reason" 0 '"protected_reason":"No milder' \
  proviso order show "$order" -d data --json
proviso order bundle "$order" --out paper.bundle -d data >/dev/null
check "and the bundle proves it" 0 '4 needed, 1 of those from outside the organisation; proposed' \
  "$PROVISO_BIN/ledger-verify" bundle paper.bundle --trust trust.json
check "all of it holds" 0 '^valid' proviso verify data/ledger --trust trust.json
CASE="$(proviso case list -d data --json | jq -r 'select(.customer == "cust-public-body") | .id')"
check "another customer takes no such reason" 2 'no protected subject' \
  try "${plain[@]}" --protected-reason why.txt

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tells the two stories of a cut-off, with a simulated provider and the real commands: one that is
# right and stays exact, one that is a mistake and is undone. Ends with 0 only if every step was as
# told. `./dev run` calls it.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/play.sh
source tests/lib/play.sh

# Where a command reads -d, it is always this story's folder.
D=data
CASE=""
ORDER=""

start_story() {
  mkdir "$PLAY/$1"
  cd "$PLAY/$1"
}

found() {
  step "The provider founds its ledger"
  tell "Five people bring public keys; each keeps the private one. An order will need two of the" \
    "approvers, and the one who proposes it is never one of them."
  show 2 proviso init "$D" --origin log.example.com/terms
  mkdir keys
  local name
  for name in proposer "${APPROVERS[@]}" outside; do make_key . "$name"; done
  show 1 proviso roster add keys/proposer.pub --role proposer -d "$D"
  for name in counsel executive; do
    show 1 proviso roster add "keys/$name.pub" --role approver -d "$D"
  done
  quietly proviso roster add keys/director.pub --role approver -d "$D"
  show 1 proviso roster add keys/outside.pub --role approver --outside -d "$D"
  show 2 proviso roster seal -d "$D" --approvals 2 --out trust.json
  holds "the founding is sealed; the trust file goes to gates and verifiers by hand" code_is 0
}

# A simulated provider's register and usage: simulate SCENARIO.
simulate() {
  quietly proviso simulate "$1" --seed 1 --hours 3 --out usage.jsonl --register register.jsonl
  holds "the provider that this story needs is simulated" code_is 0
}

find_case() {
  quietly proviso case list -d "$D" --json
  CASE="$(jq -r --arg customer "$1" 'select(.customer == $customer) | .id' <<<"$OUT")"
  holds "there is exactly one case about $1" matches "$CASE" '^[0-9a-f-]{36}$'
}
matches() { [[ "$1" =~ $2 ]]; }

state_is() {
  quietly proviso case list -d "$D" --json
  [[ "$(jq -r --arg id "$CASE" 'select(.id == $id) | .state' <<<"$OUT")" == "$1" ]]
}
case_member() { proviso case show "$CASE" -d "$D" --json | jq -r "$1"; }
corroborated() {
  [[ "$(case_member ".findings[] | select(.element == \"$1\") | .corroborated")" == true ]]
}

# check_gate SUBSCRIPTION SERVICE OPERATION: leaves the JSON answer in OUT.
check_gate() {
  quietly proviso gate check --snapshot snapshot.json --trust trust.json \
    --subscription "$1" --service "$2" --operation "$3" --region eu-central-1 --json
}
gate_refuses() {
  check_gate "$@"
  printf '     %-30s %-9s %-20s %s\n' "$1" "$2" "$3" "$(jq -r '"refused (\(.effect))"' <<<"$OUT")"
  code_is 3 && [[ "$(jq -r .refused <<<"$OUT")" == true ]]
}
gate_lets_pass() {
  check_gate "$@"
  printf '     %-30s %-9s %-20s %s\n' "$1" "$2" "$3" \
    "$(jq -r 'if .refused then "refused" else "goes through (\(.effect))" end' <<<"$OUT")"
  [[ "$(jq -r .refused <<<"$OUT")" == false ]]
}
gate_allows() { gate_lets_pass "$@" && code_is 0 && [[ "$(jq -r .effect <<<"$OUT")" == allow ]]; }

propose() {
  show 8 proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d "$D" "$@"
  holds "the order is proposed" code_is 0
  ORDER="$(sed -nE 's/^(proposed|lift) order ([0-9a-f]{64}).*/\2/p' <<<"$OUT")"
}

# On the approver's own machine: no data folder, no network.
sign() {
  quietly proviso order export "$ORDER" -d "$D" --out order.json
  show "$2" proviso order sign order.json --key "keys/$1" --out "$1.sig"
  holds "$1 has read what it says, and signed it" code_is 0
}
approve() {
  show 1 proviso order approve "$ORDER" --signature "$1.sig" -d "$D"
  holds "the signature of $1 fits the order" code_is 0
}
take_snapshot() { quietly proviso gate snapshot --out snapshot.json -d "$D"; }

# cut_over PERSON WHAT CHECK...: hands in the last signature, gives the gate the new snapshot, and
# asks the gate. Prints how long that took; nothing is printed while it is measured.
cut_over() {
  local start in_force answered code=0
  local approve_command=(proviso order approve "$ORDER" --signature "$1.sig" -d "$D")
  start="$(now_ms)"
  quietly "${approve_command[@]}"
  in_force="$(now_ms)"
  local approval="$OUT"
  take_snapshot
  "${@:3}" >answer.txt || code=$?
  answered="$(now_ms)"
  show_command "${approve_command[@]}"
  shorten_lines <<<"$approval"
  holds "with the signature of $1 the order is in force" grep -q 'in force' <<<"$approval"
  cat answer.txt
  holds "$2" test "$code" -eq 0
  tell "$((answered - start)) ms from handing in the last signature to the gate's answer," \
    "$((answered - in_force)) ms of them after the order was in force (three programs started)."
}

verify() {
  take_snapshot
  show 3 proviso verify "$D/ledger" --trust trust.json --snapshot snapshot.json
  holds "log, orders, approvals and snapshot are proven from public files and the trust file" \
    code_is 0
}

story_million_calls() {
  local sub=sub-public-body-records sister=sub-public-body-cyber-defence
  printf '\nSTORY 1: million-calls\n'
  start_story million-calls
  found
  simulate million-calls
  show 1 proviso register load register.jsonl -d "$D"
  holds "the provider's register is loaded" code_is 0

  step "A newspaper reports"
  echo "A newspaper writes that a records unit keeps the calls of a whole population." >report.txt
  show 1 proviso report add --source press --about "$sub" --file report.txt -d "$D"
  holds "the report has a receipt and a case" says 'is received'
  find_case cust-public-body

  step "A reviewer looks, and cannot support it"
  show 3 proviso case show "$CASE" -d "$D"
  local press
  press="$(case_member '.evidence[0].digest')"
  show 1 proviso case finding "$CASE" --element E1 --verdict not-supported \
    --evidence "$press" -d "$D"
  show 1 proviso case finding "$CASE" --element E3 --verdict not-assessable -d "$D"
  echo "One press report, no usage beyond the declared archive of documents." >closed.txt
  show 1 proviso case close "$CASE" --reason closed.txt -d "$D"
  holds "the case is closed, with a reason" state_is closed

  step "Usage arrives: a million call recordings an hour"
  tell "Usage metadata of all customers: who, which service, how much, when. No content."
  show 4 proviso review usage.jsonl -d "$D"
  holds "three rules found something, all in one subscription" says '^signals: 3 new'
  holds "the case has reopened by itself" state_is open
  show 9 proviso case show "$CASE" -d "$D"

  step "Evidence of two independent kinds"
  local usage records
  usage="$(case_member '[.signals[] | select(.title | test("^Bulk voice"))][0].digest')"
  echo "Invoice: 2.1 PB of recordings a month; the agreement declares 6 TB." >invoice.txt
  show 1 proviso case evidence "$CASE" --class business-record --file invoice.txt -d "$D"
  records="$(sha256sum invoice.txt | cut -d' ' -f1)"
  local element
  for element in E1 E2 E3 E4; do
    show 1 proviso case finding "$CASE" --element "$element" --verdict supported \
      --evidence "$usage" "$records" -d "$D"
  done
  holds "usage and business record agree: the finding is corroborated" corroborated E1

  step "Someone proposes an order: exactly two services of one subscription"
  tell "Storage and speech of the records unit, export-only: nothing goes in, nothing is" \
    "recognised, the data can be taken out. It has no end, so it has a review date."
  echo "Mass recording of civilians' calls, corroborated by usage and our invoices." >reason.txt
  propose --scope "$sub/storage" --scope "$sub/speech" --stage export-only --review +180d
  holds "it needs two approvals" says 'needs 2 approvals'
  show 12 proviso order preview "$ORDER" -d "$D"
  holds "the preview names what would be refused" says "$sub/storage.* refused"
  holds "and the sister's cyber defence as untouched" says "$sister/security: untouched"

  step "One signature is not enough"
  sign counsel 12
  approve counsel
  take_snapshot
  holds "with one of two signatures, nothing is restricted" gate_allows "$sub" storage PutObject

  step "The second signature: the cut"
  sign executive 2
  cut_over executive "and the gate refuses new recordings" gate_refuses "$sub" storage PutObject

  step "What the gate refuses, and what never notices"
  holds "speech recognition is refused" gate_refuses "$sub" speech TranscribeRecording
  holds "so is reading back" gate_refuses "$sub" storage GetObject
  holds "the way out stays open (I6)" gate_lets_pass "$sub" storage BulkCopy
  holds "the sister's cyber defence is allowed" gate_allows "$sister" security DetectThreats
  holds "the sister may store" gate_allows "$sister" storage PutObject
  holds "so may a hospital" gate_allows sub-hospital-wards storage PutObject
  holds "and the unit's services that no order names" gate_allows "$sub" database Query

  step "Anyone can verify it"
  verify
  holds "one restriction is in force" says '1 restrictions in force'
}

story_mistaken_cut() {
  local sub=sub-outsourced-calls-calls
  printf '\nSTORY 2: mistaken-cut\n'
  STEP=0
  start_story mistaken-cut
  found
  simulate mistaken-cut
  quietly proviso register load register.jsonl -d "$D"

  step "A contact centre looks alike"
  show 4 proviso review usage.jsonl -d "$D"
  find_case cust-outsourced-calls
  holds "a rule opened a case; it restricted nothing (I12)" state_is open

  step "Two people cut it off, in haste"
  echo "Looks like bulk recording. Suspended while we look." >reason.txt
  propose --scope "$sub/storage" --scope "$sub/speech" --stage export-only --until +14d
  sign counsel 4
  approve counsel
  sign director 1
  cut_over director "and the gate refuses" gate_refuses "$sub" storage PutObject
  holds "its payroll goes on" gate_allows sub-outsourced-calls-payroll database Query

  step "The customer appeals"
  echo "We record our clients' service calls; callers are told. Contracts enclosed." >appeal.txt
  echo "Contracts with 41 clients: calls are recorded, each caller is told." >contracts.txt
  show 1 proviso report add --source customer --about "$sub" --file appeal.txt -d "$D"
  show 1 proviso case evidence "$CASE" --class document --file contracts.txt -d "$D"
  show 1 proviso case finding "$CASE" --element E4 --verdict not-supported \
    --evidence "$(sha256sum contracts.txt | cut -d' ' -f1)" -d "$D"
  holds "there is a lawful basis: the finding is on record" code_is 0

  step "One signature lifts it"
  echo "The callers are told; the order was a mistake." >lift.txt
  show 2 proviso order lift "$ORDER" --reason lift.txt -d "$D"
  holds "the lift waits for one signature (I5)" says "one approver's signature"
  ORDER="$(sed -nE 's/^lift order ([0-9a-f]{64}).*/\1/p' <<<"$OUT")"
  sign executive 4
  cut_over executive "and the contact centre is back" gate_allows "$sub" storage PutObject
  holds "speech recognition too" gate_allows "$sub" speech TranscribeRecording

  step "The case is closed"
  echo "A contact centre, with announcement and contracts." >closed.txt
  show 1 proviso case close "$CASE" --reason closed.txt -d "$D"
  holds "with a reason" state_is closed

  step "Anyone can verify it"
  verify
  holds "nothing is in force, one order was lifted" says '0 restrictions in force, 1 lifts'
}

begin_play story
story_million_calls
story_mistaken_cut
printf '\nBoth stories went as told.\n'

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A customer finds all entries about itself: index keys, lists and the whole log, as a customer and
# as an operator who would keep something from it; judged by both verifiers. And kill -9 at random
# moments while entries with tags are made.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in dev/say dev/install dev/node; do
  # shellcheck source=/dev/null
  source "tools/$part.sh"
done
for part in found check; do
  # shellcheck source=/dev/null
  source "tests/lib/$part.sh"
done
KILLS=10
[[ "${PROVISO_TIER:-full}" != soak ]] || KILLS=100

install_node_packages "$ROOT/console/verify"
NODE="$ROOT/console/verify/node_modules/node/bin/node"
cd "$(mktemp -d "${TMPDIR:-/tmp}/customer_index.XXXXXX")"
DATA=one/data
TRUST=(--trust one/trust.json)

ledger_verify() { "$PROVISO_BIN/ledger-verify" "$@"; }
other_verify() { "$NODE" "$ROOT/console/verify/src/main.ts" "$@"; }

# both WHAT CODE REGEX ARGUMENT...: checks ours, and that the other verifier says the same, letter
# for letter but for the line that is for people.
both() {
  local what="$1" code="$2" regex="$3" ours theirs ours_code=0 theirs_code=0
  shift 3
  check "$what" "$code" "$regex" ledger_verify "$@"
  ours="$(ledger_verify "$@" --json 2>/dev/null | jq -cS 'del(.detail)')" || ours_code=$?
  theirs="$(other_verify "$@" --json 2>/dev/null | jq -cS 'del(.detail)')" || theirs_code=$?
  that "$what: both say the same" test "$ours_code $ours" = "$theirs_code $theirs"
}

make_provider() {
  local c
  found_folder "$1" 2
  for c in a b c; do
    echo "{\"kind\":\"customer\",\"id\":\"cust-$c\",\"name\":\"Canary $c\"}"
    echo "{\"kind\":\"unit\",\"id\":\"unit-$c\",\"customer\":\"cust-$c\"}"
    echo "{\"kind\":\"agreement\",\"id\":\"agr-$c\",\"customer\":\"cust-$c\"}"
    printf '{"kind":"subscription","id":"sub-%s","unit":"unit-%s","agreement":"agr-%s"}\n' \
      "$c" "$c" "$c"
  done >register.jsonl
  proviso register load register.jsonl -d "$1/data" >/dev/null
  echo "because" >reason.txt
}

report_about() {
  proviso report add --source press --about "$1" --file reason.txt -d "$2" --json | jq -r .case
}

cut_and_lift() {
  local order lift
  order="$(proviso order propose --case "$1" --scope "$2/storage" --stage export-only \
    --until +30d --term T-SURVEILLANCE --reason reason.txt --key one/keys/proposer -d "$DATA" \
    --json | digest_of)"
  put_in_force one "$order" counsel executive
  proviso ledger tick -d "$DATA" >/dev/null
  lift="$(proviso order lift "$order" --reason reason.txt -d "$DATA" --json | digest_of)"
  put_in_force one "$lift" counsel
}

list_of() { proviso ledger list --customer "$1" --out "$2" -d "$DATA"; }
key_of() { proviso ledger index-key --customer "$1" --out "$2" -d "$DATA"; }

check_story() {
  SECTION="a customer"
  make_provider one
  CASE="$(report_about cust-a "$DATA")"
  check "has no list before there is an index" 2 'no index was published' list_of cust-a a.list
  check "the index is published" 0 'covers 2 tags' proviso ledger index -d "$DATA"
  cut_and_lift "$CASE" sub-a
  report_about cust-b "$DATA" >/dev/null
  check "and again" 0 'covers 1[0-9] tags' proviso ledger index -d "$DATA"
  check "and once more" 0 'covers 0 tags' proviso ledger index -d "$DATA"
  check "gets its list" 0 'list a.list: 11 entries' list_of cust-a a.list
  check "and its keys" 0 'index keys a.keys: 1' key_of cust-a a.keys
  that "which nobody else can read" test "$(stat -c %a a.list a.keys | sort -u)" = 600
  both "proves the list with no network" 0 '^valid: 11 entries under these index keys' \
    list a.list "${TRUST[@]}"
  check "reads it in words" 0 "  entry [0-9]+  [-0-9:TZ]+  case-opened  case $CASE" \
    ledger_verify list a.list "${TRUST[@]}"
  check "reads it in the same words from the other verifier" 0 "case-opened  case $CASE" \
    other_verify list a.list "${TRUST[@]}"
  that "letter for letter" cmp <(ledger_verify list a.list "${TRUST[@]}") \
    <(other_verify list a.list "${TRUST[@]}")
  both "finds the same in the whole log" 0 '^11 entries under these index keys' \
    log "$DATA/ledger/log" "${TRUST[@]}" --index-key a.keys
  both "the other customer finds its own" 0 'valid' log "$DATA/ledger/log" "${TRUST[@]}"
  list_of cust-b b.list >/dev/null && key_of cust-b b.keys >/dev/null
  both "in its list, too" 0 '^valid: 2 entries' list b.list "${TRUST[@]}"
  list_of cust-c c.list >/dev/null
  both "and one about whom there is nothing has a list that says so" 0 '^valid: 0 entries' \
    list c.list "${TRUST[@]}"
  check "a stranger has none" 2 'the register has none' list_of cust-x x.list
  check "names no customer in the log" 1 '^$' grep -rlaE 'cust-[abc]|Canary' "$DATA/ledger/log"
}

# tampered NAME FILTER CLASS: the list of cust-a changed by jq's FILTER, in canonical form.
tampered() {
  jq -cSj "$2" a.list >bad.list && echo >>bad.list
  both "$1" 3 "^NOT VALID: $3 at" list bad.list "${TRUST[@]}"
}

check_tampering() {
  SECTION="a list"
  jq -cSj . a.list >same.list && echo >>same.list
  that "is the same text after a round trip" cmp a.list same.list
  jq -c . b.list >b.json
  tampered "without its last entry" '.keys[0].entries |= .[:-1]' index
  tampered "without its first entry" '.keys[0].entries |= .[1:]' entry
  tampered "without one in the middle" 'del(.keys[0].entries[4])' entry
  tampered "cut to nothing" '.keys[0].entries = []' index
  tampered "with two entries exchanged" \
    '.keys[0].entries |= [.[1], .[0]] + .[2:]' entry
  jq -r '.keys[0].key' b.list >b.key
  tampered "under another's key" ".keys[0].key = \"$(cat b.key)\"" entry
  tampered "under a key of nobody" '.keys[0].key = ("0" * 64)' entry
  tampered "with its first index entry left out" \
    '.index |= .[1:] | .keys[0].absent |= .[1:]' index
  tampered "with an index entry twice" \
    '.index |= [.[0]] + . | .keys[0].absent |= [.[0]] + .' index
  tampered "with absence proven by the ends" \
    '.keys[0].absent[0] = {"after":null,"before":null}' index
  tampered "with neighbours that are not" \
    '.keys[0].absent[0] |= {"after":.before,"before":.after}' index
  tampered "with one neighbour for both" '.keys[0].absent[0].after = null' index
  tampered "with another place in the index" '.keys[0].entries[0].in_index.place += 1' index
  tampered "with a changed entry" \
    '.keys[0].entries[0].entry.bytes |= sub("case-opened";"case-closed")' entry
  tampered "with the genesis exchanged" '.genesis = .keys[0].entries[0].entry' trust
  tampered "with a changed checkpoint" '.checkpoint |= sub("\n[0-9]+\n";"\n7\n")' \
    checkpoint-signature
  tampered "with an unknown member" '.extra = 1' list
  tampered "without keys" '.keys = []' list
  head -c 1000 a.list >bad.list
  both "cut short" 3 '^NOT VALID: list at list' list bad.list "${TRUST[@]}"
  jq . a.list >bad.list
  both "written otherwise" 3 '^NOT VALID: list at list' list bad.list "${TRUST[@]}"
  check "needs a trust file" 2 'give' ledger_verify list a.list
}

check_keys() {
  SECTION="index keys"
  jq -c '.ledger = "another.example/log"' a.keys >other.keys
  check "of another ledger are bad input" 2 'another ledger' \
    ledger_verify log "$DATA/ledger/log" "${TRUST[@]}" --index-key other.keys
  check "to the other verifier, too" 2 'another ledger' \
    other_verify log "$DATA/ledger/log" "${TRUST[@]}" --index-key other.keys
  check "need a trust file" 2 'index keys need' \
    ledger_verify log "$DATA/ledger/log" --key "$(jq -r .ledger_key one/trust.json)" \
    --index-key a.keys
  check "with the other verifier as well" 2 'needs --trust' \
    other_verify log "$DATA/ledger/log" --key "$(jq -r .ledger_key one/trust.json)" \
    --index-key a.keys
  echo '{}' >bad.keys
  check "that are none" 2 'index keys' \
    ledger_verify log "$DATA/ledger/log" "${TRUST[@]}" --index-key bad.keys
}

# An operator who makes the tools leave something out: the log tells.
check_operator() {
  SECTION="an operator"
  cp -r one skip
  sqlite3 skip/data/store.sqlite "UPDATE index_keys SET next=next+1 WHERE customer='cust-a'"
  report_about cust-a skip/data >/dev/null
  both "who skips a number is seen by the customer" 3 '^NOT VALID: index at entry' \
    log skip/data/ledger/log "${TRUST[@]}" --index-key a.keys
  cp -r one other
  sqlite3 other/data/store.sqlite "UPDATE cases SET customer='cust-c' WHERE customer='cust-a'"
  echo "evidence" >evidence.txt
  proviso case evidence "$CASE" --class document --file evidence.txt -d other/data >/dev/null
  both "who files under somebody else is asked" 0 'ASK: entry [0-9]+ names a case' \
    log other/data/ledger/log "${TRUST[@]}" --index-key a.keys
  cp -r one twice
  sqlite3 twice/data/store.sqlite "UPDATE index_keys SET next=0 WHERE customer='cust-b';
    DROP INDEX outbox_about"
  report_about cust-b twice/data >/dev/null
  both "who gives a number twice is seen by all" 3 '^NOT VALID: index at entry' \
    log twice/data/ledger/log "${TRUST[@]}"
  cp -r one wrong
  sqlite3 wrong/data/store.sqlite "UPDATE outbox SET about='' WHERE kind='report-received'"
  proviso ledger index -d wrong/data >/dev/null
  both "whose index leaves out a tag is seen by all" 3 '^NOT VALID: index at entry' \
    log wrong/data/ledger/log "${TRUST[@]}"
}

# What is sealed leaves no trace in a list.
check_sealed() {
  local n
  SECTION="under a sealed review"
  make_provider two
  sed -i "s/^every_minutes = 0/every_minutes = 10/; s/^per_slot = 1/per_slot = 4/" \
    two/data/proviso.toml
  report_about cust-a two/data >/dev/null
  for n in 1 2; do
    sqlite3 two/data/store.sqlite "DELETE FROM meta WHERE name='sealing_slot'"
    proviso ledger tick -d two/data >/dev/null
  done
  proviso ledger index -d two/data >/dev/null
  for n in a b; do
    proviso ledger list --customer "cust-$n" --out "two.$n" -d two/data >/dev/null
  done
  check "a list is valid" 0 '^valid: 0 entries' ledger_verify list two.a --trust two/trust.json
  jq -cS '.keys[0].key = ""' two.a >two.a.same
  jq -cS '.keys[0].key = ""' two.b >two.b.same
  that "and but for the key that of one who is not" cmp two.a.same two.b.same
  that "in as many bytes" test "$(stat -c %s two.a)" = "$(stat -c %s two.b)"
}

# Kills a command that makes entries at a random moment; no number may be lost or given twice.
check_kills() {
  local n pid hit=0 began takes
  SECTION="kill -9"
  RANDOM="${PROVISO_SEED:-1}"
  make_provider killed
  began="${EPOCHREALTIME/./}"
  report_about cust-a killed/data >/dev/null
  takes=$((${EPOCHREALTIME/./} - began))
  for ((n = 0; hit < KILLS && n < 20 * KILLS; ++n)); do
    echo "report $n" >kill.txt
    "$PROVISO_BIN/proviso" report add --source press --about cust-a --file kill.txt \
      -d killed/data >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % takes % 999999)))"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || hit=$((hit + 1))
  done
  that "$hit commands of $n were killed" test "$hit" -eq "$KILLS"
  proviso ledger index -d killed/data >/dev/null
  proviso ledger index-key --customer cust-a --out killed.keys -d killed/data >/dev/null
  check "no number is missing or there twice" 0 'entries under these index keys' \
    ledger_verify log killed/data/ledger/log --trust killed/trust.json --index-key killed.keys
  that "as many as were given" test \
    "$(ledger_verify log killed/data/ledger/log --trust killed/trust.json \
      --index-key killed.keys --json | jq '.listed | length')" = \
    "$(sqlite3 killed/data/store.sqlite "SELECT next FROM index_keys WHERE customer='cust-a'")"
}

check_story
check_tampering
check_keys
check_operator
check_sealed
check_kills
end_checks

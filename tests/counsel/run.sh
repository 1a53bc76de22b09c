#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A case directed by counsel, with the real commands: what the folder's files hold of it, who can
# read it, and that the log, openings, views and erasure work all the same.
# check calls functions by name:
# shellcheck disable=SC2317
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"
# shellcheck source=tests/lib/check.sh
source "$HERE/../lib/check.sh"
cd "$(mktemp -d "${TMPDIR:-/tmp}/counsel.XXXXXX")"

verify() { proviso verify data/ledger --trust trust.json; }
# The text, or the base64 of texts that begin with it (its length is a multiple of 3), in any file.
stored() { grep -rlaE "$1|$(printf %s "$1" | base64 -w0)" data; }
publish() { proviso ledger publish --for auditor --out "$1" -d data --json "${@:2}"; }
check_view() { proviso ledger check "$1" data/ledger --trust trust.json; }

add_item() {
  proviso case evidence "$CASE" --class "$1" --file "$2" -d data --json | digest_of
}

setup() {
  local key
  found_folder .
  for key in privilege other; do
    proviso key counsel "$key" --out "keys/$key" --no-passphrase >/dev/null 2>&1
  done
  {
    echo '{"kind":"customer","id":"cust-a","name":"A"}'
    echo '{"kind":"unit","id":"unit-a","customer":"cust-a"}'
    echo '{"kind":"agreement","id":"agr-a","customer":"cust-a"}'
    echo '{"kind":"subscription","id":"sub-a","unit":"unit-a","agreement":"agr-a"}'
  } >register.jsonl
  proviso register load register.jsonl -d data >/dev/null
  printf "canary-report-before" >report.txt
  printf 'canary-before-item and what it says' >item.txt
  printf 'canary-after--item and what it says' >later.txt
  printf 'canary-why-closed and more' >closed.txt
  proviso report add --source press --about cust-a --file report.txt -d data >/dev/null
  CASE="$(proviso case list -d data --json | jq -r .id)"
  ITEM="$(add_item document item.txt)"
}

check_keys() {
  SECTION="keys"
  check "a key to sign with is no key of counsel" 2 'director.pub:1:1: not a public key of' \
    proviso case direct "$CASE" --counsel keys/director.pub -d data
  check "a key of counsel can't join the roster" 2 'keys/privilege.pub:1:1: ' \
    proviso roster add keys/privilege.pub --role approver -d data
  check "the private key is not a public one" 2 'keys/privilege:1:1: not a public key of counsel' \
    proviso case direct "$CASE" --counsel keys/privilege -d data
  check "there must be such a case" 2 'no such case' \
    proviso case direct nobody --counsel keys/privilege.pub -d data
  that "private keys are their owner's" test "$(stat -c %a keys/privilege)" = 600
}

check_sealing() {
  SECTION="what the folder holds"
  check "texts, before counsel directs" 0 'store.sqlite' stored canary-before-item
  check "counsel directs the case" 0 'sealed to key' \
    proviso case direct "$CASE" --counsel keys/privilege.pub -d data
  check "none that were there" 1 '^$' stored canary-before-item
  check "nor of the report" 1 '^$' stored canary-report-befo
  LATER="$(add_item press later.txt)"
  check "none that come later" 1 '^$' stored canary-after--item
  proviso case close "$CASE" --reason closed.txt -d data >/dev/null
  check "nor why it was closed" 1 '^$' stored canary-why-clo
  check "doing it again is told" 2 'sealed to this key already' \
    proviso case direct "$CASE" --counsel keys/privilege.pub -d data
  check "the log is valid" 0 '^valid' verify
}

check_reading() {
  SECTION="who reads"
  check "whoever shows the case is told" 0 'directed by counsel' proviso case show "$CASE" -d data
  check "an item needs the key" 2 "sealed to counsel's key" \
    proviso case item "$CASE" "$ITEM" --out a.txt -d data
  check "of this counsel" 2 'sealed to another key' \
    proviso case item "$CASE" "$ITEM" --out a.txt --counsel-key keys/other -d data
  that "nothing was written" test ! -e a.txt
  check "with it, one from before" 0 'is in a.txt' \
    proviso case item "$CASE" "$ITEM" --out a.txt --counsel-key keys/privilege -d data
  that "is what was added" cmp a.txt item.txt
  check "and one from after" 0 'is in b.txt' proviso case item "$CASE" "$LATER" --out b.txt \
    --counsel-key keys/other --counsel-key keys/privilege -d data
  that "too" cmp b.txt later.txt
  check "a file that exists is kept" 2 'exists already' \
    proviso case item "$CASE" "$LATER" --out b.txt --counsel-key keys/privilege -d data
}

check_views() {
  local without with
  SECTION="views"
  check "without the key its entries are left out" 0 '"sealed_to_counsel":[1-9]' \
    publish without.view
  check "and what is there is right" 0 '^valid' check_view without.view
  check "with it they are there" 0 '"sealed_to_counsel":0' \
    publish with.view --counsel-key keys/privilege
  check "as the log has them" 0 '^valid' check_view with.view
  without="$(wc -l <without.view)"
  with="$(wc -l <with.view)"
  that "more of them" test "$with" -gt "$without"
}

check_erasure() {
  SECTION="erasing"
  check "works without the key" 0 '^erased the private parts' \
    proviso ledger erase --case "$CASE" -d data
  check "and leaves no box" 1 '^$' grep -rla 'box1:' data
  check "nor a text for counsel" 2 'erased' \
    proviso case item "$CASE" "$ITEM" --out c.txt --counsel-key keys/privilege -d data
  check "the log is valid" 0 '^valid' verify
}

setup
check_keys
check_sealing
check_reading
check_views
check_erasure
end_checks

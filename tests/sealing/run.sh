#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sealed entries with the real commands: what the public files show of a review and of a quiet
# provider, openings, what is overdue, and kill -9 at random moments of `ledger tick` (10 kills, 100
# in the soak tier).
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"
# shellcheck source=tests/lib/check.sh
source "$HERE/../lib/check.sh"
KILLS=10
[[ "${PROVISO_TIER:-full}" != soak ]] || KILLS=100
cd "$(mktemp -d "${TMPDIR:-/tmp}/sealing.XXXXXX")"

# Makes the present slot one that is still to be done.
slot_again() { sqlite3 "$1/data/store.sqlite" "DELETE FROM meta WHERE name='sealing_slot'"; }
tick() { slot_again "$1" && proviso ledger tick -d "$1/data" --json; }
# A tick in a slot that is done.
# shellcheck disable=SC2317  # check calls it
tick_between() {
  store "$1" "INSERT OR REPLACE INTO meta VALUES ('sealing_slot', '99999999999')"
  proviso ledger tick -d "$1/data" --json
}
verify() { proviso verify "$1/data/ledger" --trust "$1/trust.json" "${@:2}"; }
store() { sqlite3 "$1/data/store.sqlite" "$2"; }

# Every public entry of the folder's log as one line: its length, kind, and public part.
public_entries() {
  python3 - "$1/data/ledger/log" <<'PY'
import json, pathlib, sys
log = pathlib.Path(sys.argv[1])
size = int((log / "checkpoint").read_text().split("\n")[1])
assert size < 256
raw = (log / f"tile/entries/000.p/{size}").read_bytes()
for _ in range(size):
    length = int.from_bytes(raw[:2], "big")
    entry = json.loads(raw[2:2 + length])
    raw = raw[2 + length:]
    # A time is there, and as long as any other; which it is depends on when the test ran.
    print(length, entry["kind"], sorted(entry["public"]), sorted(entry))
PY
}

# A provider with two customers; PER_SLOT sealed entries a slot.
make_provider() {
  found_folder "$1" 2
  sed -i "s/^every_minutes = 0/every_minutes = 10/; s/^per_slot = 1/per_slot = $2/" \
    "$1/data/proviso.toml"
  {
    echo '{"kind":"customer","id":"cust-a","name":"Canary Customer"}'
    echo '{"kind":"unit","id":"unit-a","customer":"cust-a"}'
    echo '{"kind":"agreement","id":"agr-a","customer":"cust-a"}'
    echo '{"kind":"subscription","id":"sub-a","unit":"unit-a","agreement":"agr-a"}'
  } >register.jsonl
  proviso register load register.jsonl -d "$1/data" >/dev/null
}

review_of() {
  local n
  proviso report add --source press --about cust-a --file reason.txt -d "$1/data" >/dev/null
  CASE="$(proviso case list -d "$1/data" --json | jq -r .id)"
  for n in 1 2 3; do
    echo "evidence $n" >evidence.txt
    proviso case evidence "$CASE" --class document --file evidence.txt -d "$1/data" >/dev/null
  done
  proviso case show "$CASE" -d "$1/data" >/dev/null
}

propose_and_sign() {
  ORDER="$(proviso order propose --case "$CASE" --scope sub-a/storage --stage export-only \
    --until +30d --term T-SURVEILLANCE --reason reason.txt --key "$1/keys/proposer" \
    -d "$1/data" --json | digest_of)"
  sign_and_approve "$1" "$ORDER" counsel >/dev/null
}

check_quiet_and_busy() {
  local n
  SECTION="an outsider"
  make_provider quiet 4
  make_provider busy 4
  review_of busy
  propose_and_sign busy
  for n in 1 2 3 4; do tick quiet >/dev/null && tick busy >/dev/null; done
  public_entries quiet >quiet.entries
  public_entries busy >busy.entries
  that "sees the same of a review as of quiet" cmp quiet.entries busy.entries
  that "and every slot's number of leaves" test "$(grep -c ' sealed ' busy.entries)" -eq 16
  that "while entries were sealed" test "$(store busy "SELECT count(*) FROM seals
    WHERE kind<>'cover' AND sealed_entry<>''")" -eq 9
  check "finds neither customer nor case" 1 '^$' grep -rlaE "cust-a|Canary|$CASE|$ORDER" \
    busy/data/ledger/log
  check "who is under review is not opened" 2 'not been told' \
    proviso ledger open --case "$CASE" -d busy/data
  check "is told what is sealed and by when it opens" 0 '16 sealed entries: 0 opened' verify busy
}

check_openings() {
  SECTION="after the effect"
  sign_and_approve busy "$ORDER" executive >/dev/null
  check "the order is proven, its approvals sealed" 0 '1 restrictions in force' verify busy
  tick busy >/dev/null
  check "90 days later openings are missing" 0 'OVERDUE: entry [0-9]+ .*10 openings' \
    verify busy --at +91d
  check "they are opened" 0 '^opened 10 entries' proviso ledger open --case "$CASE" -d busy/data
  check "and nothing more" 0 '"covers":0,.*"opened":0,"sealed":0' tick_between busy
  check "all is as promised" 0 '10 opened \(0 covers, 0 late\)' verify busy --at +91d
  that "nothing is overdue" test "$(verify busy --at +91d --json | jq .overdue_total)" -eq 0
  check "covers are owed an opening, too" 0 '"overdue_total":10' verify busy --at +401d --json
  json "each with its entry and time" '.overdue | length == 10 and all(.missing == 1)'
  store busy "UPDATE seals SET open_by='2020-01-01T00:00:00Z' WHERE kind='cover'"
  check "and get one" 0 '"opened":10' tick busy
  check "which says that they were covers" 0 '20 opened \(10 covers' verify busy
  check "no name is in the log for that" 1 '^$' grep -rlaE "cust-a|Canary" busy/data/ledger/log
}

# Kills `ledger tick` at a random moment; then everything must be as if it had not been killed.
check_kills() {
  local n pid hit=0 began takes
  SECTION="kill -9"
  RANDOM="${PROVISO_SEED:-1}"
  make_provider killed 7
  review_of killed
  # Within the time that a tick takes on this machine; one that was done before is no kill.
  began="${EPOCHREALTIME/./}"
  tick killed >/dev/null
  takes=$((${EPOCHREALTIME/./} - began))
  for ((n = 0; hit < KILLS && n < 20 * KILLS; ++n)); do
    slot_again killed
    "$PROVISO_BIN/proviso" ledger tick -d killed/data >/dev/null 2>&1 &
    pid=$!
    sleep "$(printf '0.%06d' $(((RANDOM * 32768 + RANDOM) % takes % 999999)))"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || hit=$((hit + 1))
  done
  that "$hit ticks of $n were killed" test "$hit" -eq "$KILLS"
  tick killed >/dev/null
  check "the log is valid" 0 '^valid' verify killed
  that "every sealed leaf has content and salt" test "$(store killed "SELECT count(*) FROM outbox o
    LEFT JOIN seals s ON s.sealed_entry=o.entry
    WHERE o.kind='sealed' AND (s.content IS NULL OR length(o.salt)<>64)")" -eq 0
  that "a slot is whole or not there" test "$(($(verify killed --json | jq .sealed) % 7))" -eq 0
  that "nothing is sealed twice" test "$(store killed "SELECT count(*)-count(DISTINCT sealed_entry)
    FROM seals WHERE sealed_entry<>''")" -eq 0
  echo "nothing in it" >reason.txt
  proviso case close "$CASE" --reason reason.txt -d killed/data >/dev/null
  tick killed >/dev/null
  store killed "UPDATE seals SET open_by='2020-01-01T00:00:00Z' WHERE kind='cover'"
  proviso ledger open --case "$CASE" -d killed/data >/dev/null
  verify killed --json >verdict.json
  OUT="$(cat verdict.json)"
  json "and all of it can be opened" '.ok and .sealed == .opened and .sealed > 7'
}

# What the profile shows of an opened case, and that it is proven.
check_publication() {
  SECTION="publication"
  local view trust=(--trust busy/trust.json)
  proviso ledger publish --for auditor --out auditor.view -d busy/data >/dev/null
  proviso ledger publish --for customer --customer cust-a --out customer.view \
    -d busy/data >/dev/null
  proviso ledger publish --for public --out public.view -d busy/data >/dev/null
  for view in auditor customer public; do
    check "the $view's view is proven" 0 "^valid: [0-9]+ entries, [0-9]+ values for $view" \
      proviso ledger check "$view.view" busy/data/ledger "${trust[@]}"
  done
  check "the public is told the clause" 0 'T-SURVEILLANCE@' cat public.view
  check "but no customer, subscription or case" 1 '^$' \
    grep -E "cust-a|sub-a|Canary|$CASE" public.view
  check "an auditor sees no customer" 1 '^$' grep -E "cust-a|sub-a|Canary" auditor.view
  sed 's/"T-SURVEILLANCE@/"T-OTHER@/' public.view >other.view
  check "another value is refused" 3 'NOT VALID: view at line [0-9]+: shows another value' \
    proviso ledger check other.view busy/data/ledger "${trust[@]}"
  sed '$d' public.view >cut.view
  check "and a view that was cut" 3 'the view is cut' \
    proviso ledger check cut.view busy/data/ledger "${trust[@]}"
  check "and one of another ledger's entries" 3 'no such entry' \
    proviso ledger check public.view quiet/data/ledger --trust quiet/trust.json
  echo '{"version":1,"audiences":{"public":{"case-opened":["customer"]}}}' >open.json
  check "no profile names customers to the public" 2 'open.json.*I11' \
    proviso ledger publish --for public --profile open.json --out x.view -d busy/data
  check "a customer's view is of one" 2 'needs --customer' \
    proviso ledger publish --for customer --out x.view -d busy/data
}

# absent FILE-OR-FOLDER TEXT: in no byte of it, also not in base64 at any alignment.
# shellcheck disable=SC2317  # check calls it
absent() {
  python3 - "$1" "$2" <<'PY'
import base64, pathlib, sys
root, text = pathlib.Path(sys.argv[1]), sys.argv[2].encode()
needles = [text] + [base64.b64encode(b"x" * i + text)[4 * ((i > 0) + (i > 3)):-8] for i in range(3)]
found = [(p, n) for p in root.rglob("*") if p.is_file() for n in needles if n in p.read_bytes()]
sys.exit(f"found {found}" if found else 0)
PY
}

check_erasure() {
  local text
  SECTION="erased"
  echo "CANARY-REPORT-4711 said so" >report.txt
  echo "CANARY-EVIDENCE-4711 shows it" >evidence.txt
  echo "CANARY-REASON-4711 is why" >why.txt
  make_provider erased 20
  proviso report add --source press --about sub-a --file report.txt -d erased/data >/dev/null
  CASE="$(proviso case list -d erased/data --json | jq -r .id)"
  proviso case evidence "$CASE" --class document --independence CANARY-GROUP-4711 \
    --file evidence.txt -d erased/data >/dev/null
  check "not while the case goes on" 2 'not closed' \
    proviso ledger erase --case "$CASE" -d erased/data
  proviso case close "$CASE" --reason why.txt -d erased/data >/dev/null
  check "not what could never be opened" 2 'still sealed' \
    proviso ledger erase --case "$CASE" -d erased/data
  tick erased >/dev/null
  proviso ledger open --case "$CASE" -d erased/data >/dev/null
  for text in REPORT EVIDENCE REASON GROUP; do
    check "before, $text is there" 1 'found' absent erased/data "CANARY-$text-4711"
  done
  check "private parts and salts" 0 '^erased the private parts of [1-9]' \
    proviso ledger erase --case "$CASE" -d erased/data
  for text in REPORT EVIDENCE REASON GROUP; do
    that "$text is in no byte of the data folder" absent erased/data "CANARY-$text-4711"
  done
  check "the log is valid, openings and all" 0 '20 sealed entries: 4 opened' verify erased
  that "no salt of the case is kept" test "$(store erased "SELECT count(*) FROM seals
    WHERE case_id='$CASE' AND salt||private_part||content<>''")" -eq 0
  check "the log tells that it was erased" 0 '"kind":"private-erased"' \
    grep -ao '"kind":"private-erased"' -r erased/data/ledger/log/tile/entries
  check "the folder goes on" 0 '"sealed":' tick erased
  check "a view has nothing of it, only the register's load" 0 '"entries":1' \
    proviso ledger publish --for auditor --out erased.view -d erased/data --json
}

check_settings() {
  SECTION="settings"
  check "init asks for sealing" 0 'is made' proviso init sealing --seal-every 15
  that "and writes it down" grep -q '^every_minutes = 15' sealing/proviso.toml
  check "before the founding there are no slots" 2 'not sealed' proviso ledger tick -d sealing
  sed -i 's/^open_after_days = 30/open_after_days = 90/' sealing/proviso.toml
  check "openings come in time" 2 'proviso.toml:[0-9]+:[0-9]+: sealing.open_after_days must be' \
    proviso ledger tick -d sealing
}

echo "Bulk recording." >reason.txt
check_quiet_and_busy
check_openings
check_publication
check_erasure
check_kills
check_settings
cd /
end_checks

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The ledger of a real data folder is valid for somebody else's verifier (the Go checksum database's
# code), and `proviso verify` judges logs that somebody else wrote and broke as their labels say.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
# shellcheck source=tests/lib/found.sh
source "$ROOT/tests/lib/found.sh"
WORK="${TMPDIR:-/tmp}/outside_ledger"
DATA="$ROOT/../shared/data/ledger"
rm -rf "$WORK" && mkdir -p "$WORK"
FAILURES=0

fail() { FAILURES=$((FAILURES + 1)) && printf 'FAILED: %s\n' "$*"; }

outside_says_valid() {
  "$ROOT/tests/outside_verifier/verify.sh" "$1" "$(jq -r .ledger_key "$WORK/f/trust.json")" \
    >"$WORK/outside.out" 2>&1
}

# More than one full tile of entries: 300 reports.
make_ledger() {
  found_folder "$WORK/f" 2
  proviso simulate million-calls --seed 3 --hours 2 --background 10 --out "$WORK/u.jsonl" \
    --register "$WORK/r.jsonl" >/dev/null
  proviso register load "$WORK/r.jsonl" -d "$WORK/f/data" >/dev/null
  proviso review -d "$WORK/f/data" "$WORK/u.jsonl" >/dev/null
  local customer i
  customer="$(jq -r 'select(.kind == "customer").id' "$WORK/r.jsonl" | head -n 1)"
  for i in $(seq 1 300); do
    printf 'Report %d.\n' "$i" >"$WORK/report.txt"
    proviso report add --source press --about "$customer" --file "$WORK/report.txt" \
      -d "$WORK/f/data" >/dev/null
  done
}

check_own_ledger() {
  command -v go >/dev/null || { SKIPPED="go is not installed" && return; }
  make_ledger
  local log="$WORK/f/data/ledger/log"
  outside_says_valid "$log" ||
    fail "the outside verifier refuses our ledger: $(cat "$WORK/outside.out")"
  printf 'own ledger: the outside verifier says: %s\n' "$(tail -n 1 "$WORK/outside.out")"
  proviso verify "$log/.." --trust "$WORK/f/trust.json"
  # The same verifier must be able to say no.
  cp -r "$log" "$WORK/changed"
  local bundle="$WORK/changed/tile/entries/000"
  printf 'X' | dd of="$bundle" bs=1 seek=100 conv=notrunc status=none
  ! outside_says_valid "$WORK/changed" || fail "the outside verifier accepts a changed entry"
}

# judge WHAT LOG VKEY CLASS: OK, or the class of failure that is to be reported.
judge() {
  local code=0 out class
  out="$(proviso verify "$2" --key "$3" --json)" || code=$?
  class="$(jq -r 'if .ok then "OK" else .error_class end' <<<"$out")"
  [[ "$class" == "$4" ]] || fail "$1: '$class', and not '$4'"
  [[ "$code" -eq $([[ "$4" == OK ]] && echo 0 || echo 3) ]] || fail "$1: exit code $code"
}

judge_others_ledgers() {
  local name class count=0 size
  while IFS=$'\t' read -r name class; do
    judge "broken/$name" "$DATA/broken/$name/log" "$DATA/good-700/keys/log.vkey" "$class"
    count=$((count + 1))
  done <"$DATA/broken/expected.tsv"
  for size in 0 1 255 256 257 511 512 700; do
    judge "good-$size" "$DATA/good-$size/log" "$DATA/good-$size/keys/log.vkey" OK
    count=$((count + 1))
  done
  printf '%d logs of others judged\n' "$count"
  [[ "$count" -ge 31 ]] || fail "only $count logs were judged"
}

SKIPPED=""
check_own_ledger
if [[ -d "$DATA" ]]; then
  judge_others_ledgers
else
  SKIPPED="${SKIPPED:+$SKIPPED; }../shared/data/ledger is missing"
fi
[[ "$FAILURES" -eq 0 ]] || exit 1
[[ -z "$SKIPPED" ]] || { printf 'skipped: %s\n' "$SKIPPED" && exit 77; }

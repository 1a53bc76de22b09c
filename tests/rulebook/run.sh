#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each rule of the rulebook against its scenario (tests/scenarios/rulebook): the usage that breaks
# the term raises exactly the expected signals, through `proviso review`; that of those who look
# alike raises none; both together are as the first alone. PROVISO_FILTER names one scenario.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh

SCENARIOS="$PWD/tests/scenarios/rulebook"
failed=0
found_folder "$TMPDIR/world" || exit 1

# signals_of DATA: a line {"rule","subscription"} for each distinct signal, sorted.
signals_of() {
  local id
  for id in $(proviso case list -d "$1" --json | jq -r .id); do
    proviso case show "$id" -d "$1" --json | jq -cS '.signals[] | {rule, subscription}'
  done | LC_ALL=C sort -u
}

# review SCENARIO NAME LOG...: the signals of a fresh data folder after these logs.
review() {
  local folder="$SCENARIOS/$1" data="$TMPDIR/$1-$2" customer
  cp -a "$TMPDIR/world/data" "$data"
  proviso register load "$folder/register.jsonl" -d "$data" >/dev/null || return 1
  if [[ -f "$folder/under_review.jsonl" ]]; then
    echo "A concern." >"$TMPDIR/concern.txt"
    for customer in $(jq -r .customer "$folder/under_review.jsonl"); do
      proviso report add --source other --about "$customer" --file "$TMPDIR/concern.txt" \
        -d "$data" >/dev/null || return 1
    done
  fi
  proviso review "${@:3}" -d "$data" --json >"$TMPDIR/summary.json" || return 1
  if [[ "$(jq .rejects "$TMPDIR/summary.json")" != 0 ]]; then
    echo "records were rejected: $(jq -c .rejects_by_reason "$TMPDIR/summary.json")"
  fi
  signals_of "$data"
  rm -r "$data"
}

# expect SCENARIO WHAT EXPECTED GOT
expect() {
  if [[ "$3" == "$4" ]]; then
    echo "ok - $1: $2"
    return
  fi
  echo "not ok - $1: $2"
  diff <(echo "$3") <(echo "$4") | sed 's/^/  /'
  failed=1
}

count=0
for folder in "$SCENARIOS"/*/; do
  name="$(basename "$folder")"
  [[ -z "${PROVISO_FILTER:-}" || "$name" == "$PROVISO_FILTER" ]] || continue
  count=$((count + 1))
  if [[ "${PROVISO_UPDATE:-}" == 1 ]]; then
    review "$name" update "$folder/fires.jsonl" >"$TMPDIR/expected" &&
      mv "$TMPDIR/expected" "$folder/expected.jsonl"
  fi
  expected="$(jq -cS . "$folder/expected.jsonl" | LC_ALL=C sort -u)"
  expect "$name" "fires" "$expected" "$(review "$name" fires "$folder/fires.jsonl" 2>&1)"
  expect "$name" "near misses are silent" "" \
    "$(review "$name" near "$folder/near_misses.jsonl" 2>&1)"
  expect "$name" "both together" "$expected" \
    "$(review "$name" both "$folder/fires.jsonl" "$folder/near_misses.jsonl" 2>&1)"
  [[ -f "rulebook/$name.yml" ]] || { echo "not ok - $name: no such rule" && failed=1; }
done
for rule in rulebook/*.yml; do
  [[ -d "$SCENARIOS/$(basename "$rule" .yml)" ]] ||
    { echo "not ok - $rule has no scenario" && failed=1; }
done
[[ "$count" -gt 0 ]] || { echo "not ok - no scenario '$PROVISO_FILTER'" && failed=1; }
exit "$failed"

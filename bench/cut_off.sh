#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From the last signature to a gate that refuses, as a person with a shell would do it: three
# processes. The clock runs from the start of `order approve` to the end of the `gate check` that
# answers with exit code 3.
#
#   cut_off [RUNS] [BACKGROUND-SUBSCRIPTIONS]
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=tests/lib/found.sh
source "$ROOT/tests/lib/found.sh"
RUNS="${1:-20}"
BACKGROUND="${2:-300}"
WORK="$(mktemp -d "${TMPDIR:-/tmp}/proviso-cut-off.XXXXXX")"
trap 'rm -rf "$WORK"' EXIT

now_us() { echo $(($(date +%s%N) / 1000)); }
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.1f\n", v[int((NR + 1) / 2)] / 1000 }'; }
largest() { sort -n | tail -n 1 | awk '{ printf "%.1f\n", $1 / 1000 }'; }
row() { printf '%-26s median %7s ms   largest %7s ms\n' "$1" "$(median <"$2")" "$(largest <"$2")"; }

prepare() {
  found_folder "$WORK" 2
  proviso simulate million-calls --hours 24 --background "$BACKGROUND" --out "$WORK/u.jsonl" \
    --register "$WORK/r.jsonl" >/dev/null
  proviso register load "$WORK/r.jsonl" -d "$WORK/data" >/dev/null
  proviso review -d "$WORK/data" "$WORK/u.jsonl" >/dev/null
  CASE="$(proviso case list -d "$WORK/data" --json | jq -r .id | head -n 1)"
  SUBSCRIPTION="$(proviso case show "$CASE" -d "$WORK/data" --json |
    jq -r '.signals[0].subscription')"
  echo "Use that the terms forbid." >"$WORK/reason"
}

# One order, signed by two people; the second signature is handed in under the clock.
cut_off() {
  local order start approved snapped end code=0
  order="$(proviso order propose -d "$WORK/data" --case "$CASE" --scope "$SUBSCRIPTION/speech" \
    --stage read-only --until +30d --term T-SURVEILLANCE --reason "$WORK/reason" \
    --key "$WORK/keys/proposer" --json | digest_of)"
  put_in_force "$WORK" "$order" counsel
  proviso order export "$order" -d "$WORK/data" --out "$WORK/order" >/dev/null
  proviso order sign "$WORK/order" --key "$WORK/keys/executive" --out "$WORK/sig" --yes >/dev/null
  start="$(now_us)"
  proviso order approve "$order" --signature "$WORK/sig" -d "$WORK/data" >/dev/null
  approved="$(now_us)"
  proviso gate snapshot -d "$WORK/data" --out "$WORK/snapshot" >/dev/null
  snapped="$(now_us)"
  proviso gate check --snapshot "$WORK/snapshot" --trust "$WORK/trust.json" \
    --subscription "$SUBSCRIPTION" --service speech --operation TranscribeRecording \
    >/dev/null || code=$?
  end="$(now_us)"
  [[ "$code" -eq 3 ]] || { echo "error: the gate does not refuse (exit $code)" >&2 && exit 1; }
  echo $((approved - start)) >>"$WORK/approve"
  echo $((snapped - approved)) >>"$WORK/snap"
  echo $((end - snapped)) >>"$WORK/check"
  echo $((end - start)) >>"$WORK/all"
  proviso order lift "$order" --reason "$WORK/reason" -d "$WORK/data" --json |
    digest_of >"$WORK/lift"
  put_in_force "$WORK" "$(cat "$WORK/lift")" counsel
}

prepare
for _ in $(seq "$RUNS"); do cut_off; done
SUBSCRIPTIONS="$(grep -c '"kind":"subscription"' "$WORK/r.jsonl")"
echo "$RUNS cut-offs, $SUBSCRIPTIONS subscriptions in the register"
row "order approve" "$WORK/approve"
row "gate snapshot" "$WORK/snap"
row "gate check (refuses)" "$WORK/check"
row "signature to refusal" "$WORK/all"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A small share of `./dev bench detection`: 4 simulated providers of 60 subscriptions for 10 days,
# on seeds of the choosing set. Each million-calls unit has its case within 24 hours, nobody else
# has one, and lines give the same cases as events. The answer is the same on any machine.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

if [[ "$PROVISO_TIER" == quick ]]; then
  echo "skipped: not in the quick tier"
  exit 77
fi
failed=0
out="$TMPDIR/detection.txt"
share=(--providers 4 --subscriptions 60 --days 10 --text 1)

# says WHAT PATTERN: a line of the last run
says() {
  if grep -qE "$2" "$out"; then
    echo "ok - $1"
  else
    echo "not ok - $1" && cat "$out" && failed=1
  fi
}

if "$PROVISO_BIN/bench_detection" "${share[@]}" --curve-runs 0 --check >"$out" 2>&1; then
  echo "ok - the shares that have to be reached are reached"
else
  echo "not ok - the shares that have to be reached are not" && failed=1
fi
says "each million-calls unit is found within 24 hours" '^  within 24 h: 8 = 100\.00 %'
says "nobody is suspected who does nothing wrong" '^wrong cases: 0, in 0 customer months, of 80 sub'
says "lines give the same cases as events" '^text path: 1 providers, 0 differ$'

# The check can fail: with thresholds a hundred times as high nothing is found, with a hundredth of
# them others are suspected.
"$PROVISO_BIN/bench_detection" "${share[@]}" --curve-runs 0 --scale 10000 --check >"$out" 2>&1 &&
  echo "not ok - nothing was found, and nobody minded" && failed=1
says "thresholds that are too high find nobody" '^  within 24 h: 0 = 0\.00 %'
"$PROVISO_BIN/bench_detection" --providers 2 --subscriptions 60 --days 10 --text 0 --curve-runs 0 \
  --scale 1 --check >"$out" 2>&1 &&
  echo "not ok - innocent customers were suspected, and nobody minded" && failed=1
says "thresholds that are too low suspect others" '^wrong cases: [1-9]'
exit "$failed"

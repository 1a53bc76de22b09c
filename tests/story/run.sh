#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stories of `./dev run` and the attacks of `./dev attack`: every step has to go as told. One
# line for each step.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

failed=0
play() {
  local name="$1" steps
  if "tools/$name.sh" >"$TMPDIR/$name.out" 2>&1; then
    echo "ok - tools/$name.sh ends with 0"
  else
    echo "not ok - tools/$name.sh ends with $?"
    tail -n 20 "$TMPDIR/$name.out"
    failed=1
  fi
  sed -nE "s/^   \[(ok|refused)\] /ok - $name: /p; s/^   \[NOT OK\] /not ok - $name: /p" \
    "$TMPDIR/$name.out"
  steps="$(grep -cE '^   \[(ok|refused)\] ' "$TMPDIR/$name.out")"
  # A script that ends early with 0 must not pass.
  [[ "$steps" -ge "$2" ]] || { echo "not ok - $name has $steps steps, fewer than $2" && failed=1; }
}

play story 48
play attack 35
exit "$failed"

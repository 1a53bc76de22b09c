# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What ./dev prints, and the counts that it ends with.

PASSED=0
FAILED=0
SKIPPED=0

say() { printf '== %s\n' "$*"; }

usage_error() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

# Runs a step, says how long it took, and passes on how it ended.
step() {
  local name="$1" start="$SECONDS" code=0
  shift
  say "$name"
  "$@" || code=$?
  local ending="done"
  [[ "$code" -eq 0 ]] || ending=FAILED
  say "$name: $ending in $((SECONDS - start)) s"
  return "$code"
}

# A step that counts as one test.
counted_step() {
  if step "$@"; then PASSED=$((PASSED + 1)); else FAILED=$((FAILED + 1)); fi
}

# The last line of a test run; fails where something failed, or where nothing ran at all.
closing_line() {
  printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
  [[ "$FAILED" -eq 0 && "$PASSED" -gt 0 ]]
}

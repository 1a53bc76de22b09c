# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the checks of this folder share. Sourced.

WORK="${TMPDIR:-/tmp}/bad_input"
CHECKS=0
FAILURES=0
NOTES=()

fail() { FAILURES=$((FAILURES + 1)) && printf 'FAILED: %s\n' "$*"; }
ok() { CHECKS=$((CHECKS + 1)) && printf 'ok: %s\n' "$*"; }
# check WHAT COMMAND...
check() {
  local what="$1"
  shift
  if "$@"; then ok "$what"; else fail "$what: exit $CODE: $OUT$ERR"; fi
}

begin() {
  rm -rf "$WORK" && mkdir -p "$WORK"
  found_folder "$WORK/f" 2
  proviso simulate million-calls --seed 3 --hours 24 --background 20 --out "$WORK/u.jsonl" \
    --register "$WORK/r.jsonl" >/dev/null
  proviso register load "$WORK/r.jsonl" -d "$WORK/f/data" >/dev/null
}

finish() {
  printf '%d checks, %d failed\n' "$CHECKS" "$FAILURES"
  [[ ${#NOTES[@]} -eq 0 ]] || printf 'skipped: %s\n' "${NOTES[@]}"
  [[ "$FAILURES" -eq 0 ]]
}

# Runs proviso; OUT, ERR and CODE are what came of it.
attempt() {
  CODE=0
  OUT="$("$PROVISO_BIN/proviso" "$@" 2>"$WORK/stderr" </dev/null)" || CODE=$?
  ERR="$(cat "$WORK/stderr")"
}

fresh_data() {
  rm -rf "$WORK/d"
  cp -r "$WORK/f/data" "$WORK/d"
}

member() { jq -r "$1" <<<"$OUT"; }
exit_is() { [[ "$CODE" -eq "$1" ]]; }
says() { [[ "$ERR" == *"$1"* ]]; }
# refused CODE TEXT: the exit code, and an error that says so.
refused() { exit_is "$1" && [[ "$ERR" == "error: "* ]] && says "$2"; }

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Checks with one line each, for scripts that run many commands. Sourced.
#
#   check NAME CODE REGEX COMMAND...   its exit code ([12]: either), and its output (both streams)
#                                      holds REGEX
#   json NAME FILTER                   jq's FILTER is true of the last output
#   that NAME COMMAND...               the command succeeds
#   end_checks                         ends the script: 0 only where all held

SECTION=""
OUT=""
CHECKS=0
FAILED=0

verdict() {
  CHECKS=$((CHECKS + 1))
  if [[ "$1" -eq 0 ]]; then
    echo "ok - ${SECTION:+$SECTION: }$2"
    return
  fi
  FAILED=$((FAILED + 1))
  echo "not ok - ${SECTION:+$SECTION: }$2"
  printf '  %s\n' "${@:3}"
}

check() {
  local name="$1" code="$2" regex="$3" got=0
  shift 3
  OUT="$("$@" 2>&1 </dev/null)" || got=$?
  # shellcheck disable=SC2053  # a pattern
  if [[ "$got" == $code ]] && grep -qE -- "$regex" <<<"$OUT"; then
    verdict 0 "$name"
  else
    verdict 1 "$name" "command: $*" "ended with $got, not $code, or says not '$regex':" "$OUT"
  fi
}

json() {
  if jq -e "$2" <<<"$OUT" >/dev/null 2>&1; then
    verdict 0 "$1"
  else
    verdict 1 "$1" "not true: $2" "$OUT"
  fi
}

that() {
  local name="$1"
  shift
  if "$@" >/dev/null; then verdict 0 "$name"; else verdict 1 "$name" "failed: $*"; fi
}

end_checks() {
  echo "$CHECKS checks, $FAILED failed"
  [[ "$FAILED" -eq 0 && "$CHECKS" -gt 0 ]]
  exit
}

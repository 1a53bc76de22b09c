#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stands in for `proviso` while scripts play: does what it is told, and after each `verify` asks the
# verifier in TypeScript the same. Needs
#   BOTH_REAL    the real program
#   BOTH_NODE    Node, and BOTH_OTHER, the other verifier's main.js
#   BOTH_TOLD    a file that gets a line for each question: "same" or "DIFFERENT", and its verdict
set -uo pipefail

[[ "${1:-}" == verify ]] || exec "$BOTH_REAL" "$@"

question=()
for argument in "${@:2}"; do
  [[ "$argument" == --json ]] || question+=("$argument")
done
# The verdict in all its members but the line for people, and how the program ended.
judge() {
  local out code=0
  out="$("$@" "${question[@]}" --json 2>/dev/null)" || code=$?
  printf '%d %s' "$code" "$(jq -cS 'del(.detail)' <<<"$out")"
}
one="$(judge "$BOTH_REAL" verify)"
other="$(judge "$BOTH_NODE" "$BOTH_OTHER")"
if [[ "$one" == "$other" ]]; then
  printf 'same %s\n' "$one" >>"$BOTH_TOLD"
else
  printf 'DIFFERENT %s | %s | %s\n' "$one" "$other" "${question[*]}" >>"$BOTH_TOLD"
fi
exec "$BOTH_REAL" "$@"

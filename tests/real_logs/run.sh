#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reviews real public logs (../shared/data/usage, see the SOURCE.txt of each). The numbers were
# counted in the files by other means: CloudTrail 2,900 and 310 records, all with ids of their own;
# FOCUS 1,000 rows, of which 12 have a negative ConsumedQuantity; inference 8,819 and 19,366 rows,
# none twice, and no tenant.
# How the rules match real rules and events is the unit test signals/sigma_reference_test.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
# shellcheck source=tests/lib/found.sh
source "$ROOT/tests/lib/found.sh"
WORK="${TMPDIR:-/tmp}/real_logs"
LOGS="$ROOT/../shared/data/usage"
[[ -d "$LOGS" ]] || { echo "skipped: ../shared/data/usage is missing" && exit 77; }
rm -rf "$WORK" && mkdir -p "$WORK"
FAILURES=0

fail() { FAILURES=$((FAILURES + 1)) && printf 'FAILED: %s\n' "$*"; }

# counts JSON: records events duplicates rejects done-before
counts() {
  jq -r '[.records, .events, .duplicates, .rejects, .inputs_done_before] | join(" ")' <<<"$1"
}

# expect WHAT JSON "RECORDS EVENTS DUPLICATES REJECTS DONE-BEFORE"
expect() {
  local got
  got="$(counts "$2")"
  # shellcheck disable=SC2086  # one number each
  printf '%-34s %s records, %s events, %s duplicates, %s rejects, %s done before\n' "$1" $got
  [[ "$got" == "$3" ]] || fail "$1: $got, and not $3"
}

# review_log NAME FILE RECORDS EVENTS REJECTS KNOWN-AGAIN [OPTION...]
# Once; once more (the file has been read); and a copy under another name, of which those events
# are known that are not more than seven days older than the newest.
review_log() {
  local name="$1" file="$2" records="$3" events="$4" rejects="$5" known="$6" copy out
  shift 6
  found_folder "$WORK/$name" 2
  out="$(proviso review -d "$WORK/$name/data" "$file" "$@" --json)"
  expect "$name" "$out" "$records $events 0 $rejects 0"
  REASONS="$(jq -r '.rejects_by_reason | join("; ")' <<<"$out")"
  out="$(proviso review -d "$WORK/$name/data" "$file" "$@" --json)"
  expect "$name, the same file" "$out" "0 0 0 0 1"
  copy="$WORK/$name/copy.${file##*.}"
  cp "$file" "$copy"
  out="$(proviso review -d "$WORK/$name/data" "$copy" "$@" --json)"
  expect "$name, a copy of it" "$out" "$records $((events - known)) $known $rejects 0"
  [[ "$(wc -l <"$WORK/$name/data/rejects.jsonl")" -eq $((2 * rejects)) ]] ||
    fail "$name: the reject file does not hold $rejects lines for each reading"
}

# A trace without tenant is refused, and the reason says what to do.
refuse_without_subscription() {
  local code=0 out
  found_folder "$WORK/no_tenant" 2
  out="$(proviso review -d "$WORK/no_tenant/data" "$1" 2>&1)" || code=$?
  [[ "$code" -eq 2 && "$out" == *"names no subscription"*"--subscription"* ]] ||
    fail "a trace without tenant: exit $code: $out"
  printf 'without --subscription: %s\n' "${out##*/}"
}

review_log invictus "$LOGS/aws_cloudtrail_invictus/cloudtrail.ndjson" 2900 2900 0 2900
review_log stratus "$LOGS/aws_cloudtrail_stratus/cloudtrail.ndjson" 310 310 0 7
review_log focus "$LOGS/focus_sample/focus_sample.csv" 1000 988 12 574
[[ "$REASONS" == "12 x ConsumedQuantity: is negative" ]] || fail "focus: reasons: $REASONS"
for part in code:8819 conv:19366; do
  file="$LOGS/azure_llm_2023/AzureLLMInferenceTrace_${part%:*}.csv"
  refuse_without_subscription "$file"
  rm -rf "$WORK/no_tenant"
  review_log "llm_${part%:*}" "$file" "${part#*:}" "${part#*:}" 0 "${part#*:}" --subscription traced
done
[[ "$FAILURES" -eq 0 ]]

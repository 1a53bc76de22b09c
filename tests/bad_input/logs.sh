# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Logs and rules that are wrong. Sourced.

LONG_LINE_BYTES=200000000
REJECT_MEMBERS='["column","file","line","offset","reason"]'
MEMORY_MAX_KB=524288  # of address space, for a line of 200 MB

line() { sed -n "$1p" "$WORK/u.jsonl"; }

# between WHAT LINE...: two good records, the bad ones of standard input, two good records.
between() { line 1 && line 2 && cat && line 3 && line 4; }

# refuses WHAT REASON [COUNT]: reviews $WORK/log.jsonl; the records at line 3 and on are refused
# with this reason, and the four good ones around them count.
refuses() {
  local what="$1" reason="$2" count="${3:-1}" rejects
  fresh_data
  attempt review -d "$WORK/d" "$WORK/log.jsonl" --json
  rejects="$WORK/d/rejects.jsonl"
  if exit_is 0 && [[ "$(member .events)" -eq 4 && "$(member .rejects)" -eq "$count" ]] &&
    [[ "$(jq -r .line <"$rejects" | head -n 1)" -eq 3 ]] &&
    [[ "$(jq -r .column <"$rejects" | head -n 1)" -eq 1 ]] &&
    [[ "$(jq -r .reason <"$rejects" | sort -u)" == *"$reason"* ]] &&
    [[ "$(jq -c 'keys' <"$rejects" | sort -u)" == "$REJECT_MEMBERS" ]]; then
    ok "$what: refused at 3:1 ($reason), the records around it count"
  else
    fail "$what: exit $CODE: $OUT$ERR: $(head -n 3 "$rejects" | cut -c1-300)"
  fi
}

check_logs() {
  check_whole_files
  check_long_line
  check_records
  check_share
}

# A whole file that is wrong. What stands before the damage is kept.
check_whole_files() {
  local size events
  : >"$WORK/empty.jsonl"
  fresh_data
  attempt review -d "$WORK/d" "$WORK/empty.jsonl"
  check "an empty file" refused 2 "empty.jsonl: is empty"
  attempt review -d "$WORK/d" "$WORK/no-such-file.jsonl"
  check "a missing file" refused 2 "no-such-file.jsonl"
  for packer in gzip zstd; do
    [[ "$packer" == gzip ]] && ending=gz || ending=zst
    "$packer" -qc "$WORK/u.jsonl" >"$WORK/whole.jsonl.$ending"
    size="$(stat -c %s "$WORK/whole.jsonl.$ending")"
    head -c $((size * 2 / 3)) "$WORK/whole.jsonl.$ending" >"$WORK/cut.jsonl.$ending"
    fresh_data
    attempt review -d "$WORK/d" "$WORK/cut.jsonl.$ending"
    check "a truncated $packer file" refused 2 "cut.jsonl.$ending"
    # The same file, whole again: goes on, and each event has counted once.
    attempt review -d "$WORK/d" "$WORK/u.jsonl" --json
    events="$(($(member .events) + $(member .duplicates)))"
    check "$packer: delivered again, $(member .duplicates) of $events were known" \
      test "$(member .duplicates)" -gt 1000 -a "$events" -eq "$(wc -l <"$WORK/u.jsonl")"
    same_usage_as_whole "$WORK/d" || fail "$packer: rollups are not those of the whole log"
  done
}

requests() {
  sqlite3 "$1/store.sqlite" 'SELECT cells FROM rollup_segments' |
    awk -F'\t' 'NF > 5 { n += $6 } END { print n }'
}
same_usage_as_whole() {
  if [[ -z "${WHOLE:-}" ]]; then
    rm -rf "$WORK/whole"
    cp -r "$WORK/f/data" "$WORK/whole"
    proviso review -d "$WORK/whole" "$WORK/u.jsonl" >/dev/null
    WHOLE="$(requests "$WORK/whole")"
  fi
  [[ "$(requests "$1")" == "$WHOLE" ]]
}

check_long_line() {
  { head -c "$LONG_LINE_BYTES" /dev/zero | tr '\0' a && echo; } | between >"$WORK/log.jsonl"
  # In a subshell, so that the limit is the child's alone.
  if (ulimit -v "$MEMORY_MAX_KB" && refuses "200 MB on one line, in 512 MB" "longer than" &&
    [[ "$FAILURES" -eq 0 ]]); then
    CHECKS=$((CHECKS + 1))
  else
    FAILURES=$((FAILURES + 1))
  fi
  rm -f "$WORK/log.jsonl"
}

check_records() {
  local deep
  deep="$(head -c 10000 /dev/zero | tr '\0' '[')"
  between <<<"{\"specversion\":\"1.0\",\"data\":$deep${deep//\[/]}}" >"$WORK/log.jsonl"
  refuses "nesting 10,000 deep" "nested deeper"
  line 9 | sed 's/"subscription":"/&\xff\xfe/' | between >"$WORK/log.jsonl"
  refuses "invalid UTF-8" "not valid UTF-8"
  line 9 | sed -E 's/"count":([0-9]+)/"count":"\1"/' | between >"$WORK/log.jsonl"
  refuses "a number as a string" "is a string, not a number"
  { line 9 | sed 's/2026-/1926-/g' && line 10 | sed 's/2026-/2126-/g'; } | between \
    >"$WORK/log.jsonl"
  refuses "timestamps in the wrong century" "wrong century" 2
  { line 9 | sed 's/"service"/"service":"x",&/' && line 10 | sed 's/"id"/"id":"x",&/'; } | between \
    >"$WORK/log.jsonl"
  refuses "duplicate keys" "stands twice" 2
  line 9 | cut -c1-60 | between >"$WORK/log.jsonl"
  refuses "a line that was cut off" "not valid JSON"
}

check_share() {
  { head -n 60 "$WORK/u.jsonl" && printf '{"cut%.0s\n' {1..60}; } >"$WORK/share.jsonl"
  fresh_data
  attempt review -d "$WORK/d" "$WORK/share.jsonl"
  check "more refused than the set share" refused 2 "too many records were refused"
}

check_rules() {
  mkdir -p "$WORK/rules"
  cat >"$WORK/rules/cycle.yml" <<'YML'
title: A
id: 11111111-1111-4111-8111-111111111111
name: a
correlation:
  type: event_count
  rules: [b]
  group-by: [subscription]
  timespan: 1h
  condition: {gte: 1}
---
title: B
id: 22222222-2222-4222-8222-222222222222
name: b
correlation:
  type: event_count
  rules: [a]
  group-by: [subscription]
  timespan: 1h
  condition: {gte: 1}
YML
  attempt rules check "$WORK/rules"
  check "rules that refer to each other in a circle" refused 2 "cycle.yml:16:11:"
  # Not by that, but because nobody put it in force (I1).
  fresh_data
  cp "$WORK/rules/cycle.yml" "$WORK/d/rulebook/"
  attempt review -d "$WORK/d" "$WORK/u.jsonl"
  check "a rulebook that is not the one in force" refused 2 "not the rulebook in force"
}

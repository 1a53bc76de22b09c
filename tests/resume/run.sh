#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a review does with inputs that change: files that grow, pipes, deliveries that are repeated,
# commits in other places. Every event counts once (I9), whatever the way.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"
# shellcheck source=tests/lib/expect.sh
source "$HERE/../lib/expect.sh"
WORK="${TMPDIR:-/tmp}/resume"
rm -rf "$WORK" && mkdir -p "$WORK"
fresh() { rm -rf "$WORK/d" && cp -r "$WORK/f/data" "$WORK/d"; }
# review MEMBERS INPUT...: the members of its JSON.
review() {
  local members="$1"
  shift
  proviso review -d "$WORK/d" "$@" --json | jq -c "$members"
}
requests() {
  sqlite3 "$WORK/d/store.sqlite" 'SELECT cells FROM rollup_segments' |
    awk -F'\t' 'NF > 5 { n += $6 } END { print n }'
}

found_folder "$WORK/f" 2
proviso simulate departure --seed 2 --hours 6 --background 5 --out "$WORK/u.jsonl" \
  --register "$WORK/r.jsonl" >/dev/null
proviso register load "$WORK/r.jsonl" -d "$WORK/f/data" >/dev/null
# Records without an id: equal ones count by their place in the file.
jq -c 'del(.id)' "$WORK/u.jsonl" >"$WORK/noid.jsonl"
LINES="$(wc -l <"$WORK/u.jsonl")"

for every in 100 700 500000; do
  fresh
  expect "signals with a commit each $every records" '[4,2]' \
    "$(review '[.signals,.cases]' "$WORK/u.jsonl" --commit-every "$every")"
done
WHOLE="$(requests)"

for log in u noid; do
  fresh
  head -n 3 "$WORK/$log.jsonl" >"$WORK/grows.jsonl" # shorter than what names a file
  expect "$log: the beginning of a file" '[3,3]' \
    "$(review '[.records,.events]' "$WORK/grows.jsonl")"
  tail -n +4 "$WORK/$log.jsonl" >"$WORK/rest"
  head -c 1000 "$WORK/rest" >>"$WORK/grows.jsonl" # ends within a line
  review .events "$WORK/grows.jsonl" >/dev/null
  cp "$WORK/$log.jsonl" "$WORK/grows.jsonl"
  review .events "$WORK/grows.jsonl" >/dev/null
  expect "$log: a file that grew counts each record once" "$WHOLE" "$(requests)"
  expect "$log: and then is done" '[0,1]' \
    "$(review '[.records,.inputs_done_before]' "$WORK/grows.jsonl")"
done

# One log dealt out over files that overlap in time: the same signals, over the same spans.
proviso simulate million-calls --seed 2 --hours 6 --background 5 --out "$WORK/m.jsonl" \
  --register "$WORK/r2.jsonl" >/dev/null
mkdir "$WORK/dealt"
awk -v to="$WORK/dealt/" '{ print > (to (NR % 6) ".jsonl") }' "$WORK/m.jsonl"
# Which files they came in may differ, and the order of events of one time.
signals() {
  sqlite3 "$WORK/d/store.sqlite" \
    "SELECT json_object('document', json(document), 'figures', json(figures)) FROM signals
     ORDER BY id" |
    jq -cS 'del(.figures.inputs) | .figures.events.first |= sort | .figures.events.last |= sort' |
    sha256sum
}
fresh
review .signals "$WORK/m.jsonl" >/dev/null
IN_ORDER="$(signals)"
fresh
expect "signals of six overlapping files" 3 "$(review .signals "$WORK/dealt")"
expect "are those of one file" "$IN_ORDER" "$(signals)"

fresh
for turn in 1 2; do
  review .events - <"$WORK/noid.jsonl" >/dev/null
  expect "standard input, delivery $turn" "$WHOLE" "$(requests)"
done
fresh
mkfifo "$WORK/pipe"
cat "$WORK/u.jsonl" >"$WORK/pipe" &
expect "a pipe is read from its first byte" "[$LINES,0]" \
  "$(review '[.events,.rejects]' "$WORK/pipe")"

fresh
gzip -qc "$WORK/noid.jsonl" >"$WORK/whole.gz"
head -c "$(($(stat -c %s "$WORK/whole.gz") / 2))" "$WORK/whole.gz" >"$WORK/log.gz"
for _ in 1 2; do proviso review -d "$WORK/d" "$WORK/log.gz" >/dev/null 2>&1 || true; done
cp "$WORK/whole.gz" "$WORK/log.gz"
review .events "$WORK/log.gz" >/dev/null
expect "a truncated file, twice, then whole" "$WHOLE" "$(requests)"

fresh
echo '{"a":1}' >"$WORK/refused.jsonl"
for turn in 1 2; do
  code=0
  proviso review -d "$WORK/d" "$WORK/refused.jsonl" >/dev/null 2>&1 || code=$?
  expect "a refused input is not done, turn $turn" 2 "$code"
done
end_expects

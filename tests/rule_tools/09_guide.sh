# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Every example of the rule guide does what the guide says, with events: sourced by run.sh.
# tests/rule_tools/guide holds the events of the rules that the guide shows alone.

GUIDE="$ROOT/docs/rule-guide.md"
# A block ```LANGUAGE FILE becomes FILE; ```console becomes N.console, ```yaml example-N.yml.
awk '
  /^```/ && inside { inside = 0; close(out); next }
  /^```[a-z]+ [^ ]+$/ { inside = 1; out = $2 }
  /^```console$/ { inside = 1; out = sprintf("%02d.console", ++n) }
  /^```yaml$/ { inside = 1; out = sprintf("example-%d.yml", ++examples) }
  inside && /^```/ { folder = out; if (sub(/\/[^\/]*$/, "", folder)) system("mkdir -p " folder)
    printf "" >out; next }
  inside { print >out }
' "$GUIDE"

for block in *.console; do
  [[ -f "$block" ]] || continue
  grep '^\$ ' "$block" >commands
  while IFS= read -r line; do
    read -r -a words <<<"${line#\$ }"
    # Pseudonyms differ from run to run; those of the guide are zeros.
    awk -v line="$line" '/^\$ / { inside = $0 == line; next } inside' "$block" >wanted
    "${words[@]}" 2>&1 </dev/null | sed -E 's/p-[0-9a-f]{12}/p-000000000000/' >got
    that "the guide: ${line#\$ }" diff wanted got
  done <commands
done
that "the guide has such examples" test -s commands

cp -r "$ROOT"/tests/rule_tools/guide/example-*.test .
for rules in example-*.yml; do
  that "the guide: $rules has events" test -s "${rules%.yml}.test/events.jsonl"
  check "the guide: $rules finds what it should" 0 '^1 passed, 0 failed$' \
    proviso rules test "$rules"
done
that "all of them" test "$(find . -name 'example-*.yml' | wc -l)" -eq \
  "$(find . -name 'example-*.test' | wc -l)"
FOUND="$("$PROVISO_BIN/proviso-match" --rules sign_in.yml --pipeline example.yml \
  "$ROOT/tests/rule_tools/guide/sign_in.jsonl" | jq .line | xargs)"
that "the guide: sign_in.yml with its pipeline" test "$FOUND" = "1 2"
cat bulk.yml >both.yml && echo --- >>both.yml && cat shadow.yml >>both.yml
check "the guide: shadow.yml finds what the rule in force misses" 0 '.' \
  proviso rules backtest --rules both.yml bulk.test/events.jsonl --json
json "one signal more" '[.rules[].signals] == [1, 2]'

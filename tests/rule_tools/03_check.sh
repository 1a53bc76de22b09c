# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# rules check and rules show: errors as JSON, pipelines, why rules do not load: sourced by run.sh.

cat >bad.yml <<'RULE'
title: bad
level: High
logsource: {product: p}
detection:
  sel: {f|nope: a}
  condition: sel
RULE
cat >good.yml <<'RULE'
title: good
logsource: {product: p}
detection: {sel: {old: a, prompt: b}, condition: sel}
RULE
cat >rename.yml <<'PIPELINE'
transformations: [{type: field_name_mapping, mapping: {old: new, prompt: service}}]
PIPELINE
echo 'transformations: [{type: nope}]' >broken.yml

check "errors as text" 2 '^error: bad.yml:5:9: detection.sel.f|nope: ' proviso rules check bad.yml
check "errors as JSON" 2 . proviso rules check bad.yml --json
json "an error has file, line, column, item, message, reason, snippet" '.ok == false and
  .errors[0].file == "bad.yml" and .errors[0].line == 5 and .errors[0].column == 9 and
  .errors[0].item == "detection.sel.f|nope" and .errors[0].reason == "sigma" and
  .errors[0].snippet == "  sel: {f|nope: a}" and (.errors[0].message | test("not known"))'
json "a warning has the same" '.warnings[0].line == 2 and .warnings[0].item == "level"'

check "the AST" 0 "sel" proviso rules show --stage=ast good.yml
check "the program" 0 "old equal 'a'" proviso rules show --stage=program good.yml
check "the program behind a pipeline" 0 "new equal 'a'" \
  proviso rules show --pipeline rename.yml good.yml
check "a pipeline's fault has its place" 2 'broken.yml:1:26: transformations.type: ' \
  proviso rules check --pipeline broken.yml good.yml
check "rules that read unkept fields" 2 '0 rules load' \
  proviso rules check --policy "$ROOT/contract/field_policy" --summary good.yml
check "and why, as JSON" 2 . \
  proviso rules check --policy "$ROOT/contract/field_policy" --summary good.yml --json
json "by reason and field" '.summary == {"loads": 0, "refused": {"unkept-field": 1},
  "unkept_fields": [{"field": "old", "files": 1}, {"field": "prompt", "files": 1}]}'

printf '{"new":"a","service":"b"}\n{"old":"a","prompt":"b"}\n' >log.jsonl
check "proviso-match takes pipelines" 0 '^\{"rule":"good","line":1\}$' \
  "$PROVISO_BIN/proviso-match" --rules good.yml --pipeline rename.yml log.jsonl

# Times from 1970 to 2300: what a window can hold is counted, and what it cannot is said, by line.
cat >twice.yml <<'RULE'
title: once
name: once
logsource: {product: p}
detection: {sel: {a: b}, condition: sel}
---
title: twice
correlation:
  {type: event_count, rules: [once], group-by: [u], timespan: 1h, condition: {gte: 2}}
RULE
for time in 1970-01-01T00:00:00Z 1970-01-01T00:30:00Z 2261-12-31T23:00:00Z 2261-12-31T23:59:59Z \
  2262-01-01T00:00:00Z 2300-01-01T00:00:00Z; do
  printf '{"eventTime":"%s","a":"b","u":"x"}\n' "$time"
done >times.jsonl
check "times that cannot be counted" 2 '^error: times.jsonl:6:1: no event time of the years' \
  "$PROVISO_BIN/proviso-match" --rules twice.yml times.jsonl
"$PROVISO_BIN/proviso-match" --rules twice.yml times.jsonl >times.out 2>times.err || true
that "the others are" test "$(grep -c twice times.out)" = 2
that "both that cannot are named" test "$(grep -c '^error: times.jsonl:[56]:1: ' times.err)" = 2

# The table of the guide, where the rules are there.
RULES="$ROOT/../shared/data/sigma/all"
if [[ -d "$RULES" ]]; then
  for folder in aws azure gcp m365; do
    proviso rules check --policy "$ROOT/contract/field_policy" --summary --json \
      "$RULES/cloud/$folder" >summary.json
    row="$(jq -r '"| \(.rules) | \(.summary.loads) |"' summary.json)"
    that "the guide's row of $folder" grep -qF "| cloud/$folder $row" "$ROOT/docs/rule-guide.md"
  done
else
  echo "SKIPPED: $RULES is not there"
fi

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# rules test: sourced by run.sh.

SCENARIOS="$ROOT/tests/scenarios/rulebook"
check "the shipped rulebook's scenarios pass" 0 '^[0-9]+ passed, 0 failed$' \
  proviso rules test "$SCENARIOS"
COUNT="$(find "$SCENARIOS" -mindepth 1 -type d | wc -l)"
check "and as JSON" 0 '"ok":true' proviso rules test "$SCENARIOS" --json
json "each of them ran" "(.scenarios | length) == $COUNT and .failed == 0 and .passed >= $COUNT"
json "and something fired in each" '[.scenarios[] | .runs | map(.signals) | max >= 1] | all'

cp -r "$ROOT/rulebook" rulebook
sed -i 's/gte: 6000000$/gte: 600000000/' rulebook/credential-stuffing.yml
check "a rule that lost its threshold fails" 1 '    - missing: ' \
  proviso rules test "$SCENARIOS/credential-stuffing" --rules rulebook
check "and says so as JSON" 1 '.' \
  proviso rules test "$SCENARIOS/credential-stuffing" --rules rulebook --json
json "with the signal that is missing" '.ok == false and .failed == 2 and
  ([.scenarios[].runs[].differences[] | select(.kind == "missing") | .signal.rule] | length) == 2'

mkdir -p own.test && cp "$SCENARIOS"/excluded-region/{fires,register}.jsonl own.test/
cp "$ROOT/rulebook/excluded-region.yml" own.yml
: >own.test/expected.jsonl
check "a signal that nobody expects fails" 1 '    \+ not expected: .*"title":' \
  proviso rules test own.yml
check "--update writes what came" 0 '^1 passed, 0 failed$' proviso rules test own.test --update
that "rule and subscription, unless the file says more" jq -e \
  'keys == ["rule", "subscription"]' own.test/expected.jsonl
jq -c ". + {firings: 7}" own.test/expected.jsonl >with.jsonl
mv with.jsonl own.test/expected.jsonl
check "a figure that differs is shown beside the one expected" 1 \
  '      firings: expected 7, got [0-9]+' proviso rules test own.test
check "--update keeps to the members that the file names" 0 'passed' \
  proviso rules test own.test --update
that "firings among them" jq -e 'has("firings") and .firings != 7' own.test/expected.jsonl
that "and says nothing else" jq -e 'keys | length == 3' own.test/expected.jsonl
check "the current folder is the default" 0 '^1 passed' proviso rules test

echo '{"rule":"x","colour":"red"}' >own.test/expected.jsonl
check "a member that no signal has" 2 'own.test/expected.jsonl:1:1: .*"colour"' \
  proviso rules test own.test
echo '{"rule":' >own.test/expected.jsonl
check "an expected line that is no JSON" 2 'own.test/expected.jsonl:1:[0-9]+: ' \
  proviso rules test own.test
: >own.test/expected.jsonl
echo '{"specversion":"1.0"}' >>own.test/fires.jsonl
check "a record that is refused" 2 'own.test/fires.jsonl:[0-9]+:1: ' proviso rules test own.test
check "a folder without scenarios" 2 'no scenario there' proviso rules test rulebook
check "no such folder" 2 'absent' proviso rules test absent
mkdir lost && : >lost/expected.jsonl && cp own.test/register.jsonl lost/events.jsonl
check "a scenario of no rule" 2 'lost: which rules' proviso rules test lost

# I1, I14: what would not load as a rulebook does not load here.
sed -i 's/region:/prompt:/' own.yml
check "a rule that reads a dropped field does not load (I1)" 2 'own.yml:[0-9]+:[0-9]+: .*I1' \
  proviso rules test own.yml
sed -i 's/prompt:/subscription:/' own.yml
check "a rule that names a subscription does not load (I14)" 2 'own.yml:[0-9]+:[0-9]+: .*I14' \
  proviso rules test own.yml

mkdir feed.test && cp "$ROOT/rulebook/excluded-region.yml" feed.yml
head -n 1 "$SCENARIOS/excluded-region/fires.jsonl" >feed.test/one.jsonl
cp feed.test/one.jsonl feed.test/two.jsonl
cat >feed.test/scenario.json <<'JSON'
{"rules": ["../feed.yml"], "runs": [
  {"name": "delivered twice", "feed": ["one.jsonl", "two.jsonl"], "expected": "once.jsonl"},
  {"name": "nothing", "feed": ["empty-hour.jsonl"]}]}
JSON
jq -c '.data += {service: "storage", operation: "BulkCopy"}' feed.test/one.jsonl \
  >feed.test/empty-hour.jsonl
jq -nc '{firings: 1}' >feed.test/once.jsonl
check "scenario.json names runs and the order of the feed" 0 '^2 passed, 0 failed$' \
  proviso rules test feed.test
check "with their names" 0 'feed.test: delivered twice: 1 signals' proviso rules test feed.test
echo '{"runs": [{"feed": ["one.jsonl"]}]}' >feed.test/scenario.json
check "a run without a name" 2 'scenario.json:1:1: runs.*name' proviso rules test feed.test

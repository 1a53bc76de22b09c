# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shadow rules: sourced by run.sh.

found_folder . || exit 1
proviso simulate million-calls --seed 4 --hours 4 --background 10 --out usage.jsonl \
  --register register.jsonl >/dev/null
proviso register load register.jsonl -d data >/dev/null

mkdir rules-2 && cp "$ROOT"/tests/rule_tools/rules/*.yml rules-2/
OLD="$(proviso rules backtest --rules rules-2 usage.jsonl -d data --json |
  jq '[.rules[].signals] | add')"
cat >rules-2/shadow.yml <<'RULE'
title: Speech at population scale, twice as much
id: 11111111-2222-4333-8444-555555555501
correlation:
  type: value_sum
  rules: [speech-recognition]
  group-by: [subscription]
  timespan: 59m
  condition: {field: amount.seconds, gte: 120000000}
proviso: {terms: [T-SURVEILLANCE], shadow: true, shadow_of: population-scale-speech}
---
title: Any speech at all
id: 11111111-2222-4333-8444-555555555502
correlation:
  type: event_count
  rules: [speech-recognition]
  group-by: [subscription]
  timespan: 59m
  condition: {gte: 1}
proviso: {terms: [T-SURVEILLANCE], shadow: true, shadow_of: population-scale-speech}
---
title: Never
id: 11111111-2222-4333-8444-555555555503
correlation:
  type: value_sum
  rules: [speech-recognition]
  group-by: [subscription]
  timespan: 59m
  condition: {field: amount.seconds, gte: 900000000000}
proviso: {terms: [T-SURVEILLANCE], shadow: true, shadow_of: population-scale-speech}
RULE
check "shadow rules load" 0 ' 0 errors' proviso rules check rules-2 -d data
echo "Try other thresholds." >reason.txt
put_in_force . "$(proviso change propose rulebook rules-2 --key keys/proposer \
  --reason reason.txt -d data --json | digest_of)" counsel executive
rm data/rulebook/*.yml && cp rules-2/*.yml data/rulebook/
check "review" 0 '.' proviso review usage.jsonl -d data --json
json "the rules in force find what they found" ".signals == $OLD and .shadow_signals >= 2"
json "and the difference is shown" '(.shadows | length) == 3 and
  ([.shadows[] | select(.both >= 1 and .only_in_force == 0)] | length) >= 1 and
  ([.shadows[] | select(.both == 0 and .only_shadow == 0 and .only_in_force >= 1)] | length) == 1'
json "a shadow that finds more says so" '[.shadows[].only_shadow] | max >= 1'
check "its signals are kept apart" 0 '.' proviso signal list -d data --json
json "from those that open cases" '.shadow == false and .case != ""'
that "as many as without shadows" test "$(wc -l <<<"$OUT")" -eq "$OLD"
count_of() { sqlite3 data/store.sqlite "SELECT count(*) FROM $1"; }
that "and are evidence" test "$(count_of "evidence WHERE class='usage'")" -eq "$OLD"
that "and entries of the ledger" test "$(count_of "outbox WHERE kind='signal-raised'")" -eq "$OLD"
that "those of shadows are not" test "$(count_of "signals JOIN shadow_signals USING (id)")" -eq 0
that "though they are stored" test "$(count_of shadow_signals)" -ge 2
check "signal list --shadow" 0 ' shadow  Any speech at all$' proviso signal list --shadow -d data
SHADOW="$(proviso signal list --shadow -d data --json | jq -r .signal | head -n 1)"
check "signal show of one names nobody (I14)" 0 'a shadow.s: no case' \
  proviso signal show "$SHADOW" -d data
that "but stands for somebody" grep -q 'subscription p-[0-9a-f]\{12\}' <<<"$OUT"
that "and no subscription is in it" test "$(grep -c sub- <<<"$OUT")" -eq 0
check "signal compare" 0 'beside .*: [0-9]+ by both, [0-9]+ only by the shadow' \
  proviso signal compare -d data
check "as JSON" 0 '"only_shadow":\[' proviso signal compare -d data --json
that "without subscriptions" test "$(grep -c sub- <<<"$OUT")" -eq 0
check "a shadow's signal can be reproduced" 0 'reproduced: ' \
  proviso signal reproduce "$SHADOW" usage.jsonl -d data

# What does not load.
sed 's/shadow: true, //' rules-2/shadow.yml >rules-2/wrong.yml && mv rules-2/shadow.yml shadow.yml
check "shadow_of without shadow" 2 'wrong.yml:[0-9]+:[0-9]+: .*shadow_of.*shadow: true' \
  proviso rules check rules-2 -d data
sed 's/shadow_of: population-scale-speech/shadow_of: nobody/' shadow.yml >rules-2/wrong.yml
check "shadow_of a rule that is not there" 2 'wrong.yml:.*no rule "nobody" beside the shadows' \
  proviso rules check rules-2 -d data
sed 's/shadow: true/shadow: perhaps/' shadow.yml >rules-2/wrong.yml
check "shadow that is neither true nor false" 2 'wrong.yml:.*must be true or false' \
  proviso rules check rules-2 -d data
sed 's/amount.seconds/data.prompt/' shadow.yml >rules-2/wrong.yml
check "a shadow that reads a dropped field does not load either (I1)" 2 'wrong.yml:.*I1' \
  proviso rules check rules-2 -d data
cat >rules-2/wrong.yml <<'RULE'
title: One subscription
logsource: {product: proviso, service: usage}
detection:
  sel: {subscription: sub-public-body-records}
  condition: sel
proviso: {terms: [T-SURVEILLANCE], shadow: true}
RULE
check "nor one that names a subscription (I14)" 2 'wrong.yml:.*I14' \
  proviso rules check rules-2 -d data

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# rules backtest: sourced by run.sh.

found_folder . || exit 1
proviso simulate million-calls --seed 5 --hours 30 --background 20 --out usage.jsonl \
  --register register.jsonl >/dev/null
proviso register load register.jsonl -d data >/dev/null
RULES="$ROOT/rulebook"
# The ledger's own files are tidied up whenever a folder is opened; what they say stays.
state() { (cd data && find . -type f ! -name 'lock*' ! -name '*-shm' ! -name '*-wal' \
  ! -path './ledger/frames/*' -print0 | sort -z | xargs -0 sha256sum); }
BEFORE="$(state | sha256sum)"

check "rules backtest" 0 '^  [1-9][0-9]* signals, 1 subscriptions$' \
  proviso rules backtest --rules "$RULES" usage.jsonl -d data
that "customers are pseudonyms (I14)" grep -q 'subscription=p-[0-9a-f]\{12\}' <<<"$OUT"
that "and nothing else" test "$(grep -cE 'sub-|cust-' <<<"$OUT")" -eq 0
that "no bars without a terminal" test "$(grep -c '█' <<<"$OUT")" -eq 0
check "bars for a width" 0 '    subscription=p-.*  █' \
  proviso rules backtest --rules "$RULES" usage.jsonl --width 72 --register register.jsonl
longest() { LC_ALL=C.UTF-8 wc -L; }
that "that keep to it" test "$(grep '█' <<<"$OUT" | longest)" -le 72
check "--plain has none" 0 'signals per day' \
  proviso rules backtest --rules "$RULES" usage.jsonl --width 72 --plain
that "not one" test "$(grep -c '█' <<<"$OUT")" -eq 0
if command -v script >/dev/null; then
  script -qec "'$PROVISO_BIN/proviso' rules backtest --rules '$RULES' usage.jsonl" /dev/null \
    </dev/null >typescript
  that "a terminal has bars" grep -q '█' typescript
fi
check "the data folder is as it was" 0 '.' proviso rules backtest --rules "$RULES" usage.jsonl \
  -d data --json
that "byte for byte" test "$(state | sha256sum)" = "$BEFORE"
json "counts" '.records > 0 and .events > 0 and .rejects == 0'
json "days add up to the signals" '[.rules[] | (.per_day | add // 0) == .signals] | all'
json "the same rules differ in nothing" '[.rules[] | select(.difference) |
  (.difference.only_new == [] and .difference.only_in_force == [] and
  .difference.both == .signals)] | all and length > 5'
FOUND="$(jq '[.rules[].signals] | add' <<<"$OUT")"
proviso review usage.jsonl -d data >/dev/null
that "a review finds as many signals" test "$(proviso signal list -d data | wc -l)" -eq "$FOUND"
PSEUDONYM="$(jq -r '[.rules[].groups[].group] | first | sub("subscription="; "")' <<<"$OUT")"
ID="$(proviso signal list -d data --json | jq -r .signal | head -n 1)"
check "who works on the case finds it in a trial" 0 "in trials: $PSEUDONYM" \
  proviso signal show "$ID" -d data

# Thresholds that are too high: what came near, and what is lost against the rulebook in force.
# From here on a rulebook of one rule, which does not change with the shipped one.
RULES="$ROOT/tests/rule_tools/rules"
mkdir small && found_folder small 2 "$RULES"
rm -r data && mv small/data data
proviso register load register.jsonl -d data >/dev/null
mkdir high && sed 's/gte: 60000000/gte: 6000000000/' "$RULES/population-scale-speech.yml" \
  >high/speech.yml
check "near misses" 0 '  near misses \(needs gte 6000000000\)' \
  proviso rules backtest --rules high usage.jsonl -d data
check "as JSON" 0 '.' proviso rules backtest --rules high usage.jsonl -d data --json
json "nearest first, by how far" '.rules | length == 1 and (.[0] | .signals == 0 and
  (.near_misses | length > 0 and (map(.distance | tonumber) | . == sort) and
  (map((.value | tonumber) + (.distance | tonumber) == 6000000000) | all)))'
json "what only the rule in force finds" '.rules[0].difference |
  .both == 0 and .only_new == [] and (.only_in_force | length) > 0 and
  (.only_in_force[0].subscription | test("^p-"))'
mkdir low && sed 's/gte: 60000000/gte: 1000/' "$RULES/population-scale-speech.yml" >low/speech.yml
check "a threshold that is too low" 0 '.' \
  proviso rules backtest --rules low usage.jsonl -d data --json --top 3
json "finds more, and says what" '.rules[0] | .difference.both > 0 and
  (.difference.only_new | length) > 0 and .subscriptions > 1 and (.groups | length) == 3'
# shellcheck disable=SC2016  # $fired is jq's
json "a group that fired is no near miss" '.rules[0] |
  (.groups | map(.group)) as $fired | (.near_misses | map(.group)) | all(IN($fired[]) | not)'

# A rule that is a shadow in its file is compared with the one that it is to replace.
sed -e 's/60000000/120000000/; s/dab021c9/dab021c0/; s/name: population-scale-speech/name: twice/' \
  -e 's/^    terms:/    shadow: true\n    shadow_of: population-scale-speech\n    terms:/' \
  "$RULES/population-scale-speech.yml" >shadow.yml
mkdir both && cp "$RULES"/*.yml both/ && awk '/^---$/ { on = 1 } on' shadow.yml >both/twice.yml
sed -i '1d' both/twice.yml
check "a shadow beside the rule in force" 0 ' \(shadow\)$' \
  proviso rules backtest --rules both usage.jsonl -d data
that "by its name" grep -q 'beside population-scale-speech in force: ' <<<"$OUT"

# The difference is against the rulebook that the orders name, whatever lies in the folder.
proviso rules backtest --rules high usage.jsonl -d data --json >wanted
cp -r data changed
sed -i 's/gte: 60000000/gte: 6000000000/' changed/rulebook/population-scale-speech.yml
check "another rulebook in the folder is not taken for the one in force" '[12]' \
  'changed/rulebook:1:1: is not the rulebook in force' \
  proviso rules backtest --rules high usage.jsonl -d changed
rm -r changed && cp -r data changed && proviso review usage.jsonl -d changed >/dev/null
sed -i 's/gte: 60000000/gte: 6000000000/' changed/rulebook/population-scale-speech.yml
proviso rules backtest --rules high usage.jsonl -d changed --json >got
that "nor once a review has kept that one" diff <(jq '.rules[].difference' wanted) \
  <(jq '.rules[].difference' got)

check "logs that cannot be read twice" 2 'read twice' \
  proviso rules backtest --rules "$RULES" - -d data
that "one pass takes a pipe" bash -c \
  "'$PROVISO_BIN/proviso' rules backtest --rules '$RULES' - <usage.jsonl >/dev/null"
check "no such log" 2 'absent' proviso rules backtest --rules "$RULES" absent
printf 'title: t\nlogsource: {product: proviso}\ndetection: {s: {subscription: sub-a}, condition: s}
proviso: {terms: [T-SURVEILLANCE]}\n' >named.yml
check "a rule that names a subscription does not load (I14)" 2 'named.yml:.*I14' \
  proviso rules backtest --rules named.yml usage.jsonl
sed -i 's/subscription: sub-a/prompt: x/' named.yml
check "nor one that reads what is dropped (I1)" 2 'named.yml:.*I1' \
  proviso rules backtest --rules named.yml usage.jsonl

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# signal list, show, reproduce: sourced by run.sh.

found_folder . || exit 1
proviso simulate million-calls --seed 3 --hours 6 --background 20 --out usage.jsonl \
  --register register.jsonl >/dev/null
proviso register load register.jsonl -d data >/dev/null
cp -r data fresh

first_of() { proviso signal list -d data --json | jq -r .signal | head -n 1; }
all_of() { proviso signal list -d data --json | jq -r .signal; }
# reproduces LOG...: each signal comes out with the bytes that `signal show` prints.
reproduces() {
  local id count=0
  for id in $(all_of); do
    proviso signal show "$id" -d data --json >shown || return 1
    proviso signal reproduce "$id" "$@" -d data --json 2>/dev/null | cmp - shown || return 1
    count=$((count + 1))
  done
  [[ "$count" -gt 0 ]]
}
anew() { rm -rf data && cp -r fresh data; }
quietly() { "$@" >/dev/null; }

proviso review usage.jsonl -d data >/dev/null
ID="$(first_of)"
check "signal list names rule, case and time" 0 \
  "^${ID:0:12}  2026-.*Z to 2026-.*Z  [0-9a-f-]{36}  " \
  proviso signal list -d data
check "and no subscription (I14)" 0 '.' proviso signal list -d data --json
that "in no form" test "$(grep -c sub-public <<<"$OUT")" -eq 0
entries() { sqlite3 data/store.sqlite "SELECT count(*) FROM outbox WHERE kind='usage-looked-at'"; }
LOOKS="$(entries)"
check "signal show" 0 '^  version [0-9a-f]{12} of 2026-' proviso signal show "${ID:0:12}" -d data
that "is a look that the ledger has (I14)" test "$(entries)" -gt "$LOOKS"
check "as JSON" 0 '.' proviso signal show "$ID" -d data --json
json "rule, its version, author, terms, group" '.document |
  (.rule_version.definition | test("^[0-9a-f]{64}$")) and .rule_version.modified != "" and
  .author != "" and .terms == ["T-SURVEILLANCE"] and .group.subscription == .subscription'
json "digests of rulebook, field policy and catalogue" \
  '.document | [.rulebook, .field_policy, .catalogue] | map(test("^[0-9a-f]{64}$")) | all'
json "window, figures and the keys of events, bounded" '.figures | .window_s > 0 and
  .value_peak != "" and .firings > 0 and (.events | .total >= (.first + .last | unique | length)
  and (.first | length) > 0 and (.first | length) <= 8 and (.last | length) <= 8 and
  (.first + .last | map(test("^[0-9a-f]{32}$")) | all))'
json "and which records of which input" '.figures.inputs | length == 1 and
  (.[0] | .first == 1 and .last > 1 and (.head | test("^[0-9a-f]{64}$")))'
CASE="$(proviso case list -d data --json | jq -r .id)"
check "case show leads there" 0 'proviso signal show [0-9a-f]{12}: ' \
  proviso case show "$CASE" -d data
NAMED="$(grep -oE 'signal [0-9a-f]{12} \(evidence [0-9a-f]{12}\)' <<<"$OUT" |
  grep "${ID:0:12}" | head -n 1)"
that "by the same id" test -n "$NAMED"
check "signal show names the evidence that case show names" 0 \
  "^  evidence $(cut -c31-42 <<<"$NAMED")$" \
  proviso signal show "${ID:0:12}" -d data

mkdir elsewhere && mv usage.jsonl elsewhere/other-name.jsonl
LOG=elsewhere/other-name.jsonl
check "signal reproduce" 0 '^reproduced: the same [0-9]+ bytes, SHA-256 [0-9a-f]{64}$' \
  proviso signal reproduce "$ID" "$LOG" -d data
that "each signal, byte for byte, wherever the log lies" reproduces "$LOG"
jq -nc '{specversion: "1.0"}' >>"$LOG"
that "also after the log has grown" reproduces "$LOG"
sed -i '$d' "$LOG"

# What stands in the way is said.
proviso simulate quiet --seed 9 --hours 1 --out quiet.jsonl --register /dev/null >/dev/null 2>&1
check "without the log" 1 'inputs: no log here begins like the one with head' \
  proviso signal reproduce "$ID" quiet.jsonl -d data
{ head -n 15 "$LOG" && tail -n +16 "$LOG" | awk '!/sub-public-body-records/ || NR % 2'; } \
  >thinned.jsonl
check "records that are gone change it" 1 '^  (figures\.|the rule does not fire)' \
  proviso signal reproduce "$ID" thinned.jsonl -d data
check "as JSON" 1 '"same":false' proviso signal reproduce "$ID" thinned.jsonl -d data --json
json "with what differs" '.differences | length > 0'
cp -r data kept
sqlite3 data/store.sqlite \
  "UPDATE signals SET figures = replace(figures, '\"firings\":', '\"firings\":1')"
check "figures that somebody changed do not come out again" 1 'not reproduced' \
  proviso signal reproduce "$ID" "$LOG" -d data
rm -r data && mv kept data
check "no such signal" 2 'no such signal' proviso signal show 0123456789 -d data
check "too short an id" 2 'id is 8 to 32' proviso signal show 012 -d data

# The rulebook as it was: kept, though another is in force now.
mkdir rules-2 && cp data/rulebook/*.yml rules-2/
sed -i 's/gte: 200000$/gte: 200001/; s/gte: 60000000/gte: 60000001/' rules-2/*.yml
echo "Thresholds moved." >reason.txt
put_in_force . "$(proviso change propose rulebook rules-2 --key keys/proposer \
  --reason reason.txt -d data --json | digest_of)" counsel executive
cp rules-2/*.yml data/rulebook/
that "after another rulebook came into force" reproduces "$LOG"
check "which is said" 0 'note: the rulebook in force is another by now' \
  proviso signal reproduce "$ID" "$LOG" -d data
jq -c 'if .kind == "customer" and .id == "cust-public-body" then .customer_kind = "museum"
  else . end' register.jsonl >register-2.jsonl
proviso register load register-2.jsonl -d data >/dev/null
check "the register has changed: said, and the facts of then are used" 0 \
  'note: the register has changed, .*customer_kind' proviso signal reproduce "$ID" "$LOG" -d data
that "to the same bytes" reproduces "$LOG"

# However the records came.
split_log() { split -n "l/$1" --additional-suffix=.jsonl "$LOG" "$2"; }
anew && split_log 3 several-
quietly proviso review several-*.jsonl -d data --commit-every 50
that "several inputs of one run" reproduces several-ac.jsonl several-aa.jsonl several-ab.jsonl
anew && split_log 130 many-
quietly proviso review many-*.jsonl -d data
ID="$(sqlite3 data/store.sqlite \
  "SELECT id FROM signals WHERE figures->>'inputs_left_out' > 0 LIMIT 1")"
that "a signal lists 100 inputs" test "$(sqlite3 data/store.sqlite \
  "SELECT json_array_length(figures->'inputs') FROM signals WHERE id='$ID'")" -eq 100
LEFT="$(sqlite3 data/store.sqlite "SELECT figures->>'inputs_left_out' FROM signals WHERE id='$ID'")"
check "and of one that rests on more that is said, with the number" 1 \
  "^  inputs: $LEFT more were read than a signal lists" \
  proviso signal reproduce "$ID" many-*.jsonl -d data
anew && split_log 4 run-
for part in run-*.jsonl; do quietly proviso review "$part" -d data; done
that "a run for each input, windows across them" reproduces run-*.jsonl
shown_all() { for id in $(all_of); do proviso signal show "$id" -d data --json; done; }
that "which a signal that rests on several of them names" test \
  "$(shown_all | jq -s '[.[].figures.inputs | map(.run) | unique | length] | max')" -gt 1
anew && zstd -q "$LOG" -o packed.jsonl.zst
quietly proviso review packed.jsonl.zst -d data --commit-every 100
that "a packed input" reproduces packed.jsonl.zst
anew
proviso review - -d data >/dev/null <"$LOG"
that "a pipe" reproduces "$LOG"
check "for which the log is taken" 0 'is taken for what came through a pipe' \
  proviso signal reproduce "$(first_of)" "$LOG" -d data
anew && jq -c 'del(.id)' "$LOG" >no-ids.jsonl
quietly proviso review no-ids.jsonl -d data
that "events without an id" reproduces no-ids.jsonl
anew && shuf --random-source="$LOG" "$LOG" >shuffled.jsonl
quietly proviso review shuffled.jsonl -d data
that "an input far out of order, late events among them" reproduces shuffled.jsonl
anew && split_log 2 grows-
cp grows-aa.jsonl grown.jsonl && quietly proviso review grown.jsonl -d data
cat grows-ab.jsonl >>grown.jsonl && quietly proviso review grown.jsonl -d data
that "a file that grew between two runs" reproduces grown.jsonl

# A rule about customers under review.
anew
proviso simulate departure --seed 2 --hours 6 --background 5 --out leave.jsonl \
  --register leave-register.jsonl >/dev/null
proviso register load leave-register.jsonl -d data >/dev/null
quietly proviso review leave.jsonl -d data
that "a signal of a rule that reads the open cases" reproduces leave.jsonl
check "there is one" 0 'Departure|departure|moving out|taken out' proviso signal list -d data

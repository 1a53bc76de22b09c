#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays attacks on a simulated provider's ledger with the real commands; each has to be refused.
# Prints what was tried, what Proviso said, and the invariant (docs/threat-model.md). Ends with 0
# only if every one was refused. `./dev attack` calls it.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/play.sh
source tests/lib/play.sh
# shellcheck disable=SC2034  # play.sh prints it
HOLDS=refused

D=data
SUB=sub-public-body-records
SISTER=sub-public-body-cyber-defence
CASE=""

# One world for all attacks; each gets a copy of its own, with the same people and trust file.
make_world() {
  mkdir "$PLAY/world"
  cd "$PLAY/world"
  found_folder .
  proviso simulate million-calls --seed 1 --hours 2 --background 40 --out usage.jsonl \
    --register register.jsonl >/dev/null
  {
    jq -nc '{kind: "customer", id: "cust-paper", name: "Daily paper",
      protected_classes: ["news-medium"]}'
    echo '{"kind":"unit","id":"unit-paper","customer":"cust-paper"}'
    echo '{"kind":"agreement","id":"agr-paper","customer":"cust-paper"}'
    echo '{"kind":"subscription","id":"sub-paper","unit":"unit-paper","agreement":"agr-paper"}'
  } >>register.jsonl
  proviso register load register.jsonl -d "$D" >/dev/null
  proviso review usage.jsonl -d "$D" >/dev/null
  CASE="$(proviso case list -d "$D" --json | jq -r .id)"
  echo "Bulk recording, corroborated." >reason.txt
}

# attack INVARIANT TITLE WHAT: a fresh copy of the world, and a heading.
attack() {
  step "$2 ($1)"
  tell "Tried: $3"
  cp -a "$PLAY/world" "$PLAY/attack-$STEP"
  cd "$PLAY/attack-$STEP"
}

# propose KEY ARGUMENT...: prints the digest of a new order about the case. Its scope is storage of
# the one subscription unless the arguments name one.
propose() {
  local key="$1" scope=(--scope "$SUB/storage")
  shift
  [[ " $* " != *" --scope "* ]] || scope=()
  proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt --key "keys/$key" \
    "${scope[@]}" --json -d "$D" "$@" | digest_of
}
propose_in_vain() {
  show 1 proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d "$D" --scope "$SUB/storage" "$@"
}
plain_order() { propose proposer --stage export-only --until +30d; }

sign() {
  proviso order export "$1" -d "$D" --out order.json >/dev/null
  proviso order sign order.json --key "keys/$2" --out "$2.sig" </dev/null >/dev/null
}
hand_in() { show 2 proviso order approve "$1" --signature "$2.sig" -d "$D"; }
sign_and_hand_in() { sign "$1" "$2" && hand_in "$1" "$2"; }

gate_allows() {
  proviso gate snapshot --out snapshot.json -d "$D" >/dev/null
  show 1 proviso gate check --snapshot snapshot.json --trust trust.json --subscription "$1" \
    --service storage --operation PutObject
  code_is 0
}
gate_rejects_snapshot() {
  show 2 proviso gate check --snapshot "$1" --trust trust.json --subscription "$SUB" \
    --service storage --operation PutObject
  refused_with 2 "$2"
}

# forge IN OUT JQ-ARGUMENT...: changes a snapshot, and gives it a digest that fits.
forge() {
  local body
  body="$(head -n 1 "$1" | jq -cS "${@:3}")"
  printf '%s\n%s\n' "$body" "$(printf '%s' "$body" | sha256sum | cut -d' ' -f1)" >"$2"
}

entries() { proviso verify "$D/ledger" --trust trust.json --json | jq .entries; }

people_attacks() {
  local order id
  attack I2 "A lone approver" "one approver signs, and hands the same signature in again."
  order="$(plain_order)"
  sign_and_hand_in "$order" counsel
  holds "one of two signatures restricts nothing" gate_allows "$SUB"
  hand_in "$order" counsel
  holds "the same person counts once" refused_with 2 'approved the order already'

  attack I2 "The proposer approves" "an approver proposes an order and signs it, too."
  order="$(propose counsel --stage export-only --until +30d)"
  sign_and_hand_in "$order" counsel
  holds "nobody approves their own order" refused_with 2 'proposer cannot approve'
  order="$(plain_order)"
  sign_and_hand_in "$order" proposer
  holds "a proposer's key approves nothing" refused_with 2 'belongs to a proposer'

  attack I2 "One person with two keys" "a second key of the same person signs as well."
  make_key . counsel-2
  order="$(proviso roster add keys/counsel-2.pub --role approver --person counsel \
    --key keys/proposer -d "$D" --json | digest_of)"
  put_in_force . "$order" executive director
  order="$(plain_order)"
  sign_and_hand_in "$order" counsel
  sign_and_hand_in "$order" counsel-2
  holds "persons are counted, not keys" refused_with 2 'approved the order already'
  holds "nothing is restricted" gate_allows "$SUB"

  attack I2 "Unknown and revoked keys" "a stranger signs; an approver signs who has left."
  make_key . stranger
  order="$(plain_order)"
  sign_and_hand_in "$order" stranger
  holds "a key that is not on the roster counts nothing" refused_with 2 'unknown or revoked'
  id="$(proviso order sign order.json --key keys/director --out x.sig --json </dev/null |
    jq -r .key)"
  put_in_force . "$(proviso roster remove "$id" --key keys/proposer -d "$D" --json | digest_of)" \
    counsel executive
  sign_and_hand_in "$order" director
  holds "nor does a key that was taken off it" refused_with 2 'unknown or revoked'
}

# The policy comes to allow keys in the web console, and two approvers have one there.
found_with_console() {
  local name
  proviso roster list -d "$D" --json | jq '.policy + {server_mediated: true}' >policy.json
  put_in_force . "$(proviso change propose policy policy.json --key keys/proposer -d "$D" --json |
    digest_of)" counsel executive
  for name in console-1 console-2; do
    make_key . "$name"
    put_in_force . "$(proviso roster add "keys/$name.pub" --role approver --server-mediated \
      --key keys/proposer -d "$D" --json | digest_of)" counsel executive
  done
}
# The hijacked server's own store says that these keys are like all others, until it is put back.
hijack_console_rule() {
  local roster
  roster="$(proviso roster list -d "$D" --json | jq -cS '.roster | map(del(.server_mediated))')"
  sqlite3 "$D/store.sqlite" "CREATE TABLE true_meta AS SELECT * FROM meta WHERE name = 'genesis';
    UPDATE meta SET value = json_set(value, '\$.roster', json('$roster')) WHERE name = 'genesis';
    ALTER TABLE orders ADD COLUMN true_entry TEXT;
    UPDATE orders SET true_entry = in_force_entry, in_force_entry = ''
      WHERE kind IN ('roster', 'policy');
    DELETE FROM approvals WHERE seq = (SELECT max(seq) FROM approvals)"
}
put_console_rule_back() {
  sqlite3 "$D/store.sqlite" "UPDATE meta SET value = (SELECT value FROM true_meta)
      WHERE name = 'genesis';
    UPDATE orders SET in_force_entry = true_entry WHERE kind IN ('roster', 'policy')"
}
lifts() { sign_and_hand_in "$1" "$2" && says 'is in force'; }

server_attacks() {
  local order
  attack "I2, I3" "A hijacked server swaps what is signed" \
    "the order in the store, or the file for the approver, gets another subscription."
  order="$(plain_order)"
  sign "$order" counsel
  sed "s/$SUB/$SISTER/" order.json >swapped.json
  show 1 proviso order sign swapped.json --key keys/counsel --out swapped.sig
  holds "the approver's own machine signs no changed file" refused_with 2 'not the one that its'
  sqlite3 "$D/store.sqlite" "UPDATE orders SET canonical = replace(canonical, '$SUB', '$SISTER')"
  hand_in "$order" counsel
  holds "a signature over the true order doesn't fit the swapped one" code_is 2

  attack I2 "A hijacked server swaps what the web console signs" \
    "two approvers' keys are in its console; it shows them one order and has another signed."
  found_with_console
  order="$(propose proposer --scope "$SISTER/storage" --stage export-only --until +30d)"
  sign_and_hand_in "$order" console-1
  sign_and_hand_in "$order" console-2
  holds "two such signatures restrict nothing" says 'a key that is not server-mediated \(I2\)'
  proviso order export "$order" -d "$D" --out order.json >/dev/null
  show 4 proviso order sign order.json --key keys/counsel --out counsel.sig
  HOLDS=ok holds "who signs with a key of their own is shown the true order" says "$SISTER/storage"
  hijack_console_rule
  sign_and_hand_in "$order" console-2
  HOLDS=tried holds "a server that rewrites its own store puts it in force" says 'is in force'
  put_console_rule_back
  proviso gate snapshot --out forced.json -d "$D" >/dev/null
  holds "the gate doesn't take it" gate_rejects_snapshot forced.json 'server-mediated'
  show 2 proviso verify "$D/ledger" --trust trust.json
  holds "nor does who verifies the log" refused_with 3 'NOT VALID: order'
  proviso order bundle "$order" --out forced.bundle -d "$D" >/dev/null
  show 2 "$PROVISO_BIN/ledger-verify" bundle forced.bundle --trust trust.json
  holds "nor who is handed a bundle" refused_with 3 'NOT VALID: order'

  attack I2 "A hijacked server restores whom it likes" \
    "an order is in force; keys in its console sign a lift."
  found_with_console
  order="$(plain_order)"
  put_in_force . "$order" counsel console-1
  order="$(proviso order lift "$order" --reason reason.txt -d "$D" --json | digest_of)"
  sign_and_hand_in "$order" console-1
  holds "no lift by such keys alone" says 'a key that is not server-mediated \(I2\)'
  HOLDS=ok holds "one approver with a key of their own lifts (I5)" lifts "$order" outside

  attack I2 "A hijacked server invents an order in force" \
    "the store says of a proposed order that it is in force, by the entry of another one."
  order="$(plain_order)"
  put_in_force . "$order" counsel executive
  order="$(propose proposer --scope "$SISTER/security" --stage export-only --until +30d)"
  sqlite3 "$D/store.sqlite" "UPDATE orders SET state = 'in_force', in_force_at = proposed_at,
    in_force_entry = (SELECT max(in_force_entry) FROM orders) WHERE digest = '$order'"
  quietly proviso gate snapshot --out snapshot.json -d "$D"
  holds "the gate believes no order that the ledger doesn't prove" gate_rejects_snapshot \
    snapshot.json 'snapshot.json'

  attack "I2, I3" "A snapshot with another scope or catalogue" \
    "a snapshot is changed, and its digest made to fit."
  put_in_force . "$(plain_order)" counsel executive
  proviso gate snapshot --out snapshot.json -d "$D" >/dev/null
  # shellcheck disable=SC2016  # jq's variables
  forge snapshot.json wider.json --arg a "$SUB" --arg b "$SISTER" \
    '.restrictions[0].order |= gsub($a; $b)'
  holds "the gate takes no scope that nobody signed" gate_rejects_snapshot wider.json 'wider.json'
  forge snapshot.json catalogue.json \
    '(.catalogues[0].services[] | select(.service == "storage").operations.ExportJob) = "write"'
  holds "nor a catalogue that the order doesn't pin" gate_rejects_snapshot catalogue.json \
    'catalogue'

  attack I5 "A server that keeps someone cut" \
    "an order is lifted; the server goes on giving it to gates."
  order="$(plain_order)"
  put_in_force . "$order" counsel executive
  put_in_force . "$(proviso order lift "$order" --reason reason.txt -d "$D" --json |
    digest_of)" director
  HOLDS=ok holds "with one signature the lift has effect at once" gate_allows "$SUB"
  sqlite3 "$D/store.sqlite" "UPDATE orders SET state = 'in_force' WHERE digest = '$order'"
  proviso gate snapshot --out kept.json -d "$D" >/dev/null
  show 2 proviso verify "$D/ledger" --trust trust.json --snapshot kept.json
  holds "whoever holds the snapshot against the public log sees it" \
    refused_with 3 'NOT VALID: snapshot'

  attack I7 "A forked ledger" "the log is put back to an older copy, and goes on differently."
  cp -a "$D" older
  proviso case evidence "$CASE" --class document --file reason.txt -d "$D" >/dev/null
  cp "$D/ledger/log/checkpoint" kept-checkpoint
  rm -r "$D" && mv older "$D"
  proviso case finding "$CASE" --element E1 --verdict not-assessable -d "$D" >/dev/null
  proviso case finding "$CASE" --element E2 --verdict not-assessable -d "$D" >/dev/null
  show 2 proviso verify "$D/ledger" --trust trust.json --since kept-checkpoint
  holds "a checkpoint that was kept proves the fork" refused_with 3 'NOT VALID: fork'
}

power_attacks() {
  local order
  attack I15 "A ministry against a newspaper" \
    "an authority asks for an order, and all approvers of the operator sign it."
  proviso report add --source authority --about sub-paper --file reason.txt -d "$D" >/dev/null
  CASE="$(proviso case list -d "$D" --json | jq -r 'select(.customer == "cust-paper") | .id')"
  show 1 proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d "$D" --scope sub-paper/storage --stage export-only --until +30d \
    --origin authority
  holds "an authority's order names its instrument and country" refused_with 2 'I15'
  show 1 proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d "$D" --scope sub-paper/storage --stage export-only --until +30d \
    --origin authority --country XX --instrument reason.txt
  holds "against a protected subject it takes a reason of its own" refused_with 2 'I15'
  order="$(propose proposer --scope sub-paper/storage --stage export-only --until +30d \
    --origin authority --country XX --instrument reason.txt --protected-reason reason.txt)"
  sign "$order" counsel && hand_in "$order" counsel
  sign "$order" executive && hand_in "$order" executive
  sign "$order" director && hand_in "$order" director
  holds "it waits for an approver from outside" says 'from outside \(I15\)'
  holds "the newspaper goes on" gate_allows sub-paper
  CASE="$(proviso case list -d "$D" --json | jq -r 'select(.customer == "cust-public-body") | .id')"

  attack I5 "Chained suspensions" \
    "a suspension for longer than 180 days, at once or one after another."
  propose_in_vain --stage export-only --until +181d
  holds "one of 181 days" refused_with 2 'I5'
  put_in_force . "$(propose proposer --stage export-only --until +120d)" counsel executive
  propose_in_vain --stage export-only@+120d --until +240d
  holds "a second one of 120 days after the first" refused_with 2 'I5'
  propose_in_vain --stage export-only
  holds "one without any end" refused_with 2 'I5'

  attack "I5, I15" "Chained emergencies" \
    "an emergency that lasts, is repeated, is against a newspaper, or is ratified by its makers."
  propose_in_vain --emergency --stage export-only --until +96h
  holds "one of 96 hours" refused_with 2 '72 hours'
  propose_in_vain --emergency --stage deny
  holds "one that closes the export" refused_with 2 'I6'
  order="$(propose proposer --emergency --stage export-only)"
  put_in_force . "$order" counsel executive
  propose_in_vain --emergency --stage export-only
  holds "a second one within 30 days" refused_with 2 '30 days'
  CASE="$(proviso report add --source press --about sub-paper --file reason.txt -d "$D" >/dev/null
    proviso case list -d "$D" --json | jq -r 'select(.customer == "cust-paper") | .id')"
  show 1 proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d "$D" --scope sub-paper/storage --emergency --stage export-only
  holds "one against a newspaper" refused_with 2 'I15'
  CASE="$(proviso case list -d "$D" --json | jq -r 'select(.customer == "cust-public-body") | .id')"
  order="$(propose proposer --ratifies "$order" --stage export-only --until +30d)"
  sign_and_hand_in "$order" counsel
  holds "those who signed it do not ratify it" refused_with 2 'by others'

  attack I3 "A wildcard" "the scope is everything, nothing, or someone else."
  local scope
  for scope in "$SUB/*" "*/storage" "$SUB/nothing-of-the-kind" sub-hospital-wards/storage; do
    show 1 proviso order propose --case "$CASE" --scope "$scope" --stage export-only --until +30d \
      --term T-SURVEILLANCE --reason reason.txt --key keys/proposer -d "$D"
    holds "an order names what it cuts, of the case's customer, exactly" refused_with 2 'I3'
  done
}

content_attacks() {
  local before canary=CANARY-4f1d
  attack I1 "Changed rules, changed catalogue" "someone edits the files in the data folder."
  local file
  for file in rulebook/departure.yml catalogue.json field_policy/proviso-usage.json; do
    cp "$D/$file" before
    sed -i 's/SnapshotDownload/SnapshotDownloads/; s/resource_type/resource_kind/' "$D/$file"
    echo >>"$D/$file"
    show 1 proviso review usage.jsonl -d "$D"
    holds "$file changes only by an order" refused_with 2 'in force'
    mv before "$D/$file"
  done

  attack I1 "Content in a usage record" "a record brings a prompt, a body and an object's name."
  # shellcheck disable=SC2016  # jq's variables
  head -n 1 usage.jsonl | jq -c --arg c "$canary" '.id = "canary" | .subject = $c |
    .data += {prompt: $c, body: {text: $c}, object_name: $c}' >canary.jsonl
  show 2 proviso review canary.jsonl -d "$D"
  HOLDS=ok holds "its event counts" says '1 events'
  quietly grep -rlaF "$canary" "$D"
  holds "and its content is in no byte of the data folder" code_is 1

  attack I14 "A fishing reviewer" "someone wants to see a customer without a case."
  show 1 proviso case show cust-hospital -d "$D"
  holds "usage is shown by case only, and there is none" refused_with 2 'no such case'
  before="$(entries)"
  quietly proviso case show "$CASE" -d "$D"
  HOLDS=ok holds "and each look at a case leaves an entry in the log" \
    test "$(entries)" -eq $((before + 1))
  cat >fishing.yml <<'RULE'
title: What one customer does
id: 0b9c3a52-6a3d-4c50-8f4e-5f6c1f0f7a11
status: test
logsource:
  product: proviso
detection:
  one:
    subscription: sub-hospital-wards
  condition: one
level: low
proviso:
  terms: [T-SURVEILLANCE]
RULE
  show 2 proviso rules check fishing.yml -d "$D"
  holds "a rule that names a subscription doesn't load" refused_with 2 'I14'

  attack I11 "A reader of the public log" "looks for who is under review, and who approved."
  put_in_force . "$(plain_order)" counsel executive
  quietly grep -rlaE "public-body|counsel|executive|proposer@" "$D/ledger"
  holds "the log names neither customer nor people" code_is 1
}

# public_leaves DIR: every leaf of its public log as its length, kind and public members.
public_leaves() {
  python3 - "$1/ledger/log" <<'PY'
import json, pathlib, sys
log = pathlib.Path(sys.argv[1])
size = int((log / "checkpoint").read_text().split("\n")[1])
raw = (log / f"tile/entries/000.p/{size}").read_bytes()
for _ in range(size):
    length = int.from_bytes(raw[:2], "big")
    entry = json.loads(raw[2:2 + length])
    raw = raw[2 + length:]
    print(length, entry["kind"], sorted(entry["public"]))
PY
}
# slots DIR: three slots of sealed entries, one after the other.
slots() {
  for _ in 1 2 3; do
    sqlite3 "$1/store.sqlite" "DELETE FROM meta WHERE name='sealing_slot'"
    proviso ledger tick -d "$1" >/dev/null
  done
}
seal_from_now_on() {
  sed -i 's/^every_minutes = 0/every_minutes = 1440/; s/^per_slot = 1/per_slot = 5/' \
    "$D/proviso.toml"
}

sealing_attacks() {
  local order
  attack I11 "A customer who watches the log" \
    "compares the log of a provider under whose review he is with that of a quiet one."
  seal_from_now_on
  cp -a "$D" quiet
  proviso report add --source press --about cust-hospital --file reason.txt -d "$D" >/dev/null
  CASE="$(proviso case list -d "$D" --json | jq -r 'select(.customer == "cust-hospital") | .id')"
  proviso case evidence "$CASE" --class document --file register.jsonl -d "$D" >/dev/null
  slots "$D" && public_leaves "$D" >busy.leaves
  slots quiet && public_leaves quiet >quiet.leaves
  quietly cmp quiet.leaves busy.leaves
  holds "number, length and kind of entries are the same" code_is 0
  show 1 proviso ledger open --case "$CASE" -d "$D"
  holds "and what is sealed isn't opened by mistake" refused_with 2 'I11'
  CASE="$(proviso case list -d "$D" --json | jq -r 'select(.customer == "cust-public-body") | .id')"

  attack I11 "An operator who never opens, or something else" \
    "what led to an order stays sealed; then a cover is shown instead of it."
  seal_from_now_on
  order="$(plain_order)"
  put_in_force . "$order" counsel executive
  slots "$D"
  show 3 proviso verify "$D/ledger" --trust trust.json --at +91d
  holds "whoever verifies is told what is owed since when" says 'OVERDUE: entry [0-9]+'
  sqlite3 "$D/store.sqlite" "UPDATE seals SET content='{\"cover\":true,\"version\":1}',
    order_digest='' WHERE seq=(SELECT min(seq) FROM seals WHERE kind='order-proposed')"
  quietly proviso ledger open --case "$CASE" -d "$D"
  show 2 proviso verify "$D/ledger" --trust trust.json
  holds "and that another thing is shown than was sealed" refused_with 3 'NOT VALID: seal'
}

begin_play attack
make_world
people_attacks
server_attacks
power_attacks
content_attacks
sealing_attacks
printf '\nAll %d attacks were refused.\n' "$STEP"

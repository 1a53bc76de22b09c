#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/threat-model.md: every test that the page names is there; and what verifiers say of each part
# that turns bad. The same files are put before `proviso verify`, `ledger-verify` and the verifier
# in TypeScript, which have to say the same class, place and exit code. What turns bad is forged
# here, by whoever holds the part: tests/lib/log_maker.py signs with the log's key, sqlite3 changes
# the store, and witnesses' keys cosign.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in dev/say dev/install dev/node; do
  # shellcheck source=/dev/null
  source "tools/$part.sh"
done
for part in found check; do
  # shellcheck source=/dev/null
  source "tests/lib/$part.sh"
done

SECTION="the page"
check "wrong names are found" 0 '' python3 tests/threat_model/names.py --self-test
check "the names on the page are right" 0 'every test that the page names is there' \
  python3 tests/threat_model/names.py "$ROOT"
install_node_packages "$ROOT/console/verify"

# The three. The first of them has no command but `log`.
by_proviso() { [[ "$1" == log ]] && proviso verify "${@:2}"; }
by_ledger_verify() { "$PROVISO_BIN/ledger-verify" "$@"; }
by_typescript() {
  "$ROOT/console/verify/node_modules/node/bin/node" "$ROOT/console/verify/src/main.ts" "$@"
}
# Exit code, class and place; then all members but the line for people.
judge() {
  local out code=0
  out="$("$@" --json 2>/dev/null)" || code=$?
  printf '%d %s\n' "$code" "$(jq -r '"\(.error_class) at \(.where)"' <<<"$out")"
  jq -cS 'del(.detail)' <<<"$out"
}

# say WHAT CODE CLASS-AND-PLACE COMMAND ARGUMENT...: what all of them say, word for word.
say() {
  local what="$1" wanted="$2 $3" one others="by_ledger_verify by_typescript" other
  shift 3
  one="$(judge by_ledger_verify "$@")"
  # shellcheck disable=SC2053  # a pattern
  if [[ "$(head -n 1 <<<"$one")" == $wanted ]]; then verdict 0 "$what"; else
    verdict 1 "$what" "not '$wanted' but:" "$one" "$*"
  fi
  # proviso reads folders alone.
  [[ "$1" != log || "$2" == http:* ]] || others+=" by_proviso"
  for other in $others; do
    that "$what: ${other#by_}" test "$(judge "$other" "$@")" = "$one"
  done
}

log_maker() { python3 "$ROOT/tests/lib/log_maker.py" "$@"; }
ORIGIN=log.example.com/terms
TRUST=(--trust trust.json)

# forged NAME ARGUMENT...: the log `log`, changed and signed by its own key, as folder NAME.
forged() { rm -rf "$1" && log_maker forge log "$1" "$ORIGIN" ledger.pem "${@:2}"; }
# entry N JQ-ARGUMENT...: entry N of the log, changed, as file N.entry.
entry() {
  sed -n "$(($1 + 1))p" entries.jsonl | jq -cS "${@:2}" >"$1.entry"
}
# at KIND: the index of the first entry that put an order of this kind in force.
at() {
  jq -s --arg k "$1" 'map(.kind == "order-in-force" and .public.kind == $k) | index(true)' \
    entries.jsonl
}

propose() {
  proviso order propose --case "$CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d data --json --scope "$@" | digest_of
}
snapshot() { proviso gate snapshot --out "$1" -d data >/dev/null; }
# A snapshot that was changed gets a digest that fits.
resealed() {
  local body
  body="$(head -n 1 snapshot.json | jq -cS "${@:2}")"
  printf '%s\n%s\n' "$body" "$(printf '%s' "$body" | sha256sum | cut -d' ' -f1)" >"$1"
}

# Three people are needed. In the log: a restriction that is lifted, one that is not, a change of
# the roster.
make_world() {
  local sub=sub-public-body-records
  found_folder . 3
  proviso simulate million-calls --seed 1 --hours 1 --background 5 --out usage.jsonl \
    --register register.jsonl >/dev/null
  proviso register load register.jsonl -d data >/dev/null
  echo "Bulk recording, corroborated." >reason.txt
  proviso report add --source press --about cust-public-body --file reason.txt -d data >/dev/null
  CASE="$(proviso case list -d data --json | jq -r .id)"
  LIFTED="$(propose "$sub/storage" --stage export-only --until +30d)"
  put_in_force . "$LIFTED" counsel executive director
  snapshot early.json
  cp data/ledger/log/checkpoint kept.checkpoint
  STANDS="$(propose "$sub/speech" --stage export-only --until +30d)"
  put_in_force . "$STANDS" counsel executive director
  make_key . deputy
  put_in_force . "$(proviso roster add keys/deputy.pub --role approver --key keys/proposer -d data \
    --json | digest_of)" counsel executive director
  put_in_force . "$(proviso order lift "$LIFTED" --reason reason.txt -d data --json | digest_of)" \
    outside
  proviso order bundle "$STANDS" --out order.bundle -d data >/dev/null
  proviso ledger prove 2 --out entry.proof --entry-out entry.json -d data >/dev/null
  snapshot snapshot.json
  cp -r data/ledger/log . && cp data/keys/ledger.pem .
  SIZE="$(sed -n 2p log/checkpoint)"
  log_maker entries log >entries.jsonl
}

# For each "is refused" below, that the same is good where nobody meddled.
honest() {
  SECTION="nobody"
  say "the log" 0 "OK at " log log "${TRUST[@]}" --snapshot snapshot.json --since kept.checkpoint
  say "the order" 0 "OK at " bundle order.bundle "${TRUST[@]}"
  say "the entry" 0 "OK at " proof entry.proof --entry entry.json "${TRUST[@]}"
  forged same
  say "the log, written and signed once more" 0 "OK at " log same "${TRUST[@]}" \
    --snapshot snapshot.json
}

the_server() {
  SECTION="the server"
  local n
  n="$(at restrict)"
  entry "$n" 'del(.public.approvals[])' && forged alone "$n=$n.entry"
  say "an order that nobody signed" 3 "order at entry $n" log alone "${TRUST[@]}"
  entry "$n" . && forged twice "$SIZE=$n.entry"
  say "an entry once more" 3 "entry at entry $SIZE" log twice "${TRUST[@]}"
  cp -r data kept && sqlite3 kept/store.sqlite \
    "UPDATE orders SET state = 'in_force' WHERE digest = '$LIFTED'"
  proviso gate snapshot --out keeps.json -d kept >/dev/null
  say "a lifted order that it goes on giving to gates" 3 "snapshot at restriction ${LIFTED:0:12}" \
    log log "${TRUST[@]}" --snapshot keeps.json
  resealed silent.json '.governance = []'
  say "a change of who decides that it leaves out" 3 "snapshot at entry $(at roster)" \
    log log "${TRUST[@]}" --snapshot silent.json
  resealed wider.json '.restrictions[0].order |= gsub("records/speech|records"; "cyber-defence")'
  say "another scope in a snapshot" 3 "snapshot at snapshot" snapshot wider.json "${TRUST[@]}"
  say "which the log shows as well" 3 "snapshot at snapshot" log log "${TRUST[@]}" \
    --snapshot wider.json
  forged shorter 2
  say "a log that went back" 3 "rollback at checkpoint" log shorter "${TRUST[@]}" \
    --since kept.checkpoint
}

the_database() {
  SECTION="the database"
  local n tampered=tampered
  cp -r data "$tampered"
  sqlite3 "$tampered/store.sqlite" "UPDATE orders SET canonical = replace(canonical,
    '\"export-only\"', '\"deny\"') WHERE digest = '$STANDS'"
  check "a harder order makes no bundle" 2 'error' \
    proviso order bundle "$STANDS" --out harder.bundle -d "$tampered"
  check "nor a snapshot" 2 'error' proviso gate snapshot --out harder.json -d "$tampered"
  say "and the log says what it said" 0 "OK at " log "$tampered/ledger/log" "${TRUST[@]}" \
    --since log/checkpoint
  rm -rf "$tampered" && cp -r data "$tampered"
  n="$(propose sub-public-body-cyber-defence/security --stage export-only --until +30d)"
  rm -rf "$tampered" && cp -r data "$tampered"
  sqlite3 "$tampered/store.sqlite" "UPDATE orders SET state = 'in_force', in_force_at = proposed_at,
    in_force_entry = (SELECT in_force_entry FROM orders WHERE digest = '$STANDS')
    WHERE digest = '$n'"
  proviso gate snapshot --out invented.json -d "$tampered" >/dev/null
  say "an order in force of one that is proposed" 3 "snapshot at snapshot" snapshot invented.json \
    "${TRUST[@]}"
  proviso order bundle "$n" --out invented.bundle -d "$tampered" >/dev/null
  say "nor in a bundle" 3 "entry at entry" bundle invented.bundle "${TRUST[@]}"
}

one_approver() {
  SECTION="one approver"
  local n
  n="$(at restrict)"
  entry "$n" '.public.approvals |= .[:1]' && forged alone "$n=$n.entry"
  say "a cut by one" 3 "order at entry $n" log alone "${TRUST[@]}"
  entry "$n" '.public.approvals |= [.[0], .[0], .[0]]' && forged thrice "$n=$n.entry"
  say "the same signature three times" 3 "order at entry $n" log thrice "${TRUST[@]}"
  n="$(at roster)"
  entry "$n" '.public.approvals |= .[:1]' && forged roster "$n=$n.entry"
  say "a roster by one" 3 "governance at entry $n" log roster "${TRUST[@]}"
  say "a lift by one is good" 0 "OK at " log log "${TRUST[@]}"
}

k_minus_one() {
  SECTION="k-1 approvers"
  local n
  n="$(at restrict)"
  entry "$n" '.public.approvals |= .[:2]' && forged two "$n=$n.entry"
  say "a cut by two of three" 3 "order at entry $n" log two "${TRUST[@]}"
  n="$(at roster)"
  entry "$n" '.public.approvals |= .[:2]' && forged two "$n=$n.entry"
  say "a roster by two of three" 3 "governance at entry $n" log two "${TRUST[@]}"
  jq -cj 'del(.approvals.signatures[0])' order.bundle >two.bundle && echo >>two.bundle
  say "a bundle with two" 3 "entry at approvals.signatures" bundle two.bundle "${TRUST[@]}"
  resealed two.json 'del(.restrictions[0].approvals[0])'
  say "a snapshot with two" 3 "snapshot at snapshot" snapshot two.json "${TRUST[@]}"
}

the_proposer() {
  SECTION="the proposer"
  local n
  n="$(at restrict)"
  entry "$n" '.public.approvals[0] = .public.proposal' && forged proposer "$n=$n.entry"
  say "who approves too" 3 "order at entry $n" log proposer "${TRUST[@]}"
  entry "$n" '.public.proposal = .public.approvals[0]' && forged approver "$n=$n.entry"
  say "an approver who proposed" 3 "order at entry $n" log approver "${TRUST[@]}"
  resealed proposer.json '.restrictions[0].approvals[0] = .restrictions[0].proposal'
  say "in a snapshot" 3 "snapshot at snapshot" snapshot proposer.json "${TRUST[@]}"
}

the_logs_key() {
  SECTION="the log's key"
  # Another history from the second entry on.
  entry 1 '.entry |= sub("^.{8}"; "00000000")' && forged fork "1=1.entry"
  say "another history, to whoever kept a checkpoint" 3 "fork at the earlier checkpoint" \
    log fork "${TRUST[@]}" --since kept.checkpoint
  say "by two checkpoints and some tiles" 3 "fork at the earlier checkpoint" \
    consistency kept.checkpoint fork/checkpoint fork "${TRUST[@]}"
  say "with a snapshot of the true one" 3 "fork at snapshot checkpoint" log fork "${TRUST[@]}" \
    --snapshot snapshot.json
  cp -r log mixed && cp fork/checkpoint mixed/
  say "a root of other files" 3 "root at checkpoint" log mixed "${TRUST[@]}"
  openssl genpkey -algorithm ed25519 -out mallory.pem 2>/dev/null
  log_maker forge log stolen "$ORIGIN" mallory.pem
  say "a key that is not the log's" 3 "checkpoint-signature at checkpoint" log stolen "${TRUST[@]}"
}

# cosigned NOTE NAME...: below the note, the lines of these witnesses.
cosigned() {
  local name
  cat "$1"
  for name in "${@:2}"; do
    log_maker cosign "$1" "$name" "$name.pem" "$((1800000000 + ${#name}))"
  done
}

make_witnesses() {
  local name
  for name in oslo lima cairo; do
    openssl genpkey -algorithm ed25519 -out "$name.pem" 2>/dev/null
    echo "witness $name $(log_maker vkey "$name" "$name.pem" witness)"
  done >policy
  printf 'group two 2 oslo lima cairo\nquorum two\n' >>policy
  proviso roster trust --witnesses policy --out witnessed.json -d data >/dev/null
  ASKED=(--trust witnessed.json)
  cp -r log seen
  echo "quorum none" >nobody
}

a_witness() {
  SECTION="a witness"
  make_witnesses
  that "the trust file has the policy" cmp policy <(jq -r '.witnesses[]' witnessed.json)
  say "nobody cosigned" 3 "quorum at checkpoint" log seen "${ASKED[@]}"
  cosigned log/checkpoint oslo >seen/checkpoint.cosigned
  say "one alone" 3 "quorum at checkpoint.cosigned" log seen "${ASKED[@]}"
  cosigned log/checkpoint oslo oslo >seen/checkpoint.cosigned
  say "one twice" 3 "quorum at checkpoint.cosigned" log seen "${ASKED[@]}"
  cosigned log/checkpoint oslo cairo >seen/checkpoint.cosigned
  say "two" 0 "OK at " log seen "${ASKED[@]}"
  check "by when" 0 'cosigned by oslo, cairo; enough of them by 2027-01-15T08:00:05Z' \
    proviso verify seen "${ASKED[@]}"
  # The line of another tree below this one.
  { cat seen/checkpoint.cosigned && cosigned fork/checkpoint lima | tail -n 1; } >wrong
  cp wrong seen/checkpoint.cosigned
  say "a line of another tree" 3 "cosignature at checkpoint.cosigned" log seen "${ASKED[@]}"
  cosigned fork/checkpoint lima >fork/checkpoint.cosigned
  say "a second view for one of them" 3 "quorum at checkpoint.cosigned" log fork "${ASKED[@]}"
  rm fork/checkpoint.cosigned
  say "--policy goes before the trust file's" 0 "OK at " log fork "${ASKED[@]}" --policy nobody
  cosigned log/checkpoint lima cairo >seen/checkpoint.cosigned
}
# What somebody hands on is under the same checkpoint, so the same is asked of it.
a_witness_of_what_is_handed_on() {
  local note=log/checkpoint
  say "a bundle without" 3 "quorum at proof" bundle order.bundle "${ASKED[@]}"
  say "a proof without" 3 "quorum at proof" proof entry.proof --entry entry.json "${ASKED[@]}"
  say "a snapshot without" 3 "quorum at snapshot checkpoint" snapshot snapshot.json "${ASKED[@]}"
  say "a snapshot without, held against the log" 3 "quorum at snapshot checkpoint" \
    log seen "${ASKED[@]}" --snapshot snapshot.json
  say "growth without" 3 "quorum at the later checkpoint" \
    consistency kept.checkpoint "$note" log "${ASKED[@]}"
  say "growth with" 0 "OK at " \
    consistency kept.checkpoint seen/checkpoint.cosigned log "${ASKED[@]}"
  cp seen/checkpoint.cosigned data/ledger/log/
  proviso order bundle "$STANDS" --out seen.bundle -d data >/dev/null
  say "a bundle with" 0 "OK at " bundle seen.bundle "${ASKED[@]}"
  snapshot seen.json
  say "a snapshot with" 0 "OK at " snapshot seen.json "${ASKED[@]}"
  say "and the log" 0 "OK at " log seen "${ASKED[@]}" --snapshot seen.json
  { cat entry.proof && tail -n +6 seen/checkpoint.cosigned; } >seen.proof
  say "a proof with" 0 "OK at " proof seen.proof --entry entry.json "${ASKED[@]}"
  jq '.witnesses = ["quorum two"]' witnessed.json >broken.json
  say "a policy that is none" 2 "" snapshot seen.json --trust broken.json
}

gate_check() {
  proviso gate check "$@" "${ASKED[@]}" --service "$SERVICE" --operation Recognize \
    --subscription sub-public-body-records
}

# A gate asks for the witnesses itself, and eases without them.
a_gate() {
  SECTION="a gate"
  SERVICE=speech
  check "takes what was cosigned" 3 '^export-only' gate_check --snapshot seen.json
  check "nothing that was not" 2 'quorum at checkpoint: none of 3 witnesses' \
    gate_check --snapshot snapshot.json
  SERVICE=storage
  put_in_force . "$(propose sub-public-body-records/storage --stage export-only --until +30d)" \
    counsel executive director
  put_in_force . "$(proviso order lift "$STANDS" --reason reason.txt -d data --json | digest_of)" \
    counsel
  snapshot newer.json
  check "a new order waits for them" 0 '1 orders of the snapshot wait for witnesses' \
    gate_check --snapshot newer.json --kept seen.json
  SERVICE=speech
  check "a lift beside it does not" 0 '^allow' gate_check --snapshot newer.json --kept seen.json
  check "and with nothing kept it is no snapshot" 2 'with nothing kept there is nothing to ease' \
    gate_check --snapshot newer.json
  say "whoever verifies is told" 3 "quorum at snapshot checkpoint" snapshot newer.json "${ASKED[@]}"
  resealed handed.json '.restrictions[0].order |= sub("records"; "cyber-defence")'
  say "what it hands on, changed" 3 "snapshot at snapshot" snapshot handed.json "${TRUST[@]}"
  jq --arg d "$(sha256sum <policy | cut -d' ' -f1)" '.genesis = $d' trust.json >another.json
  say "by another trust file" 3 "snapshot at snapshot" snapshot snapshot.json --trust another.json
}

the_static_host() {
  SECTION="the static host"
  local bundle="tile/entries/000.p/$SIZE" tile="tile/0/000.p/$SIZE"
  cp -r log hosted && printf X | dd of="hosted/$bundle" bs=1 seek=40 conv=notrunc status=none
  say "a changed byte" 3 "leaf-hash at $bundle entry 0" log hosted "${TRUST[@]}"
  rm "hosted/$bundle"
  say "a file that it withholds" 3 "missing at $bundle" log hosted "${TRUST[@]}"
  cp "log/$bundle" "hosted/$bundle" && truncate -s -1 "hosted/$tile"
  say "a cut one" 3 "tile-size at $tile" log hosted "${TRUST[@]}"
  rm -rf hosted && cp -r log hosted && cp kept.checkpoint hosted/checkpoint
  say "an old state, for whoever knows a newer one" 3 "rollback at checkpoint" log hosted \
    "${TRUST[@]}" --since log/checkpoint
  rm hosted/checkpoint
  say "no log at all" 3 "checkpoint-missing at checkpoint" log hosted "${TRUST[@]}"
  say "no answer" 3 "unreadable at checkpoint" log http://127.0.0.1:1/log "${TRUST[@]}"
  log_maker make other other.example/log mallory.pem 9
  say "another log" 3 "checkpoint-signature at checkpoint" log other "${TRUST[@]}"
}

cd "$TMPDIR"
make_world
honest
the_server
the_database
one_approver
k_minus_one
the_proposer
the_logs_key
a_witness
a_witness_of_what_is_handed_on
a_gate
the_static_host
end_checks

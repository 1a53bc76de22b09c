#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ledger-verify: logs on a plain static web server with nothing of ours running, by both verifiers;
# servers that misbehave; order bundles and proofs that the other verifier (TypeScript) judges the
# same; its command line.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in dev/say dev/install dev/node; do
  # shellcheck source=/dev/null
  source "tools/$part.sh"
done
for part in found rich_ledger check; do
  # shellcheck source=/dev/null
  source "tests/lib/$part.sh"
done

install_node_packages "$ROOT/console/verify"
NODE="$ROOT/console/verify/node_modules/node/bin/node"
LEDGER="$TMPDIR/ledger"
TRUST=(--trust "$LEDGER/trust.json")

ledger_verify() { "$PROVISO_BIN/ledger-verify" "$@"; }
other_verify() { "$NODE" "$ROOT/console/verify/src/main.ts" "$@"; }

# both WHAT CODE REGEX ARGUMENT...: checks ours, and that the other verifier says the same, letter
# for letter but for the line that is for people.
both() {
  local what="$1" code="$2" regex="$3" ours theirs ours_code=0 theirs_code=0
  shift 3
  check "$what" "$code" "$regex" ledger_verify "$@"
  ours="$(ledger_verify "$@" --json 2>/dev/null | jq -cS 'del(.detail)')" || ours_code=$?
  theirs="$(other_verify "$@" --json 2>/dev/null | jq -cS 'del(.detail)')" || theirs_code=$?
  that "$what: both say the same" test "$ours_code $ours" = "$theirs_code $theirs"
}

# start NAME ARGUMENT...: servers.py; sets URL and BAD.
start() {
  local out="$TMPDIR/$1.urls" try
  : >"$out"
  python3 -u "$ROOT/tests/ledger_verify/servers.py" "${@:2}" >"$out" 2>"$TMPDIR/$1.log" &
  SERVERS+=("$!")
  for try in $(seq 1 100); do
    [[ "$(wc -l <"$out")" -lt 2 ]] || break
    sleep 0.1
  done
  { read -r URL && read -r BAD; } <"$out" || { echo "not ok - no server (try $try)" && exit 1; }
}
SERVERS=()
stop_all() {
  local pid
  for pid in "${SERVERS[@]}"; do kill "$pid" 2>/dev/null || true; done
}
trap stop_all EXIT

check_served() {
  SECTION="static server"
  start plain "$LEDGER"
  both "by the trust file" 0 '^valid: [0-9]+ entries; 3 restrictions in force, 1 lifts' \
    log "$URL/log" "${TRUST[@]}"
  both "by the log's key" 0 '^valid: [0-9]+ entries, root [0-9a-f]{64}$' \
    log "$URL/log" --key "$LEDGER/log.vkey"
  both "with a snapshot and an earlier checkpoint" 0 '^valid' log "$URL/log/" "${TRUST[@]}" \
    --snapshot "$LEDGER/snapshot.json" --since "$LEDGER/checkpoint.earlier"
  both "by the folder above the log" 0 '^valid' log "$URL" "${TRUST[@]}"
  both "a folder" 0 '^valid' log "$LEDGER/log" "${TRUST[@]}"
  both "what is not there" 3 '^NOT VALID: checkpoint-missing' log "$URL/nothing" "${TRUST[@]}"
  both "growth" 0 '^valid: the later checkpoint' \
    consistency "$LEDGER/checkpoint.earlier" "$LEDGER/log/checkpoint" "$URL/log" "${TRUST[@]}"
  both "growth the wrong way round" 3 '^NOT VALID: rollback' \
    consistency "$LEDGER/log/checkpoint" "$LEDGER/checkpoint.earlier" "$URL/log" "${TRUST[@]}"
  both "growth without tiles" 3 '^NOT VALID: tiles' \
    consistency "$LEDGER/checkpoint.earlier" "$LEDGER/log/checkpoint" "$URL/keys" "${TRUST[@]}"
  local broken="$LEDGER/broken/log" entries
  entries="$(basename "$(find "$LEDGER/log/tile/0" -name '[0-9]*' -type f | sort -V | tail -1)")"
  mkdir -p "$LEDGER/broken" && cp -r "$LEDGER/log" "$LEDGER/broken/"
  truncate -s -5 "$broken/tile/entries/000.p/$entries"
  both "a bundle that is cut" 3 '^NOT VALID: bundle-format' log "$URL/broken/log" "${TRUST[@]}"
  rm "$broken/tile/entries/000.p/$entries"
  both "a bundle that is gone" 3 '^NOT VALID: missing at tile/entries' \
    log "$URL/broken/log" "${TRUST[@]}"
}

# in_little_memory COMMAND...: a GiB would not fit.
in_little_memory() { (ulimit -v $((640 * 1024)) && "$@"); }

# Each ends with a class and a reason; where the time that is left is the reason, soon.
check_bad_servers() {
  SECTION="bad server"
  local soon=("${TRUST[@]}" --timeout 2)
  both "cut answer" 3 'unreadable at tile/entries.*partial message' log "$BAD/cut/log" "${TRUST[@]}"
  both "endless body" 3 'bundle-format at tile/entries.*too long' \
    log "$BAD/endless/log" "${TRUST[@]}"
  check "stalls" 3 'unreadable at checkpoint.*no answer in time' \
    ledger_verify log "$BAD/stall/log" "${soon[@]}"
  check "drips" 3 'unreadable at checkpoint.*no answer in time' \
    ledger_verify log "$BAD/drip/log" "${soon[@]}"
  both "redirects" 3 'unreadable at checkpoint.*redirects \(302\), which is not followed' \
    log "$BAD/redirect/log" "${TRUST[@]}"
  both "wrong content" 3 'checkpoint-format' log "$BAD/wrong/log" "${TRUST[@]}"
  both "500" 3 'unreadable at tile/entries.*the server answers 500' \
    log "$BAD/broken/log" "${TRUST[@]}"
  check "a compressed bomb" 3 'bundle-format at tile/entries.*too long' \
    in_little_memory ledger_verify log "$BAD/bomb/log" "${TRUST[@]}"
  both "which is one" 3 'bundle-format at tile/entries.*too long' log "$BAD/bomb/log" "${TRUST[@]}"
  check "503 that passes" 0 '^valid' ledger_verify log "$BAD/flaky/log" "${TRUST[@]}"
  both "compressed unasked" 0 '^valid' log "$BAD/gzip/log" "${TRUST[@]}"
  both "closes each connection" 0 '^valid' log "$BAD/closed/log" "${TRUST[@]}"
  stop_all
  both "gone" 3 'unreadable at checkpoint.*[Cc]onnect' log "$URL/log" "${TRUST[@]}"
}

check_tls() {
  SECTION="https"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$TMPDIR/tls.key" -out "$TMPDIR/tls.crt" 2>/dev/null
  start tls "$LEDGER" "$TMPDIR/tls.crt" "$TMPDIR/tls.key"
  check "vouched for" 0 '^valid' \
    ledger_verify log "$URL/log" "${TRUST[@]}" --ca-file "$TMPDIR/tls.crt"
  check "not vouched for" 3 'unreadable at checkpoint.*TLS' \
    ledger_verify log "$URL/log" "${TRUST[@]}"
  check "no certificates" 2 'no PEM certificates' \
    ledger_verify log "$URL/log" "${TRUST[@]}" --ca-file "$LEDGER/trust.json"
}

# bundle_of KIND: a file with the bundle of the newest order of that kind.
bundle_of() {
  local digest
  digest="$(sqlite3 "$LEDGER/data/store.sqlite" "SELECT digest FROM orders WHERE $1 AND
    in_force_entry <> '' ORDER BY in_force_at DESC LIMIT 1")"
  proviso order bundle "$digest" --out "$TMPDIR/$2.bundle" -d "$LEDGER/data" >/dev/null
}

check_bundles() {
  SECTION="bundle"
  local bundle="$TMPDIR/cut.bundle" flipped="$TMPDIR/flipped.bundle" other="$TMPDIR/other.json"
  bundle_of "kind='restrict' AND canonical LIKE '%speech%throttle%'" cut
  bundle_of "kind='restrict' AND canonical LIKE '%news-medium%'" paper
  bundle_of "kind='restrict' AND canonical LIKE '%emergency%'" emergency
  bundle_of "kind='restrict' AND state='lifted'" lifted
  bundle_of "kind='lift'" lift
  bundle_of "kind='roster'" roster
  bundle_of "kind='policy'" policy
  both "a restriction" 0 'Approved by 2 people, 2 needed; proposed by another person' \
    bundle "$bundle" "${TRUST[@]}"
  both "one that was lifted since" 0 'Approved by 3 people' bundle "$TMPDIR/lifted.bundle" \
    "${TRUST[@]}"
  both "an emergency" 0 '^EMERGENCY: two people' bundle "$TMPDIR/emergency.bundle" "${TRUST[@]}"
  both "a lift" 0 'Approved by 1 person, 1 needed' bundle "$TMPDIR/lift.bundle" "${TRUST[@]}"
  both "a change of the roster" 0 '^The roster becomes these 8 keys:' \
    bundle "$TMPDIR/roster.bundle" "${TRUST[@]}"
  that "says whose key is server-mediated" grep -q 'SERVER-MEDIATED: the server shows' <<<"$OUT"
  both "one of the policy" 0 'against news-medium: 2 more, 1 from outside' \
    bundle "$TMPDIR/policy.bundle" "${TRUST[@]}"
  both "against a protected subject" 0 \
    '4 needed, 1 of those from outside the organisation; 3 people with keys of their own, the oth' \
    bundle "$TMPDIR/paper.bundle" "${TRUST[@]}"
  that "with its own reason's digest" grep -q 'restricted all the same, for a reason' <<<"$OUT"
  local one
  for one in cut paper roster policy emergency; do
    that "the words of $one are the same" cmp \
      <(ledger_verify bundle "$TMPDIR/$one.bundle" "${TRUST[@]}") \
      <(other_verify bundle "$TMPDIR/$one.bundle" "${TRUST[@]}")
  done
  jq -cj '.approvals.signatures |= reverse' "$bundle" >"$flipped" && echo >>"$flipped"
  both "signatures that changed places" 3 'NOT VALID: entry at approvals.signatures' \
    bundle "$flipped" "${TRUST[@]}"
  jq -cj 'del(.approvals.signatures[0])' "$bundle" >"$flipped" && echo >>"$flipped"
  both "a signature that is gone" 3 'NOT VALID: entry at approvals.signatures' \
    bundle "$flipped" "${TRUST[@]}"
  jq --arg x "$(printf x | sha256sum | cut -c1-64)" '.genesis = $x' "$LEDGER/trust.json" >"$other"
  both "another founding" 3 'NOT VALID: trust at genesis' bundle "$bundle" --trust "$other"
  both "no bundle" 3 'NOT VALID: bundle at bundle' bundle "$LEDGER/trust.json" "${TRUST[@]}"
  check "an order that waits" 2 'only one in force can be proven' proviso order bundle \
    "$(RICH_CASE="$(case_with_orders)" waiting)" \
    --out "$TMPDIR/none" -d "$LEDGER/data"
}
case_with_orders() {
  sqlite3 "$LEDGER/data/store.sqlite" "SELECT case_id FROM orders WHERE kind='restrict' LIMIT 1"
}
waiting() {
  (cd "$LEDGER" && propose_cut sub-public-body-records/storage --stage read-only --until +5d)
}

check_proofs() {
  SECTION="proof"
  local proof="$TMPDIR/p.tlog-proof" entry="$TMPDIR/p.entry"
  check "of an entry" 0 'entry 3 of log.example.com/terms' proviso ledger prove 3 --out "$proof" \
    --entry-out "$entry" -d "$LEDGER/data"
  both "is good" 0 '^valid: the entry is in the log' proof "$proof" --entry "$entry" "${TRUST[@]}"
  both "by the key as well" 0 '^valid' proof "$proof" --entry "$entry" --key "$LEDGER/log.vkey"
  both "of another entry" 3 'NOT VALID: inclusion at entry' proof "$proof" \
    --entry "$LEDGER/reason.txt" "${TRUST[@]}"
  both "no proof" 3 'NOT VALID: proof at proof' proof "$entry" --entry "$entry" "${TRUST[@]}"
  check "by the entry's id" 0 'entry 3 of' proviso ledger prove "$(jq -r .entry "$entry")" \
    --out "$proof" -d "$LEDGER/data"
  check "of what is not there" 2 'error' proviso ledger prove 99999 --out "$proof" \
    -d "$LEDGER/data"
  both "a snapshot by itself" 0 '^valid: 3 restrictions' snapshot "$LEDGER/snapshot.json" \
    "${TRUST[@]}"
  both "a snapshot that is none" 3 'NOT VALID: snapshot' snapshot "$entry" "${TRUST[@]}"
}

check_command_line() {
  SECTION="command line"
  check "help" 0 'consistency EARLIER LATER LOG' ledger_verify --help
  check "nothing" 2 'no command' ledger_verify
  check "an unknown command" 2 'no such command' ledger_verify judge
  check "an unknown option" 2 'no such option' ledger_verify log x --policy-of y
  check "an option of another command" 2 'no such option' ledger_verify bundle x --since y
  check "an empty value" 2 'is empty' ledger_verify log x --trust ""
  check "twice" 2 'given twice' ledger_verify log x --trust a --trust b
  check "neither key nor trust" 2 'give --key PUB or --trust FILE' ledger_verify log "$LEDGER/log"
  check "both" 2 'give --key' ledger_verify log x --key "$LEDGER/log.vkey" "${TRUST[@]}"
  check "no such folder" 2 'no such folder' ledger_verify log nothing "${TRUST[@]}"
  check "no URL" 2 'not of the form' ledger_verify log 'http://a b/' "${TRUST[@]}"
  check "no time" 2 'not a number' ledger_verify log http://127.0.0.1:1 "${TRUST[@]}" --timeout 0
}

rich_ledger "$LEDGER"
check_served
check_bad_servers
check_tls
check_bundles
check_proofs
check_command_line
end_checks

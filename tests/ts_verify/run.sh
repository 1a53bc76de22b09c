#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The verifier in TypeScript (console/verify): its own tests, and that it says of every log what
# `proviso verify` says: logs of others, logs broken at random, a ledger of ours, that ledger on a
# plain static web server with nothing of ours running, and each log of the stories and attacks.
#   VERIFY_SEED, VERIFY_ROUNDS   other mutations, and more or fewer of them
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
export VERIFY_LEDGER="$LEDGER" VERIFY_DATA="$ROOT/../shared/data/ledger"
case "${PROVISO_TIER:-full}" in
  quick) : "${VERIFY_ROUNDS:=40}" ;;
  full) : "${VERIFY_ROUNDS:=150}" ;;
  *) : "${VERIFY_ROUNDS:=4000}" ;;
esac
export VERIFY_ROUNDS

ledger_verify() { "$NODE" "$ROOT/console/verify/dist/main.js" "$@"; }

# Python's own static server, behind TLS.
TLS_SERVER='
import http.server, functools, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2] + ".crt", sys.argv[2] + ".key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"Serving HTTP on (https://127.0.0.1:{server.server_port})")
server.serve_forever()'

# serve FOLDER [tls]: sets URL. Anybody's static server; it knows nothing of ledgers.
serve() {
  local log="$TMPDIR/server.log" try command=(-m http.server 0 --bind 127.0.0.1 --directory "$1")
  [[ "${2:-}" != tls ]] || command=(-c "$TLS_SERVER" "$1" "$TMPDIR/tls")
  : >"$log"  # it is read before the server may have begun
  python3 -u "${command[@]}" >"$log" 2>&1 &
  SERVER=$!
  trap stop_serving EXIT
  for try in $(seq 1 100); do
    URL="$(sed -nE 's/^Serving HTTP on .*\((https?:[^)]*)\).*/\1/p' "$log")"
    [[ -z "$URL" ]] || return 0
    sleep 0.1
  done
  echo "not ok - the static server did not start (try $try)" && exit 1
}
stop_serving() {
  [[ -z "${SERVER:-}" ]] || kill "$SERVER" 2>/dev/null || true
  SERVER=""
}

check_served() {
  # The witnesses of the example, for any log.
  grep -v '^log ' "$ROOT/docs/formats/examples/witness-policy.txt" >"$TMPDIR/policy"
  echo "quorum none" >"$TMPDIR/nobody"
  local trust=(--trust "$LEDGER/trust.json") expected
  expected="$(proviso verify "$LEDGER/log" "${trust[@]}" --snapshot "$LEDGER/snapshot.json" --json)"
  serve "$LEDGER"
  check "a log on a static server" 0 '^valid: [0-9]+ entries; 3 restrictions in force, 1 lifts' \
    ledger_verify "$URL/log" "${trust[@]}"
  check "with a snapshot and an earlier checkpoint" 0 '"error_class":"OK"' \
    ledger_verify "$URL/log/" "${trust[@]}" --snapshot "$LEDGER/snapshot.json" \
    --since "$LEDGER/checkpoint.earlier" --json
  that "and says what proviso says of the folder" test "$OUT" = "$expected"
  check "by the folder above the log" 0 '^valid' ledger_verify "$URL" "${trust[@]}"
  check "a policy that nobody satisfies" 3 '^NOT VALID: quorum at checkpoint' \
    ledger_verify "$URL/log" "${trust[@]}" --policy "$TMPDIR/policy"
  check "one that asks for nobody" 0 'cosigned by nobody, as the policy allows' \
    ledger_verify "$URL/log" "${trust[@]}" --policy "$TMPDIR/nobody"
  check "one for another log" 2 'is for other logs' ledger_verify "$URL/log" "${trust[@]}" \
    --policy "$ROOT/docs/formats/examples/witness-policy.txt"
  check "by the log's key" 0 '^valid: [0-9]+ entries, root [0-9a-f]{64}$' \
    ledger_verify "$URL/log" --key "$LEDGER/log.vkey"
  printf 'X' |
    dd of="$LEDGER/broken/log/tile/0/000.p/$ENTRIES" bs=1 seek=40 conv=notrunc status=none
  check "a broken one" 3 '^NOT VALID: leaf-hash at tile/entries/000.p/[0-9]+ entry 1' \
    ledger_verify "$URL/broken/log" "${trust[@]}"
  check "one that is not there" 3 'checkpoint-missing' ledger_verify "$URL/nothing" "${trust[@]}"
  stop_serving
  check "a server that is gone says nothing of the log" 3 '^NOT VALID: unreadable' \
    ledger_verify "$URL/log" "${trust[@]}"
}

# The same over TLS, with a certificate that the client is told to trust, and without.
check_tls() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$TMPDIR/tls.key" -out "$TMPDIR/tls.crt" 2>/dev/null
  serve "$LEDGER" tls
  check "over https" 0 '^valid' env NODE_EXTRA_CA_CERTS="$TMPDIR/tls.crt" "$NODE" \
    "$ROOT/console/verify/dist/main.js" "$URL/log" --trust "$LEDGER/trust.json"
  check "from a server that nobody vouches for" 3 'NOT VALID: unreadable at checkpoint' \
    ledger_verify "$URL/log" --trust "$LEDGER/trust.json"
  stop_serving
}

check_command_line() {
  check "help" 0 'ledger-verify LOG' ledger_verify --help
  check "no log" 2 'give one LOG' ledger_verify --key "$LEDGER/log.vkey"
  check "no key" 2 'give --key PUB or --trust' ledger_verify "$LEDGER/log"
  check "no such folder" 2 'no such folder' ledger_verify nothing --key "$LEDGER/log.vkey"
  check "a folder" 0 '^valid' ledger_verify "$LEDGER/data/ledger" --trust "$LEDGER/trust.json"
}

# play WHAT LEAST COMMAND...: while it runs, every `proviso verify` is asked of both; LEAST of them
# have to have been.
play() {
  local what="$1" least="$2" told="$TMPDIR/$1.told" asked code=0
  local both="$TMPDIR/both" real="$PROVISO_BIN/proviso" temp="$TMPDIR/$1"
  shift 2
  mkdir -p "$both" "$temp"
  ln -sf "$ROOT/tests/ts_verify/both.sh" "$both/proviso"
  ln -sf "$PROVISO_BIN/ledger-verify" "$both/ledger-verify"
  : >"$told"
  env BOTH_REAL="$real" BOTH_NODE="$NODE" BOTH_OTHER="$ROOT/console/verify/dist/main.js" \
    BOTH_TOLD="$told" PROVISO_BIN="$both" TMPDIR="$temp" "$@" >"$temp.out" 2>&1 || code=$?
  verdict "$code" "$what: as told" "$(tail -n 20 "$temp.out")"
  asked="$(wc -l <"$told")"
  that "$what: both were asked $asked times, at least $least" test "$asked" -ge "$least"
  that "$what: both say the same" is_empty "$(grep DIFFERENT "$told")"
  grep DIFFERENT "$told" || true
}
is_empty() { [[ -z "$1" ]]; }

rich_ledger "$LEDGER"
ENTRIES="$(proviso verify "$LEDGER/log" --trust "$LEDGER/trust.json" --json | jq .entries)"
mkdir "$LEDGER/broken" && cp -r "$LEDGER/log" "$LEDGER/broken/"

[[ -d "$VERIFY_DATA" ]] || echo "../shared/data/ledger is missing: logs of others are left out"
that "it compiles" in_verify node_modules/typescript/bin/tsc --project tsconfig.build.json
code=0
in_verify --test --test-reporter=spec 'test/*.test.ts' >"$TMPDIR/node.out" 2>&1 || code=$?
verdict "$code" "its own tests, and both agree on $VERIFY_ROUNDS mutations of each kind" \
  "$(tail -n 60 "$TMPDIR/node.out")"
tallies='^(files|entries|restrictions|foundings|snapshots|earlier) ?.*: '
grep -E "$tallies|^ℹ (tests|fail|skipped) " "$TMPDIR/node.out" || true
check_command_line
check_served
check_tls
if [[ "${PROVISO_TIER:-full}" != quick ]]; then
  play stories 2 tools/story.sh
  play attacks 4 tools/attack.sh
  play witnesses 10 tests/witness/run.sh
  play sealing 8 tests/sealing/run.sh
  play commands 10 env PROVISO_FILTER=05_gates tests/commands/run.sh
fi
end_checks

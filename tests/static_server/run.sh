#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A log on a plain static web server, nginx, with nothing of ours running: both verifiers prove it
# over http and https, and say the same of the folder. Logs of the sizes at which tiles begin, which
# tests/lib/log_maker.py wrote, and a ledger of ours.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in dev/say dev/install dev/node; do
  # shellcheck source=/dev/null
  source "tools/$part.sh"
done
for part in found rich_ledger check nginx; do
  # shellcheck source=/dev/null
  source "tests/lib/$part.sh"
done

SITE="$TMPDIR/site"
LEDGER="$SITE/ledger"
TRUST=(--trust "$LEDGER/trust.json")
ORIGIN=log.example.com/sizes
SIZES=(0 1 255 256 257 65537)

ledger_verify() { "$PROVISO_BIN/ledger-verify" "$@"; }
other_verify() {
  NODE_EXTRA_CA_CERTS="${CA:-}" "$ROOT/console/verify/node_modules/node/bin/node" \
    "$ROOT/console/verify/src/main.ts" "$@"
}
log_maker() { python3 "$ROOT/tests/lib/log_maker.py" "$@"; }

# The verdict in all its members but the line for people, and how the program ended.
judge() {
  local out code=0
  out="$("$@" --json 2>/dev/null)" || code=$?
  printf '%d %s' "$code" "$(jq -cS 'del(.detail)' <<<"$out")"
}

# both WHAT CODE REGEX LOG ARGUMENT...: ours, and the other says the same of it.
both() {
  local what="$1" ours=(log "${@:4}" ${CA:+--ca-file "$CA"})
  check "$what" "$2" "$3" ledger_verify "${ours[@]}"
  that "$what: both say the same" test "$(judge ledger_verify "${ours[@]}")" = \
    "$(judge other_verify log "${@:4}")"
}

make_site() {
  local size
  openssl genpkey -algorithm ed25519 -out "$TMPDIR/log.pem" 2>/dev/null
  for size in "${SIZES[@]}"; do
    log_maker make "$SITE/of-$size" "$ORIGIN" "$TMPDIR/log.pem" "$size"
  done
  KEY="$(log_maker vkey "$ORIGIN" "$TMPDIR/log.pem" log)"
  rich_ledger "$LEDGER"
}

check_sizes() {
  local size
  for size in "${SIZES[@]}"; do
    both "$size entries" 0 "^valid: $size entries, root [0-9a-f]{64}$" "$1/of-$size" --key "$KEY"
  done
}

check_ledger() {
  both "the whole ledger" 0 '^valid: [0-9]+ entries; 3 restrictions in force, 1 lifts' \
    "$1/ledger/log" "${TRUST[@]}" --snapshot "$LEDGER/snapshot.json" \
    --since "$LEDGER/checkpoint.earlier"
}

check_broken() {
  local tile="$SITE/of-257/tile/entries/000"
  printf 'X' | dd of="$tile" bs=1 seek=40 conv=notrunc status=none
  both "a byte that was changed" 3 '^NOT VALID: leaf-hash at tile/entries/000' \
    "$1/of-257" --key "$KEY"
  rm "$tile"
  both "a file that is gone" 3 '^NOT VALID: missing at tile/entries/000' "$1/of-257" --key "$KEY"
  both "a log that is not there" 3 '^NOT VALID: checkpoint-missing' "$1/nothing" --key "$KEY"
}

if ! find_nginx; then
  echo "Skipped: nginx could not be fetched"
  exit 77
fi
install_node_packages "$ROOT/console/verify"
make_site
SECTION="folder"
check_sizes "$SITE"
check_ledger "$SITE"
trap stop_nginx EXIT
start_nginx "$SITE"
SECTION="http"
that "it is nginx that serves" grep -qi '^server: nginx' <(curl -sI "$URL/ledger/log/checkpoint")
check_sizes "$URL"
check_ledger "$URL"
SECTION="https"
CA="$TMPDIR/tls.crt"
both "65537 entries" 0 '^valid: 65537 entries' "$TLS_URL/of-65537" --key "$KEY"
check_ledger "$TLS_URL"
CA=""
both "a certificate that nobody vouches for" 3 '^NOT VALID: unreadable at checkpoint' \
  "$TLS_URL/of-1" --key "$KEY"
SECTION="broken"
check_broken "$URL"
stop_nginx
SECTION="stopped"
both "says nothing about the log" 3 '^NOT VALID: unreadable at checkpoint' "$URL/of-1" --key "$KEY"
end_checks

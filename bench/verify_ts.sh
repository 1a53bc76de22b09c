#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A log of a million entries, verified by console/verify under Node and by `proviso verify`, from
# the disk cache. What is measured stands at the top of console/verify/bench/speed.ts.
# Then the same log from nginx on this machine, over http, by `ledger-verify` and by console/verify:
# wall clock, and CPU time of the verifier alone.
#
#   ./dev bench verify_ts [ENTRIES]
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
for part in say install node; do
  # shellcheck source=/dev/null
  source "tools/dev/$part.sh"
done
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/rich_ledger.sh
source tests/lib/rich_ledger.sh
# shellcheck source=tests/lib/nginx.sh
source tests/lib/nginx.sh

entries="${1:-1000000}"
[[ "$entries" =~ ^[1-9][0-9]{2,8}$ ]] || usage_error "verify_ts: ENTRIES is a number from 100"
install_node_packages "$ROOT/console/verify"

work="$(mktemp -d)"
TMPDIR="$work"
end() {
  stop_nginx
  rm -rf "$work"
}
trap end EXIT
rich_ledger "$work/ledger"
in_verify bench/speed.ts "$work/ledger" "$entries" "$work"
for how in "--key $work/ledger/log.vkey" "--trust $work/ledger/trust.json"; do
  for _ in 1 2 3; do
    # shellcheck disable=SC2086  # two words
    command time -f "proviso verify ${how%% *}: %U user s, %S system s" \
      "$PROVISO_BIN/proviso" verify "$work/log" $how >/dev/null
  done
done

# timed WHAT COMMAND...: three times.
timed() {
  local what="$1"
  shift
  for _ in 1 2 3; do
    command time -f "$what: %e s, %U user s, %S system s" "$@" >/dev/null
  done
}

if ! find_nginx; then
  echo "nginx could not be fetched: nothing was measured over http"
  exit 0
fi
start_nginx "$work"
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
node=(console/verify/node_modules/node/bin/node console/verify/src/main.ts)
for how in "--key $work/ledger/log.vkey" "--trust $work/ledger/trust.json"; do
  read -r -a by <<<"$how"
  timed "http, ledger-verify ${by[0]}" "$PROVISO_BIN/ledger-verify" log "$URL/log" "${by[@]}"
  timed "http, console/verify ${by[0]}" "${node[@]}" log "$URL/log" "${by[@]}"
done

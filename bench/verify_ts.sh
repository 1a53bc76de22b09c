#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A log of a million entries, verified by console/verify under Node and by `proviso verify`, from
# the disk cache. What is measured stands at the top of console/verify/bench/speed.ts.
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

entries="${1:-1000000}"
[[ "$entries" =~ ^[1-9][0-9]{2,8}$ ]] || usage_error "verify_ts: ENTRIES is a number from 100"
install_node_packages "$ROOT/console/verify"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
rich_ledger "$work/ledger"
in_verify bench/speed.ts "$work/ledger" "$entries" "$work"
for how in "--key $work/ledger/log.vkey" "--trust $work/ledger/trust.json"; do
  for _ in 1 2 3; do
    # shellcheck disable=SC2086  # two words
    command time -f "proviso verify ${how%% *}: %U user s, %S system s" \
      "$PROVISO_BIN/proviso" verify "$work/log" $how >/dev/null
  done
done

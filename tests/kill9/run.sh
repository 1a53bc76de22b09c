#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 at random moments of `review` and `approve` (I7, I9): 20 kills, 200 in the soak tier.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"

KILLS=20
[[ "${PROVISO_TIER:-full}" != soak ]] || KILLS=200
WORK="${TMPDIR:-/tmp}/kill9"
rm -rf "$WORK" && mkdir -p "$WORK/logs"
# Fourteen hours: credential stuffing and face matching have to last for ten and twelve.
SCENARIOS=(million-calls crypto-mining mass-mail credential-stuffing bulk-face-matching)

found_folder "$WORK/base" 2
for scenario in "${SCENARIOS[@]}"; do
  proviso simulate "$scenario" --seed 7 --hours 14 --background 40 \
    --out "$WORK/logs/$scenario.jsonl" --register "$WORK/$scenario.register" >/dev/null
  cat "$WORK/$scenario.register" >>"$WORK/register.all"
done
# The background customers are the same in each scenario.
sort -u "$WORK/register.all" >"$WORK/register.jsonl"
proviso register load "$WORK/register.jsonl" -d "$WORK/base/data" >/dev/null
# Rejects and duplicates are to survive as well: broken lines, and one log twice under other names.
{
  head -n 200 "$WORK/logs/million-calls.jsonl"
  printf '{"specversion":"1.0","broken\n{"specversion":7}\n'
  cat "$WORK/logs/mass-mail.jsonl"
} >"$WORK/logs/again.jsonl"
zstd -q --rm "$WORK/logs/crypto-mining.jsonl"

exec python3 "$HERE/kill9.py" --work "$WORK" --kills "$KILLS" --seed "${PROVISO_SEED:-1}"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of a gate at random moments while a server sends it deltas (I3, I4, I7, I8, I13): 12
# kills, 100 in the soak tier.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"

KILLS=12
[[ "${PROVISO_TIER:-full}" != soak ]] || KILLS=100
WORK="${TMPDIR:-/tmp}/gate_kill9"
rm -rf "$WORK" && mkdir -p "$WORK"
cd "$WORK"

found_folder . 2
{
  cat <<'LINES'
{"kind":"customer","id":"cust-a","name":"A"}
{"kind":"unit","id":"unit-a","customer":"cust-a"}
{"kind":"agreement","id":"agr-a","customer":"cust-a"}
{"kind":"subscription","id":"neighbour","unit":"unit-a","agreement":"agr-a"}
LINES
  for ((i = 0; i < 2 * KILLS; i++)); do
    printf '{"kind":"subscription","id":"sub-%d","unit":"unit-a","agreement":"agr-a"}\n' "$i"
  done
} >register.jsonl
proviso register load register.jsonl -d data >/dev/null
echo "What was found, and why this." >reason.txt
proviso report add --source press --about cust-a --file reason.txt -d data >/dev/null
proviso token new gates --scope gate -d data --json | jq -r .token >gate.token
proviso gate identity --state state --name north.example --json | jq -r .key >data/gates.keys

exec python3 "$HERE/gate_kill9.py" --kills "$KILLS" --seed "${PROVISO_SEED:-1}" \
  --case "$(proviso case list -d data --json | jq -r .id)"

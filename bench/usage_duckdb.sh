#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage records: bench_usage and DuckDB on the same file, one after the other, on this machine.
# DuckDB does only read_json and GROUP BY subscription, hour; bench_usage also decodes under the
# field policy, counts each event once, makes roll-ups and runs the shipped rulebook.
#
#   ./dev bench usage_duckdb [RECORDS]
#
# DuckDB comes from npm into build/duckdb (versions pinned in bench/duckdb/package.json), and runs
# under the Node that comes from there too.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
export JOBS="${PROVISO_JOBS:-$(nproc)}"
for part in say install build node; do
  # shellcheck source=/dev/null
  source "tools/dev/$part.sh"
done

records="${1:-1000000}"
runs=5
[[ "$records" =~ ^[1-9][0-9]*$ ]] || usage_error "usage_duckdb: RECORDS is a whole number from 1"

install_groups build bench
build_preset bench bench_usage
install_node_packages bench/duckdb "$ROOT/build/duckdb"
cp bench/usage_duckdb.mjs build/duckdb/

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

compare() {
  local log="$work/usage.jsonl" threads
  build/bench/bin/bench_usage --records "$records" --runs "$runs" --log "$log" "$@"
  for threads in 1 2; do
    (cd build/duckdb && node_modules/node/bin/node usage_duckdb.mjs "$log" "$threads" "$runs")
  done
  rm -f "$log"
}

compare --small
compare

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Our gate beside nginx' and HAProxy's maps, casbin and flagd: the same pairs restricted, the same
# questions, each answer checked. What is measured and how: bench/gate_peers/README.md.
#
#   ./dev bench gate_peers [SUBSCRIPTIONS [SECONDS [ROUNDS]]]
#
# casbin and flagd come from npm into build/gate_peers, nginx is unpacked under build/packages.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
export JOBS="${PROVISO_JOBS:-$(nproc)}"
for part in tools/dev/say tools/dev/install tools/dev/build tools/dev/node tests/lib/nginx; do
  # shellcheck source=/dev/null
  source "$part.sh"
done

subscriptions="${1:-100000}" seconds="${2:-3}" rounds="${3:-3}"
for number in "$subscriptions" "$seconds" "$rounds"; do
  [[ "$number" =~ ^[1-9][0-9]*$ ]] || usage_error "gate_peers: '$number' is no whole number from 1"
done

install_groups build bench haproxy
find_nginx || usage_error "gate_peers: nginx cannot be had"
if [[ -z "${PROVISO_BENCH_BIN:-}" ]]; then
  build_preset bench bench_gate_peers
  PROVISO_BENCH_BIN="$ROOT/build/bench/bin"
fi
install_node_packages bench/gate_peers "$ROOT/build/gate_peers"
cp bench/gate_peers/peers.mjs build/gate_peers/

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# nginx' worker has another user, and reads nothing here after its start but passes through.
chmod 755 "$work"
bench="$PROVISO_BENCH_BIN/bench_gate_peers"

peer() {
  (cd build/gate_peers &&
    taskset -c 0 node_modules/node/bin/node peers.mjs "$1" "$work" "$2" "$3")
}

printf 'load %s, %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$(date -u +%Y-%m-%dT%H:%MZ)"
"$bench" make "$work" "$subscriptions"
printf '%-34s %9s %12s %12s %10s %10s %10s\n' 'in process, one thread' restricted 'CPU ns each' \
  'checks/s' 'memory MiB' 'start ms' 'change ms'
taskset -c 0 "$bench" library "$work" "$subscriptions"
# What looks through all rules is asked less: a question to casbin's list takes a good part of a
# second there.
for size in 1000 10000 "$subscriptions"; do
  ((size <= subscriptions)) || continue
  peer casbin-acl "$size" $((size > 10000 ? 20 : 2000000 / size))
done
peer casbin-rbac "$subscriptions" 20000
peer flagd "$subscriptions" 20000
"$bench" servers "$work" "$subscriptions" "$NGINX" haproxy "$seconds" "$rounds"
printf 'load %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `proviso gate serve --ext-authz` before clients that are not ours: one of grpc++ and generated
# code, and h2load. Envoy itself is no package of Debian: what it sends is in recorded/.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
HERE="$ROOT/tests/gate_ext_authz"
for part in dev/say dev/install; do
  # shellcheck source=/dev/null
  source "tools/$part.sh"
done
for part in found rich_ledger check; do
  # shellcheck source=/dev/null
  source "tests/lib/$part.sh"
done

GATE=""
CHECK=/envoy.service.auth.v3.Authorization/Check

# start_gate ARGUMENT...: sets GATE and ADDRESS.
start_gate() {
  local port=""
  : >"$TMPDIR/gate.log"
  "$PROVISO_BIN/proviso" gate serve --trust "$TMPDIR/ledger/trust.json" --ext-authz 127.0.0.1:0 \
    "$@" 2>"$TMPDIR/gate.log" &
  GATE=$!
  trap stop_gate EXIT
  while true; do
    port="$(jq -r 'select(.event == "listening") | .port' "$TMPDIR/gate.log" 2>/dev/null || true)"
    [[ -z "$port" ]] || break
    kill -0 "$GATE" || { cat "$TMPDIR/gate.log" && exit 1; }
    sleep 0.05
  done
  ADDRESS="127.0.0.1:$port"
}
stop_gate() {
  [[ -n "$GATE" ]] || return 0
  kill "${1:--TERM}" "$GATE" 2>/dev/null || true
  wait "$GATE" 2>/dev/null || true
  GATE=""
}

build_client() {
  local out="$TMPDIR/client"
  mkdir -p "$out"
  protoc -I "$HERE" --cpp_out="$out" --grpc_out="$out" \
    --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" \
    "$HERE/ext_authz.proto" "$HERE/health.proto"
  # shellcheck disable=SC2046  # flags, one by one
  g++ -std=c++17 -O1 -I "$out" "$HERE/client.cc" "$out"/*.cc -o "$out/client" \
    $(pkg-config --cflags --libs grpc++ protobuf)
}
client() { "$TMPDIR/client/client" "$ADDRESS" "$1"; }

# load REQUESTS: h2load with a recorded request, 4 connections of 16 streams.
load() {
  h2load -n "$1" -c 4 -m 16 -t 1 -d "$TMPDIR/body" -H 'content-type: application/grpc' \
    -H 'te: trailers' "http://$ADDRESS$CHECK"
}

# A recorded CheckRequest with flag and length before it, as it is in a DATA frame.
frame_body() {
  local size
  size="$(stat -c %s "$1")"
  # shellcheck disable=SC2059  # the format holds the bytes
  { printf "\\x00$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((size >> 24 & 255)) \
    $((size >> 16 & 255)) $((size >> 8 & 255)) $((size & 255)))" && cat "$1"; } >"$TMPDIR/body"
}

check_recorded() {
  local name
  for name in header raw_headers claims; do
    protoc -I "$HERE" --deterministic_output --encode=envoy.service.auth.v3.CheckRequest \
      "$HERE/ext_authz.proto" <"$HERE/recorded/$name.txt" >"$TMPDIR/$name.bin"
    that "$name.bin is what protoc makes of $name.txt" \
      cmp "$TMPDIR/$name.bin" "$HERE/recorded/$name.bin"
  done
}

if ! (install_groups grpc) >/dev/null 2>&1; then
  echo "Skipped: the packages of the group grpc (tools/packages.txt) could not be installed"
  exit 77
fi
rich_ledger "$TMPDIR/ledger"
build_client
SECTION="recorded"
check_recorded
SECTION="serve"
start_gate --snapshot "$TMPDIR/ledger/snapshot.json" --state "$TMPDIR/state"
check "a client of grpc++" 0 '^0 failed' client "$HERE/recorded"
frame_body "$HERE/recorded/header.bin"
check "h2load" 0 '20000 succeeded, 0 failed, 0 errored' load 20000
that "an answer each" grep -q 'status codes: 20000 2xx' <<<"$OUT"
SECTION="killed"
stop_gate -KILL
check "a client" 0 'ok: a gate that is gone is an error' client --down
start_gate --state "$TMPDIR/state"
check "started again without its control plane" 0 '^0 failed' client "$HERE/recorded"
stop_gate
SECTION="settings"
cat >"$TMPDIR/gate.toml" <<'TOML'
[ext_authz]
denied_status = 451
TOML
start_gate --state "$TMPDIR/state" --config "$TMPDIR/gate.toml"
check "a status of its owner's" 1 'FAILED: refused: 403' client "$HERE/recorded"
stop_gate
echo '[ext_authz]
surprise = 1' >"$TMPDIR/gate.toml"
check "a setting that there is not" 2 'gate.toml:2:1: unknown setting' \
  "$PROVISO_BIN/proviso" gate serve --trust "$TMPDIR/ledger/trust.json" --state "$TMPDIR/state" \
  --ext-authz 127.0.0.1:0 --config "$TMPDIR/gate.toml"
check "beyond this machine" 2 'ext-authz .*listens on this machine only' \
  "$PROVISO_BIN/proviso" gate serve --trust "$TMPDIR/ledger/trust.json" --state "$TMPDIR/state" \
  --ext-authz 0.0.0.0:0
end_checks

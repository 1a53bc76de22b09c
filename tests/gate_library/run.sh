#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libproviso-gate as somebody else gets it: installed into an empty folder, moved, and built against
# with pkg-config from C, with CMake from C++, and called from Python; on a real ledger's snapshot.
# shellcheck disable=SC2034  # SECTION is read by tests/lib/check.sh
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
for part in found rich_ledger check; do
  # shellcheck source=/dev/null
  source "tests/lib/$part.sh"
done
BUILD="$(dirname "$PROVISO_BIN")"
LEDGER="$TMPDIR/ledger"
SUB=sub-public-body-records
LIBRARY="$TMPDIR/moved"

# asked NAME PROGRAM...: a program answers as `proviso gate check` does, with the trust file and the
# snapshot as its next arguments.
asked() {
  local name="$1"
  shift
  SECTION="$name"
  local files=("$LEDGER/trust.json" "$LEDGER/snapshot.json")
  check "refuses what an order cuts, and says why" 1 \
    'restricts this use of the service under its term T-SURVEILLANCE' \
    "$@" "${files[@]}" "$SUB" database Write
  check "lets the neighbour pass" 0 '^go on$' "$@" "${files[@]}" sub-contact-centre database Write
  check "lets another service of it pass" 0 '^go on$' "$@" "${files[@]}" "$SUB" network Write
  check "lets a lifted order's service pass" 0 '^go on$' "$@" "${files[@]}" "$SUB" storage PutObject
  check "a damaged snapshot is refused, in one line" 2 '^check: snapshot: ' \
    "$@" "$LEDGER/trust.json" "$LEDGER/report.txt" "$SUB" database Write
  check "a trust file that is none, too" 2 '^check: trust file: ' \
    "$@" "$LEDGER/report.txt" "$LEDGER/snapshot.json" "$SUB" database Write
}

check_installed() {
  SECTION="installed"
  cmake --install "$BUILD" --component gate --prefix "$TMPDIR/installed" >/dev/null
  mv "$TMPDIR/installed" "$LIBRARY"
  SO="$(find "$LIBRARY" -name libproviso-gate.so.1)"
  LIBDIR="$(dirname "$SO")"
  export PKG_CONFIG_PATH="$LIBDIR/pkgconfig" LD_LIBRARY_PATH="$LIBDIR"
  that "the library has its name" test -n "$SO"
  local foreign
  foreign="$(objdump -p "$SO" | awk '/NEEDED/ {print $2}' |
    grep -vE '^(libcrypto|libsodium|libstdc\+\+|libm|libgcc_s|libc|ld-linux.*)\.so' || true)"
  that "it needs cryptography and the compiler's own libraries, no other (${foreign:-none})" \
    test -z "$foreign"
  local exported
  exported="$(nm -D --defined-only "$SO" | awk '$2 ~ /[TDBWV]/ {print $3}' |
    grep -v '^proviso_gate_' || true)"
  that "it shows its own functions, no other (${exported:-none})" test -z "$exported"
  # shellcheck disable=SC2016  # awk's
  that "every function of the header is there" diff \
    <(grep -oE 'proviso_gate_[a-z_]+\(' "$LIBRARY/include/proviso/gate.h" | tr -d '(' | sort -u) \
    <(nm -D --defined-only "$SO" | awk '$2 == "T" {sub(/@.*/, "", $3); print $3}' | sort -u)
}

check_examples() {
  local flags
  SECTION="C"
  read -ra flags <<<"$(pkg-config --cflags --libs proviso-gate)"
  that "builds as C11 without a warning" cc -std=c11 -Wall -Wextra -Werror -pedantic \
    examples/gate/check.c "${flags[@]}" -o "$TMPDIR/check_c"
  asked "C" "$TMPDIR/check_c"
  SECTION="C++"
  that "configures" cmake -S examples/gate -B "$TMPDIR/cxx" -DCMAKE_PREFIX_PATH="$LIBRARY"
  that "builds" cmake --build "$TMPDIR/cxx"
  asked "C++" "$TMPDIR/cxx/check"
  asked "Python" python3 examples/gate/check.py "$SO"
}

# What a program's gate records is what `proviso gate replay` judges again.
check_refusals() {
  local flags lines="$TMPDIR/lines.jsonl"
  SECTION="refusals"
  read -ra flags <<<"$(pkg-config --cflags --libs proviso-gate)"
  that "builds as C++23" c++ -std=c++23 -Wall -Wextra -Werror tests/gate_library/refusals.cc \
    "${flags[@]}" -o "$TMPDIR/refusals"
  "$TMPDIR/refusals" "$LEDGER/trust.json" "$LEDGER/snapshot.json" "$SUB" database Write >"$lines"
  check "each refusal is a line" 0 '^400$' grep -c '"judged":"refused"' "$lines"
  check "which replays" 0 ': 400 agree, 0 differ' proviso gate replay --refusals "$lines" \
    --snapshot "$LEDGER/snapshot.json" --trust "$LEDGER/trust.json"
}

rich_ledger "$LEDGER"
check_installed
check_examples
check_refusals
end_checks

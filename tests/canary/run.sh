#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# I1 end to end: canaries in every dropped and hashed field of every format, in unnamed fields and
# in broken lines, stand in no byte of the data folder, of the output, or of an error.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"
WORK="${TMPDIR:-/tmp}/canary"
rm -rf "$WORK" && mkdir -p "$WORK"
found_folder "$WORK/base" 2
exec python3 "$HERE/canary.py" --work "$WORK" --policies "$HERE/../../contract/field_policy"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every command of the contract, with its flags, JSON shapes and exit codes, and the refusals.
# 0 done or allowed; 1 failed; 2 bad input or usage; 3 restricted or not valid.
# PROVISO_FILTER names one section (the files beside this one, without their ending).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
ROOT="$PWD"
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/check.sh
source tests/lib/check.sh

# shellcheck disable=SC2034  # the sections use these
SUB=sub-public-body-records
# shellcheck disable=SC2034
SISTER=sub-public-body-cyber-defence

# A founded folder with the story's register, one review and its case, for the sections to copy.
make_world() {
  mkdir "$TMPDIR/world" && cd "$TMPDIR/world" || exit 1
  found_folder . || exit 1
  proviso simulate million-calls --seed 1 --hours 3 --background 20 --out usage.jsonl \
    --register register.jsonl >/dev/null
  proviso register load register.jsonl -d data >/dev/null
  proviso review usage.jsonl -d data >/dev/null
  echo "Bulk recording, corroborated." >reason.txt
  CASE="$(proviso case list -d data --json | jq -r .id)"
  [[ -n "$CASE" ]] || { echo "not ok - the world has no case" && exit 1; }
}

fresh_world() {
  cp -a "$TMPDIR/world" "$TMPDIR/$1" && cd "$TMPDIR/$1" || exit 1
}

make_world
sections=0
for file in "$ROOT"/tests/commands/[0-9]*.sh; do
  name="$(basename "$file" .sh)"
  [[ -z "${PROVISO_FILTER:-}" || "$name" == "$PROVISO_FILTER" ]] || continue
  sections=$((sections + 1))
  SECTION="$name"
  fresh_world "$name"
  # shellcheck source=/dev/null
  source "$file"
done
[[ "$sections" -gt 0 ]] || { echo "not ok - no section '$PROVISO_FILTER'" && exit 1; }
end_checks

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tools that let a rule's author trust it: the sections beside this file, each a command.
# PROVISO_FILTER names one section (without its ending).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
ROOT="$PWD"
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/check.sh
source tests/lib/check.sh

sections=0
for file in "$ROOT"/tests/rule_tools/[0-9]*.sh; do
  name="$(basename "$file" .sh)"
  [[ -z "${PROVISO_FILTER:-}" || "$name" == "$PROVISO_FILTER" ]] || continue
  sections=$((sections + 1))
  SECTION="$name"
  mkdir "$TMPDIR/$name" && cd "$TMPDIR/$name" || exit 1
  # shellcheck source=/dev/null
  source "$file"
done
[[ "$sections" -gt 0 ]] || { echo "not ok - no section '$PROVISO_FILTER'" && exit 1; }
end_checks

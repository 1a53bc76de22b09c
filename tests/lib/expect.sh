# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Comparisons for scripts that go on after one that fails. Sourced; a script ends with end_expects.
#
#   expect WHAT WANTED GOT
#   end_expects              ends the script: 0 only where all were as wanted

FAILED=0

expect() {
  if [[ "$2" == "$3" ]]; then
    echo "ok: $1"
  else
    echo "FAILED: $1: wanted $2, got $3"
    FAILED=1
  fi
}

end_expects() { exit "$FAILED"; }

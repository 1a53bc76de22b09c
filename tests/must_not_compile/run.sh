#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Misuse that the compiler must refuse: each case file holds one; its allowed form must compile,
# and the refusal must be for the reason that its second line names.
set -euo pipefail
cd "$(dirname "$0")"
failed=0
for case in *.cc; do
  reason="$(sed -n '2s,^// refused: ,,p' "$case")"
  if ! g++ -std=c++23 -Wall -Werror -I../../src -fsyntax-only -DALLOWED "$case"; then
    echo "not ok $case: the allowed form does not compile"
    failed=1
  elif output="$(g++ -std=c++23 -Wall -Werror -I../../src -fsyntax-only "$case" 2>&1)"; then
    echo "not ok $case: the misuse compiles"
    failed=1
  elif [[ "$output" != *"$reason"* ]]; then
    printf 'not ok %s: refused for another reason:\n%s\n' "$case" "$output"
    failed=1
  else
    echo "ok $case"
  fi
done
exit "$failed"

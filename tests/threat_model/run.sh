#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/threat-model.md: every test that the page names is there.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
cd "$ROOT"
# shellcheck source=tests/lib/check.sh
source tests/lib/check.sh

check "wrong names are found" 0 '' python3 tests/threat_model/names.py --self-test
check "the names on the page are right" 0 'every test that the page names is there' \
  python3 tests/threat_model/names.py "$ROOT"
end_checks

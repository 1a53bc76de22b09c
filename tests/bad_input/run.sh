#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad logs, bad rules and bad disks: a clear error with its place, the right exit code, what is good
# around it counted, nothing acknowledged lost.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=tests/lib/found.sh
source "$HERE/../lib/found.sh"
# shellcheck source=tests/bad_input/kit.sh
source "$HERE/kit.sh"
# shellcheck source=tests/bad_input/logs.sh
source "$HERE/logs.sh"
# shellcheck source=tests/bad_input/disks.sh
source "$HERE/disks.sh"

begin
check_logs
check_rules
check_full_disk
check_failing_sync
finish

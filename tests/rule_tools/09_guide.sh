# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The examples of the rule guide that name a file or begin with `$ proviso` do what the guide says:
# sourced by run.sh.

GUIDE="$ROOT/docs/rule-guide.md"
# A block ```LANGUAGE FILE becomes FILE; a block ```console becomes N.console.
awk '
  /^```/ && inside { inside = 0; close(out); next }
  /^```[a-z]+ [^ ]+$/ { inside = 1; out = $2 }
  /^```console$/ { inside = 1; out = sprintf("%02d.console", ++n) }
  inside && /^```/ { folder = out; if (sub(/\/[^\/]*$/, "", folder)) system("mkdir -p " folder)
    printf "" >out; next }
  inside { print >out }
' "$GUIDE"

for block in *.console; do
  [[ -f "$block" ]] || continue
  grep '^\$ ' "$block" >commands
  while IFS= read -r line; do
    read -r -a words <<<"${line#\$ }"
    # Pseudonyms differ from run to run; those of the guide are zeros.
    awk -v line="$line" '/^\$ / { inside = $0 == line; next } inside' "$block" >wanted
    "${words[@]}" 2>&1 </dev/null | sed -E 's/p-[0-9a-f]{12}/p-000000000000/' >got
    that "the guide: ${line#\$ }" diff wanted got
  done <commands
done
that "the guide has such examples" test -s commands

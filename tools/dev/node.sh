# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Node and its packages, from npm into a folder under build/. Node itself is a package there too:
# what the system has serves only to fetch it. Needs say.sh and install.sh.

# install_node_packages FROM INTO: FROM holds package.json and package-lock.json. Quick when INTO
# has them already.
install_node_packages() {
  local from="$1" into="$2"
  [[ -f "$into/installed" ]] && cmp -s "$from/package-lock.json" "$into/installed" && return 0
  command -v npm >/dev/null || install_groups node
  say "installing from npm: ${into#"$ROOT"/}"
  mkdir -p "$into"
  cp "$from/package.json" "$from/package-lock.json" "$into/"
  if ! (cd "$into" && npm ci --no-audit --no-fund) >"$into/npm.log" 2>&1; then
    tail -n 30 "$into/npm.log" >&2
    usage_error "npm ci failed in $into (the whole output is in npm.log)"
  fi
  cp "$from/package-lock.json" "$into/installed"
}

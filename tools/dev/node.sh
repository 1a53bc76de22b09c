# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Node and its packages, from npm into a folder under build/. Node itself is a package there too:
# what the system has serves only to fetch it. Needs say.sh and install.sh.

# install_node_packages FROM [INTO]: FROM holds package.json and package-lock.json; INTO (else FROM
# itself) gets node_modules. Quick when it has them already.
install_node_packages() {
  local from="$1" into="${2:-$1}" stamp log="$ROOT/build/npm.log"
  stamp="$into/node_modules/installed"
  [[ -f "$stamp" ]] && cmp -s "$from/package-lock.json" "$stamp" && return 0
  command -v npm >/dev/null || install_groups node
  say "installing from npm: ${into#"$ROOT"/}"
  mkdir -p "$into" "$ROOT/build"
  [[ "$from" -ef "$into" ]] || cp "$from/package.json" "$from/package-lock.json" "$into/"
  if ! (cd "$into" && npm ci --no-audit --no-fund) >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    usage_error "npm ci failed in $into (the whole output is in build/npm.log)"
  fi
  cp "$from/package-lock.json" "$stamp"
}

# in_verify PROGRAM ARGUMENT...: runs a program of console/verify's packages under their own Node.
in_verify() {
  (cd "$ROOT/console/verify" && node_modules/node/bin/node "$@")
}

# What `./dev check` holds of console/verify.
check_verify() {
  install_node_packages "$ROOT/console/verify" || return 1
  in_verify node_modules/typescript/bin/tsc &&
    in_verify node_modules/eslint/bin/eslint.js --max-warnings 0 .
}

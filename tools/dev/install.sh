# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Installs what a command misses, from the list in tools/packages.txt. Asking dpkg first keeps the
# second time quick, and lets someone without root work once everything is there.

packages_of() {
  awk -v wanted=" $* " '!/^#/ && index(wanted, " " $1 " ") { print $2 }' tools/packages.txt |
    sort -u
}

missing_packages() {
  local package
  for package in $(packages_of "$@"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

install_groups() {
  command -v dpkg-query >/dev/null ||
    usage_error "this is no Debian; install by hand what tools/packages.txt lists"
  local missing sudo=()
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ "$(id -u)" -ne 0 ]]; then
    command -v sudo >/dev/null || usage_error "please install (as root): ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing: ${missing[*]}"
  apt_get "${sudo[@]}" -- update
  apt_get "${sudo[@]}" -- install --yes --no-install-recommends "${missing[@]}"
}

# apt_get [sudo] -- ARGUMENT...: quiet unless it fails. /dev/null: a question would wait for ever.
apt_get() {
  local prefix=()
  while [[ "$1" != -- ]]; do prefix+=("$1") && shift; done
  shift
  mkdir -p build
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 "$@" \
    </dev/null >build/apt.log 2>&1 && return 0
  tail -n 30 build/apt.log >&2
  usage_error "apt-get $1 failed (the whole output is in build/apt.log)"
}

# unpack_package GROUP NAME FILE: fetches the package of that group and unpacks it under build/,
# without installing it: no root is needed, and a service in it is not started. Prints where its
# FILE is. Fails where it cannot be fetched, or where a library that it needs is missing.
unpack_package() {
  local into="$ROOT/build/packages/$2"
  packages_of "$1" | grep -qx "$2" || usage_error "tools/packages.txt has no '$1 $2'"
  if [[ ! -x "$into/$3" ]]; then
    rm -rf "$into" && mkdir -p "$into"
    (cd "$into" && apt-get -q -o Acquire::Retries=3 download "$2" </dev/null >apt.log 2>&1 &&
      dpkg-deb -x ./*.deb .) || { rm -rf "$into" && return 1; }
  fi
  ! ldd "$into/$3" | grep -q 'not found' && printf '%s\n' "$into/$3"
}

install_groups_for_preset() {
  case "$1" in
    asan-ubsan | tsan | fuzz) install_groups build clang ;;
    bench) install_groups build bench ;;
    *) install_groups build ;;
  esac
}

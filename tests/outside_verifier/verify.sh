#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verifies LOG_DIR (the public directory) against VKEY with the Go checksum database's code.
# Needs Debian's golang-go and golang-golang-x-mod-dev; uses no network. Exit status 0: valid.
set -eu
if [ $# -ne 2 ]; then
  echo "usage: $0 LOG_DIR VKEY" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS=
export GOCACHE="${GOCACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/go-build}"
exec go run "$here/verify.go" "$1" "$2"

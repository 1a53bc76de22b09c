# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Waiting for conditions, the lines of a log, and code blocks of documents. Sourced; needs ROOT.
#
#   until_true COMMAND...   waits for it, at most a minute
#   has_event LOG EVENT     the log has a line of this event
#   part_of FILE NAME       the code block between <!-- NAME:BEGIN and <!-- NAME:END, of ROOT/FILE

until_true() {
  local try
  for ((try = 0; try < 1200; try++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  return 1
}

has_event() { jq -es --arg e "$2" 'any(.[]; .event == $e)' "$1"; }

part_of() {
  sed -n "/<!-- $2:BEGIN/,/<!-- $2:END/p" "$ROOT/$1" | sed '/^<!--/d; /^```/d'
}

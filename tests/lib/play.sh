# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What tools/story.sh and tools/attack.sh share: they run real commands, print them with their real
# output, and stop at the first thing that is not as told. Sourced.

HOLDS=ok  # what stands before a thing that is as told
STEP=0
OUT=""
CODE=0

begin_play() {
  : "${PROVISO_BIN:=$PWD/build/release/bin}"
  if [[ ! -x "$PROVISO_BIN/proviso" ]]; then
    echo "error: $PROVISO_BIN/proviso is missing (build it with: ./dev build)" >&2
    exit 2
  fi
  PLAY="$(mktemp -d "${TMPDIR:-/tmp}/proviso-$1.XXXXXX")"
  trap end_play EXIT
  printf 'Its files are in %s\n' "$PLAY"
}

# The folder is kept where something went wrong, for a look.
end_play() {
  local code=$?
  cd / || exit 1
  if [[ "$code" -eq 0 ]]; then
    rm -rf "$PLAY"
  else
    printf '\nNOT AS TOLD. The files are kept in %s\n' "$PLAY" >&2
  fi
  exit "$code"
}

step() { STEP=$((STEP + 1)) && printf '\n%d. %s\n' "$STEP" "$1"; }
tell() { fold -s -w 94 <<<"$*" | sed 's/ *$//; s/^/   /'; }

# Runs a command, keeps its output in OUT and its exit code in CODE, prints nothing.
quietly() {
  CODE=0
  OUT="$("$@" 2>&1 </dev/null)" || CODE=$?
}

# show LINES COMMAND...: prints the command and the first LINES lines of what it says.
show() {
  local lines="$1" total
  shift
  show_command "$@"
  quietly "$@"
  total="$(wc -l <<<"$OUT")"
  head -n "$lines" <<<"$OUT" | shorten_lines
  [[ "$total" -le "$lines" ]] || printf '     ... %d more lines\n' "$((total - lines))"
}

# As one would type it; long ones over several lines.
show_command() {
  shorten "$*" | fold -s -w 92 | sed -e '1s/^/   $ /; 2,$s/^/       /; $!s/ *$/ \\/'
}

# Ids and digests are cut to their beginning, in what is printed only.
shorten() {
  sed -E 's/([0-9a-f]{8})[0-9a-f]{56}/\1…/g; s/([0-9a-f]{8})-[0-9a-f-]{27}/\1…/g' <<<"$1"
}
shorten_lines() { shorten "$(cat)" | fold -s -w 92 | sed 's/ *$//; s/^/     /'; }

# The verdict on one step: printed, and the end of the play where it is not so.
holds() {
  local what="$1"
  shift
  if "$@"; then
    printf '   [%s] %s\n' "$HOLDS" "$what"
  else
    printf '   [NOT OK] %s\n' "$what"
    printf '   the last command ended with %d and said:\n%s\n' "$CODE" "$OUT"
    exit 1
  fi
}
code_is() { [[ "$CODE" -eq "$1" ]]; }
says() { grep -qE -- "$1" <<<"$OUT"; }
# The last command was refused with this exit code and a message like this.
refused_with() { code_is "$1" && says "$2"; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Unit tests (GoogleTest programs through ctest) and the scripts that cross parts.
#
# A script is tests/NAME/run.sh or tests/NAME.sh, executable. It is given
#   PROVISO_BIN     the folder with the programs
#   PROVISO_TIER    quick, full or soak
#   PROVISO_UPDATE  1 where it is to rewrite what it expects
#   PROVISO_FILTER  what of it to run (the rest of the path after tests/NAME/), or empty: all
#   TMPDIR          a fresh folder of its own, kept when it fails
# and ends with 0, with 77 for "skipped" (it has printed why), or with anything else for "failed".

test_command() {
  local path="" tier=full
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --update) export PROVISO_UPDATE=1 ;;
      --tier) tier="${2:-}" && shift ;;
      --tier=*) tier="${1#--tier=}" ;;
      -*) usage_error "test: '$1' is not known (--update and --tier are)" ;;
      *) [[ -z "$path" ]] || usage_error "test: one path at a time" && path="${1%/}" ;;
    esac
    shift
  done
  [[ "$tier" =~ ^(quick|full|soak)$ ]] || usage_error "test: --tier is quick, full or soak"
  install_groups build test
  build_preset release
  run_tests release "$tier" "$path"
  closing_line
}

# run_tests PRESET TIER PATH: counts into PASSED, FAILED and SKIPPED.
run_tests() {
  local preset="$1" path="${3#./}"
  export PROVISO_TIER="$2"
  export PROVISO_BIN="$ROOT/build/$preset/bin"
  if [[ -z "$path" ]]; then
    run_unit_tests "$preset" ""
    run_scripts "$preset"
  elif [[ "$path" == tests/* ]]; then
    run_script_at "$preset" "$path"
  else
    path="${path#src/}"
    run_unit_tests "$preset" "^${path%%/*}\$"
  fi
}

# Whether ctest knows each program of unit tests that was built: one that it does not know can't
# fail.
every_test_program_runs() {
  local unknown
  unknown="$(comm -23 <(find "$1/bin" -name '*_tests' -printf '%f\n' | sed 's/_tests$//' | sort) \
    <(ctest --test-dir "$1" -N | sed -n 's/^ *Test *#[0-9]*: //p' | sort))"
  [[ -z "$unknown" ]] || say "never run, since ctest does not know them: ${unknown//$'\n'/ }"
  [[ -z "$unknown" ]]
}

# run_unit_tests PRESET [NAME-PATTERN]
run_unit_tests() {
  local preset="$1" folder="build/$1" log
  say "unit tests ($preset)"
  every_test_program_runs "$folder" || FAILED=$((FAILED + 1))
  rm -rf "$folder/Testing/Temporary"
  ctest --test-dir "$folder" -j "$JOBS" --output-on-failure --timeout 900 ${2:+-R "$2"} || true
  log="$folder/Testing/Temporary/LastTest.log"
  local counts
  read -r -a counts < <(awk -f tools/dev/count_tests.awk "$log")
  [[ -z "$2" || $((counts[0] + counts[1] + counts[2])) -gt 0 ]] ||
    usage_error "no unit test is called '${2//[\^\$]/}' (they are named after the folders of src/)"
  PASSED=$((PASSED + counts[0]))
  FAILED=$((FAILED + counts[1]))
  SKIPPED=$((SKIPPED + counts[2]))
  grep -aE '^(\[  SKIPPED \] .*ms\)|[Ss]kipped: )' "$log" || true
}

run_scripts() {
  local script
  for script in tests/*/run.sh tests/*.sh; do
    [[ ! -x "$script" ]] || run_script "$1" "$script" ""
  done
}

# tests/story, tests/story/run.sh, tests/story.sh, or a folder below one that has a run.sh.
run_script_at() {
  local folder="${2%/run.sh}" filter=""
  [[ ! -f "$folder" ]] || { run_script "$1" "$folder" "" && return; }
  while [[ "$folder" == tests/* ]]; do
    if [[ -x "$folder/run.sh" ]]; then
      run_script "$1" "$folder/run.sh" "$filter"
      return
    fi
    filter="${folder##*/}${filter:+/$filter}"
    folder="${folder%/*}"
  done
  usage_error "'$2' is no test script, and in no folder with a run.sh"
}

run_script() {
  local script="$2" name code=0 start="$SECONDS"
  name="${script#tests/}" && name="${name%/run.sh}" && name="${name%.sh}"
  local temp="$ROOT/build/$1/test-tmp/$name"
  say "tests/$name"
  rm -rf "$temp" && mkdir -p "$temp"
  PROVISO_FILTER="$3" TMPDIR="$temp" timeout --kill-after=10 "${PROVISO_TEST_SECONDS:-1500}" \
    "$script" </dev/null || code=$?
  case "$code" in
    0) PASSED=$((PASSED + 1)) && say "tests/$name: passed in $((SECONDS - start)) s" ;;
    77) SKIPPED=$((SKIPPED + 1)) && say "tests/$name: skipped" ;;
    *) FAILED=$((FAILED + 1)) && say "tests/$name: FAILED ($code), its files are in $temp" ;;
  esac
  [[ "$code" -ne 0 && "$code" -ne 77 ]] || rm -rf "$temp"
}

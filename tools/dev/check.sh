# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What needs no running program: format, house rules, clang-tidy, shellcheck; and `./dev ci`.

check_command() {
  install_groups build clang check
  run_checks
  closing_line
}

# All of them, also where one fails: one run tells everything that is to be mended.
run_checks() {
  counted_step "format (clang-format-19)" check_format
  counted_step "house rules (tools/tidy)" check_house_rules
  counted_step "clang-tidy-19" check_clang_tidy
  counted_step "shellcheck" check_shell
  counted_step "console/verify (tsc, eslint)" check_verify
}

# The files of the checkout, also those not yet committed.
sources() { git ls-files --cached --others --exclude-standard -- "$@" | sort -u | existing_files; }
existing_files() {
  local file
  while read -r file; do [[ ! -f "$file" ]] || printf '%s\n' "$file"; done
}

check_format() { sources '*.cc' '*.h' | xargs -r clang-format-19 --dry-run -Werror; }

check_house_rules() { tools/tidy --self-test && tools/tidy; }

# The compile commands are those of the sanitizer preset: clang's own, which clang-tidy understands.
check_clang_tidy() {
  configure_preset asan-ubsan || return 1
  ninja -C build/asan-ubsan build.ninja >/dev/null || return 1
  tools/clang_tidy_cached --build build/asan-ubsan --jobs "$JOBS"
}

check_shell() {
  { sources '*.sh' && sources dev .ci/run tools | scripts_in_bash; } | sort -u |
    xargs -r shellcheck --external-sources
}
scripts_in_bash() {
  local file
  while read -r file; do
    [[ "$(head -c 19 "$file")" != '#!/usr/bin/env bash' ]] || printf '%s\n' "$file"
  done
}

sanitize() {
  build_preset asan-ubsan || return 1
  export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=1
  export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
  local before="$FAILED"
  PROVISO_TIER=quick PROVISO_BIN="$ROOT/build/asan-ubsan/bin" run_unit_tests asan-ubsan ""
  [[ "$FAILED" -eq "$before" ]]
}

# A step that could not even start its tests counts as one failure, and the others still run.
ci_command() {
  local start="$SECONDS"
  step "install" install_groups build test clang check
  if step "build release" build_preset release; then
    step "tests" run_tests release full ""
  else
    FAILED=$((FAILED + 1))
  fi
  step "sanitizers" sanitize || FAILED=$((FAILED + 1))
  run_checks
  say "everything took $((SECONDS - start)) s"
  closing_line
}

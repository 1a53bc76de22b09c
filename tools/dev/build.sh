# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Configures and builds presets; runs benchmarks and fuzz targets.

# Relative paths in the cache's keys, so that a second clone finds what the first has compiled.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$ROOT}"
export CCACHE_NOHASHDIR=1
export CMAKE_COLOR_DIAGNOSTICS="${CMAKE_COLOR_DIAGNOSTICS:-OFF}"

# Only when it has not been done, or the presets changed: ninja itself notices everything else.
configure_preset() {
  local ninja_file="build/$1/build.ninja"
  grep -q "\"name\": \"$1\"" CMakePresets.json ||
    usage_error "there is no preset '$1' (CMakePresets.json names them)"
  [[ -f "$ninja_file" && "$ninja_file" -nt CMakePresets.json ]] && return 0
  say "configuring $1"
  mkdir -p "build/$1"
  if ! cmake --preset "$1" >"build/$1/configure.log" 2>&1; then
    cat "build/$1/configure.log" >&2
    return 1
  fi
}

# build_preset PRESET [TARGET...]
build_preset() {
  local preset="$1"
  shift
  configure_preset "$preset" || return 1
  say "building $preset (programs go to build/$preset/bin)"
  ninja -C "build/$preset" -j "$JOBS" "$@"
}

names_in() {
  find "$1" -maxdepth 1 -name "$2" -printf '%f\n' | sed 's/\.[a-z]*$//' | sort | tr '\n' ' '
}

# A benchmark is a program (NAME.cc) or, where it measures whole commands, a script (NAME.sh).
bench_command() {
  local name="${1:-}"
  if [[ -n "$name" && -x "bench/$name.sh" ]]; then
    install_groups build test bench
    build_preset release
    PROVISO_BIN="$ROOT/build/release/bin" "bench/$name.sh" "${@:2}"
  elif [[ -n "$name" && -f "bench/$name.cc" ]]; then
    install_groups build bench
    build_preset bench "bench_$name"
    "build/bench/bin/bench_$name" "${@:2}"
  else
    usage_error "bench wants one of: $(names_in bench '*.cc')$(names_in bench '*.sh')"
  fi
}

# New inputs are kept in build/, finds are written beside them; fuzz/corpus/NAME is in the tree.
fuzz_command() {
  local name="${1:-}" seconds="${2:-60}"
  [[ -n "$name" && -f "fuzz/$name.cc" ]] || usage_error "fuzz wants one of: $(names_in fuzz '*.cc')"
  [[ "$seconds" =~ ^[1-9][0-9]*$ ]] || usage_error "fuzz: SECONDS is a whole number from 1"
  install_groups build clang
  build_preset fuzz "fuzz_$name"
  local found="build/fuzz/corpus/$name" seeds=()
  mkdir -p "$found"
  [[ ! -d "fuzz/corpus/$name" ]] || seeds=("fuzz/corpus/$name")
  "build/fuzz/bin/fuzz_$name" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
    -artifact_prefix="build/fuzz/" "$found" "${seeds[@]}"
}

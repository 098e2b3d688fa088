#!/usr/bin/env bash
# Builds roundhouse and runs its tests. Nothing has to be prepared: see --help.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"

usage="usage: ./test/run.sh [options]
Installs the Debian packages that are missing, builds in build/, and runs all tests. Where no Docker
Engine answers it starts one (as root or with sudo) and stops it at the end.

  --unit          only the tests that need no Docker
  --filter REGEX  only the tests whose name matches (ctest -R)
  --sanitize      unit, simulation and contract tests also with sanitizers, and a minute of fuzzing
                  for each thing that reads texts from outside
  --fuzz SECONDS  the same with more, or less, of fuzzing
  --keep          leave a Docker Engine running that was started here
  --help          this text

With CI=true a test that cannot run is a failure, more worlds are simulated, and --sanitize is on;
otherwise a test that cannot run is skipped, and said so."

build=$root/build
sessions=$build/test-session
unit_only=false keep=false
sanitize=false seeds=5000 fuzz_seconds=60
packages=("$root/controller/debian-packages.txt" "$root/test/unit/debian-packages.txt"
    "$root/test/debian-packages.txt")
[ "${CI:-}" != true ] || sanitize=true seeds=30000
# Three of them may be those that run at the lowest priority.
ctest=(ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel 5)

while [ $# -gt 0 ]; do
    case $1 in
        --unit) unit_only=true ;;
        --keep) keep=true ;;
        --sanitize) sanitize=true ;;
        --fuzz)
            sanitize=true fuzz_seconds=${2:?--fuzz needs a number of seconds}
            shift
            ;;
        --filter)
            ctest+=(--tests-regex "${2:?--filter needs a regular expression}")
            shift
            ;;
        --help)
            printf '%s\n' "$usage"
            exit
            ;;
        *)
            say "$usage"
            die "unknown option $1"
            ;;
    esac
    shift
done

# What a test that was interrupted left behind. Every test labels its network with the prefix of all
# names that it makes.
remove_leftovers() {
    local prefix names
    for prefix in $(run_docker network ls --filter label=roundhouse-test \
        --format '{{.Label "roundhouse-test"}}'); do
        names=$(run_docker ps --all --filter "name=^$prefix" --format '{{.Names}}')
        # shellcheck disable=SC2086
        [ -z "$names" ] || run_docker rm --force --volumes $names
        run_docker network rm "$prefix"
    done
}

clean_up() {
    trap - EXIT INT TERM
    ! docker_answers || remove_leftovers >/dev/null 2>&1 || true
    $keep || stop_docker "$sessions" >/dev/null 2>&1 || true
}

prepare_docker() {
    start_docker "$sessions" && return
    [ "${CI:-}" != true ] || die "CI needs Docker, and none answers"
    say "no Docker Engine answers and it takes root to start one: tests that need it are skipped"
    unit_only=true
}

trap clean_up EXIT
trap 'exit 130' INT TERM

sanitizers=""
if $sanitize; then
    sanitizers="address;thread"
    packages+=("$root/test/sanitizers/debian-packages.txt")
fi
install_missing "${packages[@]}"
# The image is built from the same sources once more.
export CCACHE_DIR=$build/ccache CCACHE_BASEDIR=$root
export CCACHE_COMPILERCHECK=content CCACHE_SLOPPINESS=locale
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    -DROUNDHOUSE_SANITIZED_TESTS="$sanitizers" -DROUNDHOUSE_SIM_SEEDS=$seeds \
    -DROUNDHOUSE_FUZZ_SECONDS="$fuzz_seconds" >/dev/null
cmake --build "$build"

$unit_only || prepare_docker
! $unit_only || ctest+=(--label-exclude docker)
"${docker_as[@]}" "${ctest[@]}"

#!/usr/bin/env bash
# Builds roundhouse and runs its tests. Nothing has to be prepared: see --help.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"

usage="usage: ./test/run.sh [options]
Installs the Debian packages that are missing, builds in build/, and runs the tests. Where no Docker
Engine answers it starts one (as root or with sudo) and stops it at the end. On two cores that takes
about 15 minutes the first time and 10 after that; with --lint and --sanitize 25 and 12.

  --room NAME     only the unit tests of one room (core, loop, docker, ...): builds and runs no more
                  than these need, in seconds
  --unit          only the tests that need no Docker
  --filter REGEX  only the tests whose name matches (ctest -R)
  --lint          also clang-tidy and clang-format
  --sanitize      also with sanitizers: the unit, simulation and contract tests, and a minute of
                  fuzzing for one of the four readers of foreign text, chosen by the commit
  --fuzz SECONDS  --sanitize, and so many seconds of fuzzing for each of the four
  --keep          leave a Docker Engine running that was started here
  --help          this text

With CI=true a test that cannot run is a failure, and --lint and --sanitize are on; otherwise a test
that cannot run is skipped, and the output names it. Compiled objects and passed checks are kept for
the next run in \$ROUNDHOUSE_CACHE, by default in ~/.cache/roundhouse."

build=$root/build
sessions=$build/test-session
room="" unit_only=false keep=false lint=false sanitize=false
fuzz_seconds=60 fuzz_all=false
packages=("$root/controller/debian-packages.txt" "$root/test/unit/debian-packages.txt")
[ "${CI:-}" != true ] || lint=true sanitize=true
# Three may run at the lowest priority, and five wait for container engines most of their time.
ctest=(ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel 7)

while [ $# -gt 0 ]; do
    case $1 in
        --room)
            room=${2:?--room needs the name of a room}
            shift
            ;;
        --unit) unit_only=true ;;
        --keep) keep=true ;;
        --lint) lint=true ;;
        --sanitize) sanitize=true ;;
        --fuzz)
            sanitize=true fuzz_all=true fuzz_seconds=${2:?--fuzz needs a number of seconds}
            shift
            ;;
        --filter)
            ctest+=(--tests-regex "${2:?--filter needs a regular expression}")
            shift
            ;;
        -h | --help)
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

# Removes what an interrupted test left behind. Every test labels its network with the prefix of all
# names that it makes. A create that was under way when a test killed its controller may end after
# the test has tidied up.
remove_leftovers() {
    local prefix names
    for prefix in $(run_docker network ls --filter label=roundhouse-test \
        --format '{{.Label "roundhouse-test"}}'); do
        names=$(run_docker ps --all --filter "name=^$prefix" --format '{{.Names}}')
        # shellcheck disable=SC2086
        [ -z "$names" ] || run_docker rm --force --volumes $names
        run_docker network rm "$prefix"
    done
    names=$(run_docker ps --all --filter label=roundhouse-standin --filter status=created \
        --filter 'name=^e2e-' --format '{{.Names}}')
    # shellcheck disable=SC2086
    [ -z "$names" ] || run_docker rm --force --volumes $names
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

# The commit as a number, the same in every run on it; 0 without git.
commit_number() {
    local digits
    digits=$(git -c safe.directory="$root" -C "$root" rev-parse HEAD 2>/dev/null) || digits=0
    echo $((16#${digits:0:8}))
}

# configure [CMAKE_OPTION...]
configure() {
    local caches=${XDG_CACHE_HOME:-${HOME:-$build}/.cache}
    export ROUNDHOUSE_CACHE=${ROUNDHOUSE_CACHE:-$caches/roundhouse}
    export CCACHE_DIR=$ROUNDHOUSE_CACHE/ccache CCACHE_BASEDIR=$root CCACHE_MAXSIZE=1G
    export CCACHE_COMPILERCHECK=content CCACHE_SLOPPINESS=locale
    # The package's build is the same folder, without tests.
    cmake -S "$root" -B "$build" -G Ninja -DROUNDHOUSE_TESTS=ON "$@" \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >/dev/null
}

if [ -n "$room" ]; then
    [ -d "$root/test/unit/$room" ] || die "no room $room, but: $(cd "$root/test/unit" && echo */)"
    install_missing "${packages[@]}"
    configure
    cmake --build "$build" --target "${room}_tests"
    "${ctest[@]}" --tests-regex "^unit[.]${room}[.]"
    exit
fi

packages+=("$root/test/debian-packages.txt")
! $lint || packages+=("$root/test/style/debian-packages.txt")
! $sanitize || packages+=("$root/test/sanitizers/debian-packages.txt")
commit=$(commit_number)
sanitizers="" fuzz_targets="spec;docker;gluetun;http"
if $sanitize; then
    sanitizers="address;thread"
    if ! $fuzz_all; then
        IFS=";" read -ra four <<<"$fuzz_targets"
        fuzz_targets=${four[commit % 4]}
    fi
fi
say "on two cores 15 minutes the first time, 10 later; with --lint and --sanitize 25 and 12"
say "of this commit: worlds from seed $commit$($sanitize && echo ", fuzzing of $fuzz_targets")"
install_missing "${packages[@]}"
configure -DROUNDHOUSE_SANITIZED_TESTS="$sanitizers" -DROUNDHOUSE_SIM_FIRST="$commit" \
    -DROUNDHOUSE_FUZZ_TARGETS="$fuzz_targets" -DROUNDHOUSE_FUZZ_SECONDS="$fuzz_seconds"
SECONDS=0
cmake --build "$build"
built_s=$SECONDS

trap clean_up EXIT
trap 'exit 130' INT TERM
$unit_only || prepare_docker
left_out=()
! $unit_only || left_out+=(docker)
$lint || left_out+=(lint)
[ ${#left_out[@]} = 0 ] || ctest+=(--label-exclude "^($(IFS="|"; echo "${left_out[*]}"))\$")
"${docker_as[@]}" "${ctest[@]}" | python3 -B "$root/test/slowest.py" "$built_s"

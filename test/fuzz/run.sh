#!/usr/bin/env bash
# Fuzzes what comes from outside, by libFuzzer, in a build of its own:
#   run.sh build FOLDER             builds the targets there with clang and its sanitizers
#   run.sh TARGET FOLDER SECONDS    spec, docker, gluetun or http, from its corpus on
#   run.sh all FOLDER SECONDS       the build, then one target after another
# Fails at the first crash, leak, hang (5 s for one input), at 512 MiB, or at a property that does
# not hold; what did it is then in FOLDER/found/TARGET, and belongs into corpus/TARGET once mended.
# What is only interesting stays in FOLDER/corpus/TARGET, for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
usage="usage: run.sh build FOLDER | run.sh spec|docker|gluetun|http|all FOLDER SECONDS"
what=${1:?$usage} folder=${2:?$usage}
targets=(spec docker gluetun http)

build() {
    cmake -S "$here/../.." -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache)" \
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS=-O1 \
        -DSANITIZE=fuzzer-no-link,address,undefined
    cmake --build "$folder" --parallel 1 --target "${targets[@]/#/fuzz_}"
}

# The longest inputs: a spec of a few files' size, a list of some engines, and requests beyond the
# limits that the target sets.
longest_bytes() {
    case $1 in
        gluetun) echo 2048 ;;
        http) echo 4096 ;;
        *) echo 16384 ;;
    esac
}

# Freed memory is kept from use for a while; by default so much of it that it would be most of the
# limit for ours.
export ASAN_OPTIONS=quarantine_size_mb=32 UBSAN_OPTIONS=print_stacktrace=1

# No seed: every run looks elsewhere, and what it finds is a file, which needs no seed.
fuzz() {
    local target=$1 seconds=$2
    local words=$here/$target.dict
    mkdir -p "$folder/corpus/$target" "$folder/found/$target"
    "$folder/test/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 \
        -max_len="$(longest_bytes "$target")" -dict="$words" -print_final_stats=1 \
        -artifact_prefix="$folder/found/$target/" "$folder/corpus/$target" "$here/corpus/$target"
}

case $what in
    build) build ;;
    all)
        build
        for target in "${targets[@]}"; do
            fuzz "$target" "${3:?$usage}"
        done
        ;;
    spec | docker | gluetun | http) fuzz "$what" "${3:?$usage}" ;;
    *)
        echo "$usage" >&2
        exit 2
        ;;
esac

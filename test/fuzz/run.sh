#!/usr/bin/env bash
# Fuzzes what comes from outside, by libFuzzer:
#   run.sh TARGET FOLDER SECONDS    spec, docker, gluetun or http, from its corpus on, in a build of
#                                   ../sanitizers/run.sh build FOLDER address
#   run.sh all FOLDER SECONDS       that build, then one target after another
# Fails at the first crash, leak, hang (20 s for one input, as others may want the processor more),
# at 512 MiB, or at a property that does not hold; what did it is then in FOLDER/found/TARGET, and
# belongs into corpus/TARGET once mended. What is only interesting stays in FOLDER/corpus/TARGET,
# for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
usage="usage: run.sh spec|docker|gluetun|http|all FOLDER SECONDS"
what=${1:?$usage} folder=${2:?$usage} seconds=${3:?$usage}
targets=(spec docker gluetun http)

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
    local target=$1
    local words=$here/$target.dict
    mkdir -p "$folder/corpus/$target" "$folder/found/$target"
    "$folder/test/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=512 \
        -max_len="$(longest_bytes "$target")" -dict="$words" -print_final_stats=1 \
        -artifact_prefix="$folder/found/$target/" "$folder/corpus/$target" "$here/corpus/$target"
}

case $what in
    all)
        "$here/../sanitizers/run.sh" build "$folder" address
        for target in "${targets[@]}"; do
            fuzz "$target"
        done
        ;;
    spec | docker | gluetun | http) fuzz "$what" ;;
    *)
        echo "$usage" >&2
        exit 2
        ;;
esac

#!/usr/bin/env bash
# Tests in a build of their own, by clang, with sanitizers, in two parts, as building takes minutes:
#   run.sh build FOLDER address|thread    "address" is for undefined behaviour and fuzzing as well
#   run.sh test FOLDER LABELS             such as "unit|sim", or contract, which needs Docker;
#                                         a "thread" build has "threads" only
set -euo pipefail
# Apart from the ordinary build's, which the image's build takes with it.
[ -z "${CCACHE_DIR:-}" ] || export CCACHE_DIR=$CCACHE_DIR-of-clang
root=$(cd "$(dirname "$0")/../.." && pwd)
usage="usage: run.sh build FOLDER address|thread | run.sh test FOLDER LABELS"
folder=${2:?$usage}

case $1 in
    build)
        sanitizers=${3:?$usage}
        targets=(threads_tests)
        if [ "$sanitizers" = address ]; then
            sanitizers=fuzzer-no-link,address,undefined
            targets=(unit_tests sim sim_tests fuzz_corpus contract_tests fuzzers)
        fi
        cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 \
            -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache)" -DCMAKE_UNITY_BUILD=ON \
            -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld-14 \
            -DCMAKE_BUILD_TYPE=Debug -DSANITIZE="$sanitizers" -DROUNDHOUSE_SIM_SEEDS=300
        cmake --build "$folder" --parallel 1 --target "${targets[@]}"
        ;;
    test)
        ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel 2 \
            --label-regex "^(${3:?$usage})$" --fixture-exclude-any .
        ;;
    *)
        echo "$usage" >&2
        exit 2
        ;;
esac

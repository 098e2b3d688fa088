#!/usr/bin/env bash
# Tests in a build of their own, with sanitizers, in two parts, as building takes minutes:
#   sanitized.sh build FOLDER SANITIZERS    such as address,undefined
#   sanitized.sh test FOLDER LABELS         such as "unit|sim", or contract, which needs Docker
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
usage="usage: sanitized.sh build FOLDER SANITIZERS | sanitized.sh test FOLDER LABELS"
folder=${2:?$usage}
case $1 in
    build)
        cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DSANITIZE="${3:?$usage}" \
            -DROUNDHOUSE_SIM_SEEDS=300
        cmake --build "$folder" --parallel 1 --target unit_tests sim sim_tests fuzz_corpus \
            contract_tests
        ;;
    test)
        ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel 2 \
            --label-regex "^(${3:?$usage})$" --fixture-exclude-any .
        ;;
esac

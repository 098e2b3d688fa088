#!/usr/bin/env bash
# The unit tests in a build of their own, with sanitizers, in two parts, as building takes minutes:
#   sanitized.sh build FOLDER SANITIZERS    such as address,undefined
#   sanitized.sh test FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${2:?usage: sanitized.sh build|test FOLDER [SANITIZERS]}
case $1 in
    build)
        cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DSANITIZE="$3"
        cmake --build "$folder" --target unit_tests --parallel 1
        ;;
    test)
        ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel 2 \
            --label-regex unit
        ;;
esac

#!/usr/bin/env bash
# Runs a command unless it passed before with the same benchmarks, and the same of the end-to-end
# tests' files that they stand on:
#   self_test.sh KEPT COMMAND [ARGUMENT...]    KEPT: remembers what passed, see ../kept.sh
set -euo pipefail
test=$(cd "$(dirname "$0")/.." && pwd)
kept=${1:?usage: self_test.sh KEPT COMMAND [ARGUMENT...]}
shift
find "$test/bench" "$test/e2e" -type f ! -name '*.md' ! -path '*/e2e/test_*' \
    ! -path '*/__pycache__/*' -print0 |
    sort --zero-terminated | xargs --null cat | "$test/kept.sh" "$kept" "$@"

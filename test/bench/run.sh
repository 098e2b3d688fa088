#!/usr/bin/env bash
# Measures roundhouse beside what it is compared to, prints the ratios and then all figures, and
# writes build/bench.json:
#   run.sh [options of bench.py]      such as --peers, or --runs 3 --parts converge,heal
# Takes root, for a Docker daemon of its own, and a machine that does nothing else meanwhile, for
# less than ten minutes after the build. DAEMON_ROOT, the root of another system, is for its Docker:
# see engines/run.sh.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"

case " $* " in
    *" -h "* | *" --help "*) exec python3 -B "$root/test/bench/bench.py" --help ;;
esac

build=$root/build
install_missing "$root/controller/debian-packages.txt" "$root/test/unit/debian-packages.txt" \
    "$root/test/debian-packages.txt" "$root/examples/debian-packages.txt"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >/dev/null
cmake --build "$build" --target roundhouse bench_inside bench_floor standin_engine standin_gateway

export ROUNDHOUSE=$build/roundhouse STANDIN_PROGRAMS=$build/test/standins
export BENCH_INSIDE=$build/test/bench/bench_inside BENCH_FLOOR=$build/test/bench/bench_floor
as_root env ROUNDHOUSE="$ROUNDHOUSE" STANDIN_PROGRAMS="$STANDIN_PROGRAMS" \
    BENCH_INSIDE="$BENCH_INSIDE" BENCH_FLOOR="$BENCH_FLOOR" \
    python3 -B "$root/test/bench/bench.py" --json "$build/bench.json" "$@"

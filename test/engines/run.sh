#!/usr/bin/env bash
# Runs the contract and a short end-to-end set on the Docker and the Podman of another release of
# Debian, in a system that debootstrap makes:
#   run.sh [SUITE] [docker|podman]...      trixie, and both
# Takes root and a Debian mirror; not part of CI. The system stays in build/engines/SUITE.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"

suite=${1:-trixie}
shift || true
[ $# -gt 0 ] || set -- docker podman
build=$root/build
system=$build/engines/$suite

make_system() {
    mkdir -p "$(dirname "$system")"
    as_root debootstrap --variant=minbase "$suite" "$system.new"
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$system.new/usr/sbin/policy-rc.d" >/dev/null
    as_root chmod 755 "$system.new/usr/sbin/policy-rc.d"
    as_root chroot "$system.new" env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
        --no-install-recommends docker.io podman catatonit tini iptables nftables netavark
    as_root mv "$system.new" "$system"
}

install_missing "$root/controller/debian-packages.txt" "$root/test/unit/debian-packages.txt" \
    "$root/test/debian-packages.txt" "$root/examples/debian-packages.txt"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >/dev/null
cmake --build "$build" --target roundhouse contract_tests standin_engine standin_gateway
[ -d "$system" ] || make_system >&2

cd "$root/test/e2e"
for daemon in "$@"; do
    say "on $suite's $daemon"
    on_daemon=(as_root env CI=true TEST_DAEMON="$daemon" DAEMON_ROOT="$system"
        ROUNDHOUSE="$build/roundhouse" STANDIN_PROGRAMS="$build/test/standins" python3 -B)
    "${on_daemon[@]}" private_podman.py "$build/test/contract_tests" '--test-case=*DockerWorld*'
    "${on_daemon[@]}" -m unittest -v test_podman
done

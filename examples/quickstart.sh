#!/usr/bin/env bash
# Engines behind a gateway on this machine, kept by roundhouse: see --help.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"

usage="usage: ./examples/quickstart.sh [--address ADDRESS]
       ./examples/quickstart.sh --down [--all]
Installs what is missing (Docker too, where none answers), builds roundhouse, starts a gateway and
the controller on a copy of examples/quickstart/engines.yaml, and prints what to open, to play, to
edit and to break. It can be run again at any time.

  --address ADDRESS  the address of this machine that serves the page and the streams, without a
                     password: 127.0.0.1, or 0.0.0.0 for everybody in your network
  --down             removes what runs, and the copy of the spec; keeps what was built
  --all              with --down: also what was built
  --help             this text

With VPN settings the real Gluetun and AceStream images are used: put Gluetun's variables
(VPN_SERVICE_PROVIDER=..., WIREGUARD_PRIVATE_KEY=... and so on) in examples/quickstart/.env, or
export them (--down first to change them). Without them the images are small local stand-ins: no
VPN, a test picture as every stream, and otherwise the same."

settings=$root/examples/quickstart/.env
work=$root/build/quickstart
spec=$work/pool/engines.yaml
state=$work/state
log=$state/controller.log
# A build for the tests or the package is used, too.
build=$root/build
[ -f "$build/build.ninja" ] || build=$work/roundhouse
roundhouse=$build/roundhouse
gateway=quickstart-gateway
network="roundhouse-quickstart"
standins=roundhouse-quickstart
real_engine=ghcr.io/krinkuto11/acestream-http-proxy:latest
real_gateway=qmcgaw/gluetun:v3.41.1
gateway_variables='^(VPN_|OPENVPN_|WIREGUARD_|SERVER_|FIREWALL_|PORT_FORWARD|UPDATER_|DNS_|DOT)'
address=127.0.0.1
page_port=9190
balancer_port=6878

# build_quietly WHAT FOLDER TARGET...: shows one line for it all; the log is in the folder.
build_quietly() {
    local what=$1 folder=$2 built=$2/build.log begun=$SECONDS pid progress
    shift 2
    NINJA_STATUS='[%f/%t] ' cmake --build "$folder" --target "$@" >"$built" 2>&1 &
    pid=$!
    while [ -t 2 ] && kill -0 "$pid" 2>/dev/null; do
        progress=$(tail -n 1 "$built" | grep -o '^\[[0-9/]*\]' || true)
        printf '\rbuilding %s %s %d s ' "$what" "$progress" $((SECONDS - begun)) >&2
        sleep 0.5
    done
    if wait "$pid"; then
        printf '\r' >&2
        say "built $what in $((SECONDS - begun)) s                "
        return
    fi
    say ""
    ! grep -q 'Killed signal' "$built" ||
        die "the machine ran out of memory; compile one file at a time:
CMAKE_BUILD_PARALLEL_LEVEL=1 ./examples/quickstart.sh"
    grep -A 5 -m 1 -E 'error:|FAILED' "$built" >&2 || tail -n 20 "$built" >&2
    die "$what could not be built; read $built"
}

build_roundhouse() {
    if [ "$build" != "$root/build" ]; then
        [ -f "$build/build.ninja" ] ||
            say "building roundhouse: about 2 minutes on two cores, 60 MB of disk"
        cmake -S "$root" -B "$build" -G Ninja -DROUNDHOUSE_TESTS=OFF -DCMAKE_UNITY_BUILD=ON \
            -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >/dev/null
    fi
    build_quietly roundhouse "$build" roundhouse
}

build_standins() {
    local programs=$root/build/test/standins
    if [ -x "$programs/standin_engine" ] && [ -x "$programs/standin_gateway" ]; then
        build_quietly "the stand-ins" "$root/build" standin_engine standin_gateway
    else
        programs=$work/standins
        cmake -S "$root/test/standins" -B "$programs" -G Ninja >/dev/null
        build_quietly "the stand-ins" "$programs" all
    fi
    "${docker_as[@]}" env STANDIN_IMAGES="$standins" "$root/test/standins/build.sh" "$programs"
}

has_vpn_settings() { [ -f "$settings" ] || [ -n "${VPN_SERVICE_PROVIDER:-}" ]; }

# Sets gateway_image and gateway_options.
choose_images() {
    gateway_options=()
    if has_vpn_settings && run_docker pull "$real_gateway" && run_docker pull "$real_engine"; then
        say "using the real images: $real_gateway, $real_engine"
        gateway_image=$real_gateway
        gateway_options=(--cap-add NET_ADMIN --device /dev/net/tun)
        [ ! -f "$settings" ] || gateway_options+=(--env-file "$settings")
        local name
        # By name only, so that no secret appears in the list of processes.
        for name in $(compgen -e | grep -E "$gateway_variables"); do
            gateway_options+=(--env "$name")
        done
        return
    fi
    if has_vpn_settings; then
        say "the real images cannot be pulled: USING LOCAL STAND-INS (no VPN, test pictures)"
    else
        say "no VPN settings: USING LOCAL STAND-INS (no VPN, test pictures)"
    fi
    build_standins
    gateway_image=$standins-gateway
    gateway_options=(--env GLUETUN_PORTS=40001)
}

# The copy that the reader edits. One that is there is the reader's.
write_spec() {
    [ ! -f "$spec" ] || return 0
    mkdir -p "$(dirname "$spec")"
    local edits=(-e "s/host: 127.0.0.1/host: $(reader_host)/")
    if [ "$gateway_image" = "$real_gateway" ]; then
        edits+=(-e "s|image: .*|image: $real_engine|" -e '/pullPolicy:/d' -e '/args:/d')
    fi
    sed "${edits[@]}" "$root/examples/quickstart/engines.yaml" >"$spec"
}

# The gateway is left as it is when it already runs from the image and at the address that are
# wanted.
start_gateway() {
    local running wanted
    running=$(run_docker inspect --format \
        '{{.State.Running}} {{.Image}} {{index .Config.Labels "quickstart.address"}}' "$gateway" \
        2>/dev/null) || true
    wanted="true $(run_docker image inspect --format '{{.Id}}' "$gateway_image") $address"
    [ "$running" != "$wanted" ] || return 0
    [ -z "$running" ] || run_docker rm --force --volumes "$gateway" >/dev/null
    run_docker network inspect "$network" >/dev/null 2>&1 ||
        run_docker network create "$network" >/dev/null
    run_docker run --detach --name "$gateway" --network "$network" --restart unless-stopped \
        --label quickstart.address="$address" \
        --publish "$address:19000-19019:19000-19019" "${gateway_options[@]}" "$gateway_image" \
        >/dev/null ||
        die "Docker could not start the gateway. It needs the ports 19000-19019 of this machine:
docker ps --filter publish=19000-19019, ss -ltnp"
}

controller_pid() {
    local pid
    pid=$(cat "$state/controller.pid" 2>/dev/null) || return
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = roundhouse ] && echo "$pid"
}

# Engines go on running without it.
stop_controller() {
    local pid
    pid=$(controller_pid) || return 0
    "${docker_as[@]}" kill "$pid"
    while controller_pid >/dev/null; do sleep 0.1; done
    rm -f "$state/controller.pid"
}

start_controller() {
    stop_controller
    export ROUNDHOUSE_BALANCER_LISTEN="$address:$balancer_port"
    # shellcheck disable=SC2016
    "${docker_as[@]}" bash -c 'setsid "$@" >>"$0/controller.log" 2>&1 </dev/null &
        echo $! >"$0/controller.pid"' "$state" "$roundhouse" run -f "$spec" --state-dir "$state" \
        --listen "$address:$page_port"
    # On a busy machine that process is bash for a while. One that has ended is told of later.
    for _ in {1..100}; do
        ! controller_pid >/dev/null || break
        sleep 0.1
    done
}

# What this machine is called where the reader sits.
reader_host() {
    case $address in
        0.0.0.0) hostname -I | cut -d ' ' -f 1 ;;
        *) echo "$address" ;;
    esac
}

# Of a controller that serves on every address, this machine asks the nearest.
ask_controller() {
    "$roundhouse" get "$@" --server "${address/#0.0.0.0/127.0.0.1}:$page_port" 2>/dev/null
}

# The engines' HTTP ports, lowest first.
engine_ports() {
    run_docker ps --filter label=roundhouse.pool=quickstart \
        --format '{{.Label "roundhouse.http-port"}}' | sort -n
}

# Whether something speaks HTTP on a port of this machine.
answers_http() {
    local status
    exec 3<>"/dev/tcp/${address/#0.0.0.0/127.0.0.1}/$1" || return
    printf 'GET /webui/api/service?method=get_version HTTP/1.0\r\n\r\n' >&3
    read -r -t 2 status <&3 || true
    exec 3>&-
    [[ ${status:-} == HTTP/1.?" 200"* ]]
} 2>/dev/null

world_matches() {
    local port
    ask_controller pool | grep -qE '^Progressing +False +Matches' || return
    for port in $(engine_ports); do (answers_http "$port") || return; done
}

# Ends the wait as soon as it is known that it would be in vain.
give_up_when_hopeless() {
    local ended stuck
    controller_pid >/dev/null || {
        tail -n 5 "$log" >&2
        die "the controller ended; its log is $log"
    }
    ended=$(run_docker inspect --format '{{.RestartCount}}' "$gateway")
    [ "$ended" -lt 2 ] || {
        run_docker logs --tail 5 "$gateway" >&2
        die "the gateway ends again and again: correct your VPN settings, and see
docker logs $gateway"
    }
    stuck=$(ask_controller pool | grep -E '^Progressing +False +Stuck' || true)
    [ -z "$stuck" ] || die "$stuck
roundhouse get engines -o wide says more; the controller's log is $log"
}

wait_for_engines() {
    local begun=$SECONDS hinted=false
    say "waiting for the engines"
    until world_matches; do
        give_up_when_hopeless
        if ! $hinted && [ $((SECONDS - begun)) -ge 20 ]; then
            hinted=true
            say "still waiting for: $(ask_controller pool | sed -n 's/^Ready  *//p')"
            say "a VPN may take a minute to connect; see docker logs $gateway"
        fi
        [ $((SECONDS - begun)) -lt 180 ] ||
            die "not within 3 minutes. Why: $roundhouse get pool; the controller's log is $log"
        sleep 0.2
    done
}

print_engines() {
    local host id=ID
    host=$(reader_host)
    [ "$gateway_image" = "$real_gateway" ] || id=0123456789abcdef0123456789abcdef01234567
    say ""
    ask_controller engines
    cat <<END

Look        http://$host:$page_port/
Play        ffplay 'http://$host:$balancer_port/ace/getstream?id=$id'
            or open this address in VLC (Media, Open Network Stream)
Edit        $spec
            (replicas: 3 -> 5, save, and five engines run)
Watch       $roundhouse get events -w
            tail -f $log
Break       docker kill quickstart-1; docker restart $gateway
Clean up    ./examples/quickstart.sh --down
END
    [ "$address" = 127.0.0.1 ] || return 0
    [ -n "${SSH_CONNECTION:-}" ] || [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || return 0
    local there
    there=$(hostname -I | cut -d ' ' -f 1)
    cat <<END

These addresses are this machine's own. To see the page from another one:
            ssh -L 9190:127.0.0.1:9190 ${SUDO_USER:-$(id -un)}@$there
To open page and streams to your network, without a password:
            ./examples/quickstart.sh --down && ./examples/quickstart.sh --address 0.0.0.0
END
}

up() {
    install_missing "$root/controller/debian-packages.txt"
    mkdir -p "$state"
    start_docker "$state" || die "$(docker_trouble)"
    build_roundhouse
    choose_images
    write_spec
    start_gateway
    start_controller
    wait_for_engines
    print_engines
}

down() {
    mkdir -p "$state"
    if docker_answers; then
        stop_controller
        local containers
        containers=$(run_docker ps --all --quiet --filter label=roundhouse.pool=quickstart)
        # shellcheck disable=SC2086
        run_docker rm --force --volumes $containers "$gateway" >/dev/null 2>&1 || true
        run_docker network rm "$network" >/dev/null 2>&1 || true
        run_docker image rm "$standins-engine" "$standins-gateway" >/dev/null 2>&1 || true
        say "removed: controller, engines, gateway, network, stand-in images, the copy of the spec"
    fi
    ! stop_docker "$state" || say "stopped: the Docker Engine that this script had started"
    if $all; then
        "${docker_as[@]}" rm -rf "$work"
        say "removed: what was built; left: installed packages, pulled images"
    else
        "${docker_as[@]}" rm -rf "$state" "$(dirname "$spec")"
        say "left: what was built (--down --all removes it), installed packages, pulled images"
    fi
}

action=up all=false
while [ $# -gt 0 ]; do
    case $1 in
        --down) action=down ;;
        --all) all=true ;;
        --address)
            address=${2:?--address needs an IP address of this machine, or 0.0.0.0}
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
! $all || [ $action = down ] || die "--all goes with --down"
$action

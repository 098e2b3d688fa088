#!/usr/bin/env bash
# Engines behind a gateway on this machine, kept by roundhouse: see --help.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"

usage="usage: ./examples/quickstart.sh [--down]
Installs what is missing (Docker too, where none answers), builds roundhouse, starts a gateway and
the controller on examples/quickstart/engines.yaml, and prints the engines. It can be run again at
any time.

  --down   removes everything that this script made
  --help   this text

With VPN settings the real Gluetun and AceStream images are used: put Gluetun's variables
(VPN_SERVICE_PROVIDER=..., WIREGUARD_PRIVATE_KEY=... and so on) in examples/quickstart/.env, or
export them (--down first to change them). Without them the images are small local stand-ins: no VPN
and no streams, and otherwise the same."

spec=$root/examples/quickstart/engines.yaml
settings=$root/examples/quickstart/.env
build=$root/build/quickstart
state=$build/state
log=$state/controller.log
roundhouse=$build/roundhouse
gateway=quickstart-gateway
network="roundhouse-quickstart"
engine_image="roundhouse-quickstart-engine"
real_engine=ghcr.io/krinkuto11/acestream-http-proxy:latest
real_gateway=qmcgaw/gluetun:v3.41.1
gateway_variables='^(VPN_|OPENVPN_|WIREGUARD_|SERVER_|FIREWALL_|PORT_FORWARD|UPDATER_|DNS_|DOT)'

build_roundhouse() {
    say "building roundhouse (the first time takes a few minutes)"
    cmake -S "$root" -B "$build" -G Ninja -DROUNDHOUSE_TESTS=OFF >/dev/null
    cmake --build "$build" --target roundhouse
}

build_standins() {
    cmake -S "$root/test/standins" -B "$build/standins" -G Ninja >/dev/null
    cmake --build "$build/standins"
    "${docker_as[@]}" "$root/test/standins/build.sh" "$build/standins"
}

has_vpn_settings() { [ -f "$settings" ] || [ -n "${VPN_SERVICE_PROVIDER:-}" ]; }

# Sets gateway_image and gateway_options, and gives the engine image its name.
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
        run_docker tag "$real_engine" "$engine_image"
        return
    fi
    if has_vpn_settings; then
        say "the real images cannot be pulled: USING LOCAL STAND-INS (no VPN, no streams)"
    else
        say "no VPN settings: USING LOCAL STAND-INS (no VPN, no streams)"
    fi
    build_standins
    gateway_image="roundhouse-standin-gateway"
    gateway_options=(--env GLUETUN_PORTS=40001)
    run_docker tag roundhouse-standin-engine "$engine_image"
}

# The gateway is left as it is when it already runs from the image that is wanted.
start_gateway() {
    local running wanted
    running=$(run_docker inspect --format '{{.State.Running}} {{.Image}}' "$gateway" 2>/dev/null) ||
        true
    wanted="true $(run_docker image inspect --format '{{.Id}}' "$gateway_image")"
    [ "$running" != "$wanted" ] || return 0
    [ -z "$running" ] || run_docker rm --force --volumes "$gateway" >/dev/null
    run_docker network inspect "$network" >/dev/null 2>&1 ||
        run_docker network create "$network" >/dev/null
    run_docker run --detach --name "$gateway" --network "$network" --restart unless-stopped \
        --publish 127.0.0.1:19000-19019:19000-19019 "${gateway_options[@]}" "$gateway_image" \
        >/dev/null
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
    # shellcheck disable=SC2016
    "${docker_as[@]}" bash -c 'setsid "$@" >>"$0/controller.log" 2>&1 </dev/null &
        echo $! >"$0/controller.pid"' "$state" "$roundhouse" run -f "$spec" --state-dir "$state"
}

# The engines' HTTP ports, lowest first.
engine_ports() {
    run_docker ps --filter label=roundhouse.pool=quickstart \
        --format '{{.Label "roundhouse.http-port"}}' | sort -n
}

# Whether something speaks HTTP on a port of this machine.
answers_http() {
    local status
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return
    printf 'GET /webui/api/service?method=get_version HTTP/1.0\r\n\r\n' >&3
    read -r -t 2 status <&3 || true
    exec 3>&-
    [[ ${status:-} == HTTP/1.?" 200"* ]]
} 2>/dev/null

world_matches() {
    local port
    "${docker_as[@]}" "$roundhouse" plan -f "$spec" >/dev/null 2>&1 || return
    for port in $(engine_ports); do (answers_http "$port") || return; done
}

wait_for_engines() {
    local deadline=$((SECONDS + 180))
    say "waiting until the world matches $spec"
    until world_matches; do
        controller_pid >/dev/null || {
            tail -n 20 "$log" >&2
            die "the controller ended; its log is $log"
        }
        [ $SECONDS -lt $deadline ] || {
            "${docker_as[@]}" "$roundhouse" plan -f "$spec" >&2 || true
            die "not within 3 minutes; the controller's log is $log"
        }
        sleep 0.2
    done
}

print_engines() {
    local port
    printf '\n%-16s%-28s%s\n' ENGINE "HOST AND PORT" "P2P PORT"
    local row='{{.Label "roundhouse.http-port"}} {{.Names}} {{.Label "roundhouse.p2p-port"}}'
    row+=' {{.Label "roundhouse.forwarded"}}'
    run_docker ps --filter label=roundhouse.pool=quickstart --format "$row" | sort -n |
        while read -r port name p2p forwarded; do
            [ "$forwarded" != true ] || p2p="$p2p, forwarded by the VPN"
            printf '%-16s%-28s%s\n' "$name" "http://127.0.0.1:$port" "$p2p"
        done
    cat <<END

Edit        $spec
            (replicas: 3 -> 5, save, and five engines run)
Watch       http://${ROUNDHOUSE_LISTEN:-127.0.0.1:9190}/ in a browser
            $roundhouse get events -w
            tail -f $log
            docker ps --filter label=roundhouse.pool=quickstart
Break       docker kill quickstart-1; docker restart $gateway
Clean up    ./examples/quickstart.sh --down
END
}

up() {
    install_missing "$root/controller/debian-packages.txt"
    start_docker "$state" ||
        die "no Docker Engine answers, and it takes root (or sudo) to start one"
    mkdir -p "$state"
    build_roundhouse
    choose_images
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
        run_docker image rm "$engine_image" roundhouse-standin-engine roundhouse-standin-gateway \
            >/dev/null 2>&1 || true
        say "removed: controller, engines, gateway, network, stand-in images"
    fi
    ! stop_docker "$state" || say "stopped: the Docker Engine that this script had started"
    "${docker_as[@]}" rm -rf "$build"
    say "left as they are: installed packages, $spec and pulled images"
}

case ${1:-} in
    "") up ;;
    --down) down ;;
    --help) printf '%s\n' "$usage" ;;
    *)
        say "$usage"
        die "unknown option $1"
        ;;
esac

#!/usr/bin/env bash
# Makes what compose.yaml needs and the source tree cannot have: see --help.
set -euo pipefail
umask 077
cd "$(dirname "$0")"

usage="usage: ./prepare.sh
Makes what is missing, and overwrites nothing:
  .env                     settings, with your user and the group of the Docker socket filled in
  gluetun.env              Gluetun's settings: those of your VPN provider go there
  secrets/gluetun_api_key  a random key for Gluetun's control server
  gluetun/config.toml      the same key for Gluetun, and what may be read with it"

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# roundhouse runs as the user who calls this script, also by sudo, but never as root.
user=${SUDO_UID:-$(id -u)}
group=${SUDO_GID:-$(id -g)}
[ "$user" != 0 ] || user=65532 group=65532

# hand_over PATH...: to that user. Only root can, and only root needs to.
hand_over() { [ "$(id -u)" != 0 ] || chown "$user:$group" "$@"; }

random_word() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

copy_example() {
    [ ! -e "$1" ] || return 0
    cp "$1.example" "$1"
    hand_over "$1"
    say "made $1"
}

# setting NAME: its value in .env.
setting() { sed -n "s/^$1=//p" .env | tail -n 1; }

# fill_in NAME VALUE: in .env, where it says nothing.
fill_in() {
    [ -z "$(setting "$1")" ] || return 0
    grep -q "^$1=" .env || printf '%s=\n' "$1" >>.env
    sed -i "s|^$1=.*|$1=$2|" .env
    hand_over .env
    say "set $1 in .env"
}

make_env() {
    local socket
    copy_example .env
    socket=$(setting DOCKER_SOCKET)
    [ -S "$socket" ] || die "$socket is no socket: is Docker installed? .env says where it is"
    fill_in PUID "$user"
    fill_in DOCKER_GID "$(stat -c %g "$socket")"
    fill_in GRAFANA_PASSWORD "$(random_word)"
}

make_key() {
    [ ! -e secrets/gluetun_api_key ] || return 0
    mkdir -p secrets
    # Gluetun may have been given one already.
    local key=
    [ ! -e gluetun/config.toml ] || key=$(sed -n 's/^apikey = "\(.*\)"$/\1/p' gluetun/config.toml)
    printf '%s' "${key:-$(random_word)}" >secrets/gluetun_api_key
    hand_over secrets secrets/gluetun_api_key
    say "made secrets/gluetun_api_key"
}

# Gluetun reads it when it starts. Any other field, or a route that its release does not have, ends
# it: up to v3.40 the first one is "GET /v1/openvpn/portforwarded".
make_role() {
    [ ! -e gluetun/config.toml ] || return 0
    mkdir -p gluetun
    cat >gluetun/config.toml <<END
# What a client with this key may ask Gluetun's control server.
[[roles]]
name = "roundhouse"
routes = ["GET /v1/portforward", "GET /v1/vpn/status", "GET /v1/publicip/ip"]
auth = "apikey"
apikey = "$(cat secrets/gluetun_api_key)"
END
    hand_over gluetun gluetun/config.toml
    say "made gluetun/config.toml"
}

case ${1:-} in
    "") ;;
    --help)
        printf '%s\n' "$usage"
        exit
        ;;
    *)
        say "$usage"
        die "unknown option $1"
        ;;
esac
make_env
copy_example gluetun.env
make_key
make_role
# roundhouse must be able to read them, also if root checked them out.
[ "$(id -u)" != 0 ] || chmod -R a+rX pool failover
say "Now put the settings of your VPN provider into gluetun.env, then: docker compose up -d"

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

# --- .env, read as compose reads it, or refused by the number of a line

declare -A value_of=() line_of=() # by name: its value, and the number of its last line
env_lines=()

refuse() { die ".env:$1: $2"; }

# read_setting NUMBER NAME TEXT: what stands behind the = of that line.
read_setting() {
    local number=$1 name=$2 text=$3
    local end='[[:blank:]]*(#.*)?$'
    case $text in
        \"*)
            [[ $text =~ ^\"(([^\"\\]|\\.)*)\"$end ]] ||
                refuse "$number" "the quotes of $name have to end on this line"
            text=${BASH_REMATCH[1]}
            ;;
        \'*)
            [[ $text =~ ^\'([^\']*)\'$end ]] ||
                refuse "$number" "the quotes of $name have to end on this line"
            value_of[$name]=${BASH_REMATCH[1]} line_of[$name]=$number
            return
            ;;
        *)
            text=${text%%[[:blank:]]#*}
            text=${text%"${text##*[![:blank:]]}"}
            ;;
    esac
    case $name in
        PUID | DOCKER_GID | DOCKER_SOCKET)
            [[ $text != \#* ]] ||
                refuse "$number" "compose takes this comment for the value: put it on its own line"
            [[ $text != *[\$\\]* ]] || refuse "$number" "write the value itself, without \$ and \\"
            ;;
    esac
    value_of[$name]=$text line_of[$name]=$number
}

read_env() {
    local number=0 line
    local assignment='^[[:blank:]]*(export[[:blank:]]+)?([A-Za-z_][A-Za-z0-9_.-]*)[[:blank:]]*[=:]'
    mapfile -t env_lines <.env
    for line in "${env_lines[@]}"; do
        number=$((number + 1))
        line=${line%$'\r'}
        [ "$number" != 1 ] || line=${line#$'\xef\xbb\xbf'}
        [[ ! $line =~ ^[[:blank:]]*(#|$) ]] || continue
        case $line in
            *$'\xc2\xa0'* | *$'\xe2\x80\x8b'* | *$'\xef\xbb\xbf'*)
                refuse "$number" "holds a blank that cannot be seen: write this line again"
                ;;
        esac
        [[ $line =~ $assignment[[:blank:]]*(.*)$ ]] ||
            refuse "$number" "is neither NAME=VALUE nor a comment"
        read_setting "$number" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
    done
}

# fill_in NAME VALUE: in .env, where it says nothing.
fill_in() {
    [ -z "${value_of[$1]:-}" ] || return 0
    local rest= at=${line_of[$1]:-}
    if [ -n "$at" ]; then
        [[ ${env_lines[at - 1]} =~ ^([^=:]*[=:])[[:blank:]]*(\"\"|\'\')?(.*)$ ]]
        rest=${BASH_REMATCH[3]}
        [[ $rest != \#* ]] || rest=" $rest"
        env_lines[at - 1]=${BASH_REMATCH[1]}$2$rest
    else
        [[ ${env_lines[0]:-} != *$'\r' ]] || rest=$'\r'
        env_lines+=("$1=$2$rest")
    fi
    # Whatever happens meanwhile, .env is the old file or the new one.
    cp -p .env .env.new
    printf '%s\n' "${env_lines[@]}" >.env.new
    mv .env.new .env
    hand_over .env
    say "set $1 in .env"
}

make_env() {
    local socket
    copy_example .env
    read_env
    # A variable of the shell goes before one of the file, as with compose.
    socket=${DOCKER_SOCKET:-${value_of[DOCKER_SOCKET]:-/var/run/docker.sock}}
    [ -S "$socket" ] ||
        die "$socket is no socket: is Docker installed? DOCKER_SOCKET in .env says where it is" \
            "${line_of[DOCKER_SOCKET]:+(line ${line_of[DOCKER_SOCKET]})}"
    fill_in PUID "$user"
    fill_in DOCKER_GID "$(stat -c %g "$socket")"
    fill_in GRAFANA_PASSWORD "$(random_word)"
}

# --- the key for Gluetun's control server

config=gluetun/config.toml
secret=secrets/gluetun_api_key
gluetun_keys=()

# The keys that Gluetun has already, each once.
read_gluetun_keys() {
    local number=0 line
    local begin='^[[:blank:]]*apikey[[:blank:]]*=[[:blank:]]*'
    local end='[[:blank:]]*(#.*)?$'
    [ -e "$config" ] || return 0
    [ -f "$config" ] || die "$config is no file: remove it, and call this script again"
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line%$'\r'}
        [[ ! $line =~ ^[[:blank:]]*# && $line =~ apikey[\"\']?[[:blank:]]*= ]] || continue
        [[ $line =~ $begin\"([^\"\\]*)\"$end || $line =~ $begin\'([^\']*)\'$end ]] ||
            die "$config:$number: is not of the form apikey = \"...\": put that key into $secret"
        [[ " ${gluetun_keys[*]} " == *" ${BASH_REMATCH[1]} "* ]] ||
            gluetun_keys+=("${BASH_REMATCH[1]}")
    done <"$config"
}

# A key that is there is never replaced.
make_key() {
    local key
    read_gluetun_keys
    if [ -s "$secret" ]; then
        key=$(cat "$secret")
        [[ ${#gluetun_keys[@]} == 0 || " ${gluetun_keys[*]} " == *" $key "* ]] ||
            die "$secret holds another key than $config, and roundhouse could ask Gluetun" \
                "nothing: copy the right one from one file into the other"
        [[ $key != *[\"\\]* ]] || die "$secret: a key has no \" and no \\"
        return 0
    fi
    if [ ! -e "$config" ]; then
        key=$(random_word)
    else
        [ "${#gluetun_keys[@]}" = 1 ] ||
            die "$config has ${#gluetun_keys[@]} keys (apikey = \"...\"), so this script cannot" \
                "tell which one is for roundhouse: put it into $secret"
        key=${gluetun_keys[0]}
        say "took the key of $config"
    fi
    mkdir -p secrets
    printf '%s' "$key" >"$secret"
    hand_over secrets "$secret"
    say "made $secret"
}

# Gluetun reads it when it starts. Any other field, or a route that its release does not have, ends
# it: up to v3.40 the first one is "GET /v1/openvpn/portforwarded".
make_role() {
    [ ! -e "$config" ] || return 0
    mkdir -p gluetun
    cat >"$config" <<END
# What a client with this key may ask Gluetun's control server.
[[roles]]
name = "roundhouse"
routes = ["GET /v1/portforward", "GET /v1/vpn/status", "GET /v1/publicip/ip"]
auth = "apikey"
apikey = "$(cat "$secret")"
END
    hand_over gluetun "$config"
    say "made $config"
}

# --- the end

# Names without a value, such as WIREGUARD_PRIVATE_KEY: Gluetun needs them.
empty_settings() { sed -n 's/^\([A-Z_0-9]*\)=[[:blank:]]*\r\{0,1\}$/\1/p' gluetun.env; }

compose_command() {
    if docker compose version >/dev/null 2>&1; then
        echo "docker compose"
    elif command -v docker-compose >/dev/null; then
        echo "docker-compose"
    fi
}

say_what_is_next() {
    local empty command
    empty=$(empty_settings | paste -sd ' ')
    command=$(compose_command)
    if [ -n "$empty" ]; then
        say "gluetun.env has no value yet for: $empty"
        say "Put the settings of your VPN provider there: Gluetun does not connect without them."
    fi
    [ -n "$command" ] || {
        say "This Docker has no compose: apt-get install docker-compose (Debian's packages), or" \
            "docker-compose-plugin (Docker's own)."
        command="docker compose"
    }
    say "Then: $command up -d"
}

case ${1:-} in
    "") ;;
    -h | --help)
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
say_what_is_next

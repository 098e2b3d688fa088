# Shell functions that the test script and the quickstart share. To be sourced by bash, with `root`
# set to the top of the source tree.
# shellcheck shell=bash
: "${root:?the top of the source tree}"

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# --- root

can_be_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# --- packages

# The packages of a list file, without its comments.
packages_of() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_missing LIST_FILE...: installs what is missing, and does nothing when nothing is. No
# service is started or enabled.
install_missing() {
    local package missing=()
    command -v dpkg-query >/dev/null || {
        say "not a Debian machine: install the counterparts of $*"
        return
    }
    for package in $(packages_of "$@"); do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    can_be_root || die "missing packages: ${missing[*]}
Install them, or run this again as root or with sudo."
    # Old package lists may name versions that are gone.
    install_packages "${missing[@]}" ||
        { as_root apt-get update --quiet=2 && install_packages "${missing[@]}"; } ||
        die "apt-get could not install ${missing[*]}"
}

# install_packages PACKAGE...: says what that brings, and does it.
install_packages() {
    local files
    files=$(apt-get install --print-uris --quiet=2 --no-install-recommends "$@") || return
    say "installing $*:" "$(awk '{ bytes += $3 }
        END { printf "%d packages in all, %.0f MB to download", NR, bytes / 1e6 }' <<<"$files")"
    as_root "$root/test/install.sh" "$@" >/dev/null
}

# --- Docker

# How docker is called: as this user, or as root where only root may.
docker_as=()

run_docker() { "${docker_as[@]}" docker "$@"; }

docker_answers() {
    command -v docker >/dev/null || return
    docker_as=()
    docker version >/dev/null 2>&1 && return
    [ "$(id -u)" != 0 ] && can_be_root || return
    docker_as=(sudo --preserve-env)
    run_docker version >/dev/null 2>&1 && return
    docker_as=()
    return 1
}

# Why no Docker Engine answers, and what to do.
docker_trouble() {
    if command -v docker >/dev/null && docker version 2>&1 | grep -qi 'permission denied'; then
        echo "permission denied for the Docker socket. Run this as root or with sudo, or join the
group of the socket and log in again: sudo usermod -aG docker $(id -un)"
    else
        echo "no Docker Engine answers, and it takes root (or sudo) to install or start one"
    fi
}

# start_docker FOLDER: starts a Docker Engine where none answers, installing it where it is missing.
# FOLDER remembers what was started, for stop_docker, and holds the engine's log.
start_docker() {
    docker_answers && return
    [ -z "${DOCKER_HOST:-}" ] || die "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST"
    can_be_root || return
    command -v dockerd >/dev/null || install_missing "$root/examples/debian-packages.txt"
    docker_answers && return
    mkdir -p "$1"
    say "starting a Docker Engine"
    # Not as the machine's service, whose state is its owner's.
    # shellcheck disable=SC2016
    as_root sh -c 'cd "$0" || exit
        setsid dockerd >dockerd.log 2>&1 </dev/null &
        echo $! >dockerd.pid' "$1"
    local tries
    for ((tries = 0; tries < 150; tries++)); do
        docker_answers && return
        sleep 0.2
    done
    tail -n 20 "$1/dockerd.log" >&2 || true
    die "the Docker Engine does not answer 30 s after its start"
}

# Succeeds when it stopped an engine that start_docker had started.
stop_docker() {
    [ -f "$1/dockerd.pid" ] || return
    local pid
    pid=$(cat "$1/dockerd.pid")
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != dockerd ] || as_root kill "$pid"
    while [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]; do sleep 0.1; done
    as_root rm -f "$1/dockerd.pid"
}

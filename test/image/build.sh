#!/usr/bin/env bash
# Builds the image of the top-level Dockerfile, for tests:
#   build.sh IMAGE FOLDER   makes IMAGE, by way of FOLDER
#   build.sh --remove IMAGE removes it again, and what was only made for it
# Where the registry cannot be reached, Debian's base image is made with debootstrap, under the name
# that the Dockerfile gives it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
base=$(sed -n 's/^FROM \(debian:[^ ]*\).*/\1/p' "$root/Dockerfile")
mark="roundhouse-test=base"

is_ours() {
    [ -n "$(docker image ls --quiet --filter "reference=$base" --filter "label=$mark")" ]
}

remove() {
    docker image rm --force "$1" "$1-build" >/dev/null 2>&1 || true
    ! is_ours || docker image rm --force "$base" >/dev/null
}

make_base() {
    local folder=$1/base suite=${base#*:}
    rm -rf "$folder"
    debootstrap --variant=minbase "${suite%-slim}" "$folder" >"$1/base.log" ||
        { tail -n 20 "$1/base.log" >&2; return 1; }
    tar -C "$folder" --create . | docker import --change "LABEL $mark" - "$base" >/dev/null
    rm -rf "$folder"
}

if [ "${1:-}" = --remove ]; then
    remove "$2"
    exit
fi
image=${1:?usage: build.sh IMAGE FOLDER}
folder=${2:?usage: build.sh IMAGE FOLDER}
docker image inspect "$base" >/dev/null 2>&1 || docker pull --quiet "$base" >/dev/null 2>&1 ||
    make_base "$folder"
# By name, the stage that compiles can be removed again.
for stage in "--target build --tag $image-build" "--tag $image"; do
    # shellcheck disable=SC2086
    DOCKER_BUILDKIT=0 docker build $stage --build-arg COMMIT=test "$root"
done

#!/usr/bin/env bash
# Builds the image of the top-level Dockerfile, for tests:
#   build.sh IMAGE FOLDER KEPT   makes IMAGE, by way of FOLDER
#   build.sh --remove IMAGE      removes it again, and what was only made for it
# KEPT keeps the image of the last build, for a run with the same sources and the same packages.
# Else what ccache knows in CCACHE_DIR is not compiled again, and it learns the rest: Debian's
# compiler in the image is the one of the ordinary build. Where the registry cannot be reached,
# Debian's base image is made with debootstrap, under the name that the Dockerfile gives it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=test/lib.sh
. "$root/test/lib.sh"
base=$(sed -n 's/^ARG BASE=\(debian:[^ ]*\).*/\1/p' "$root/Dockerfile")
mark="roundhouse-test=base"

is_ours() {
    [ -n "$(docker image ls --quiet --filter "reference=$base" --filter "label=$mark")" ]
}

remove() {
    docker image rm --force "$1" "$1-build" "$1-compiler" >/dev/null 2>&1 || true
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

# Everything that the image follows from. Its packages come from where this machine's came from.
hash_of_inputs() {
    local packages
    mapfile -t packages < <(packages_of "$root/controller/debian-packages.txt")
    { dpkg-query --show "${packages[@]}"
        tar -C "$root" --create --sort=name --mtime=@0 --owner=0 --group=0 --exclude=__pycache__ \
            CMakeLists.txt Dockerfile controller manifests test/image
    } | sha256sum | cut -d ' ' -f 1
}

# make_compiler IMAGE FOLDER: the base as IMAGE, with a compiler that knows what ccache does.
make_compiler() {
    local context=$2/compiler
    rm -rf "$context"
    mkdir -p "$context/ccache"
    [ ! -d "${CCACHE_DIR:-}" ] || cp -a "$CCACHE_DIR/." "$context/ccache"
    DOCKER_BUILDKIT=0 docker build --tag "$1" --file - "$context" <<END
FROM $base
RUN apt-get update --quiet=2 && apt-get install --yes --quiet=2 --no-install-recommends ccache
COPY ccache /ccache
ENV CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/ccache CCACHE_BASEDIR=/source \
    CCACHE_COMPILERCHECK=content CCACHE_SLOPPINESS=locale
END
    rm -rf "$context"
}

# keep_compiled IMAGE: for the next make_compiler.
keep_compiled() {
    local container
    container=$(docker create "$1" none)
    docker cp "$container:/ccache/." "$CCACHE_DIR"
    docker rm "$container" >/dev/null
}

if [ "${1:-}" = --remove ]; then
    remove "$2"
    exit
fi
usage="usage: build.sh IMAGE FOLDER KEPT"
image=${1:?$usage} folder=${2:?$usage} kept=${3:?$usage}
hash=$(hash_of_inputs)
if [ -f "$kept/$hash.tar" ]; then
    docker load --input "$kept/$hash.tar"
    exit
fi
docker image inspect "$base" >/dev/null 2>&1 || docker pull --quiet "$base" >/dev/null 2>&1 ||
    make_base "$folder"
make_compiler "$image-compiler" "$folder"
# By name, the stage that compiles can be removed again.
for stage in "--target build --tag $image-build" "--tag $image"; do
    # shellcheck disable=SC2086
    DOCKER_BUILDKIT=0 docker build $stage --build-arg BASE="$image-compiler" \
        --build-arg COMMIT=test "$root"
done
[ ! -d "${CCACHE_DIR:-}" ] || keep_compiled "$image-build"
mkdir -p "$kept"
rm -f "$kept"/*.tar
docker save --output "$kept/$hash.tar.new" "$image" && mv "$kept/$hash.tar.new" "$kept/$hash.tar"

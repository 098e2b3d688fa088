#!/usr/bin/env bash
# Makes the stand-in images from the stand-in programs: build.sh FOLDER_WITH_PROGRAMS
# Nothing is pulled. Names: roundhouse-standin-engine, roundhouse-standin-gateway; STANDIN_IMAGES
# replaces the part before the role, for a second set beside the first.
set -euo pipefail

images=${STANDIN_IMAGES:-roundhouse-standin}
programs=${1:?usage: build.sh FOLDER_WITH_PROGRAMS}
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$programs/standin_engine" "$context/engine"
cp "$programs/standin_gateway" "$context/gateway"

cat >"$context/engine.Dockerfile" <<END
FROM scratch
LABEL $images=engine
COPY engine /engine
ENTRYPOINT ["/engine"]
END

cat >"$context/gateway.Dockerfile" <<END
FROM scratch
LABEL $images=gateway
COPY gateway /gluetun-entrypoint
COPY gateway /bin/wget
HEALTHCHECK --interval=1s --timeout=2s --start-period=10s --retries=1 \
    CMD ["/gluetun-entrypoint", "healthcheck"]
ENTRYPOINT ["/gluetun-entrypoint"]
END

for role in engine gateway; do
    DOCKER_BUILDKIT=0 docker build --quiet --file "$context/$role.Dockerfile" \
        --tag "$images-$role" "$context" >"$context/log" 2>&1 ||
        { cat "$context/log" >&2; exit 1; }
done
# Earlier builds of the stand-ins, and nothing else.
docker image prune --force --filter "label=$images" >/dev/null

# roundhouse as an image: docker build -t roundhouse .
# Nothing in it depends on the processor: amd64 and arm64 are built the same way, for example by
# docker buildx build --platform linux/amd64,linux/arm64 .

# Another name for it, such as that of a mirror, is a --build-arg.
ARG BASE=debian:bookworm-slim
FROM $BASE AS build
COPY controller/debian-packages.txt /packages.txt
RUN apt-get update --quiet=2 \
    && sed 's/#.*//' /packages.txt | DEBIAN_FRONTEND=noninteractive xargs \
        apt-get install --yes --quiet=2 --no-install-recommends ca-certificates >/dev/null \
    && rm -rf /var/lib/apt/lists/*

# What is compiled, and no more: after an edit elsewhere nothing is built again.
WORKDIR /source
COPY CMakeLists.txt ./
COPY manifests/CMakeLists.txt manifests/man_page.cmake manifests/
COPY manifests/debian manifests/debian
COPY manifests/systemd manifests/systemd
COPY controller controller
ARG COMMIT=unknown
# ON compiles in a third of the time, all at once.
ARG UNITY=ON
RUN cmake -S . -B build -G Ninja -DROUNDHOUSE_COMMIT=$COMMIT -DROUNDHOUSE_TESTS=OFF \
        -DCMAKE_UNITY_BUILD=$UNITY \
    && cmake --build build --target roundhouse hold

# What goes into the image: the program, the libraries that it loads, with the list of packages
# that they come from (vulnerability scanners read it) and their licences, and certificates; and
# the static helper that Pods run their engines with (controller/hold).
RUN set -eu; image=/image; mkdir $image; \
    install -D --strip build/roundhouse $image/usr/bin/roundhouse; \
    install build/hold $image/usr/bin/hold; \
    libraries=$(ldd $image/usr/bin/roundhouse | grep --only-matching '/[^ ]*'); \
    cp --parents --dereference $libraries /etc/ssl/certs/ca-certificates.crt $image; \
    packages=$(for file in $libraries; do dpkg-query --search "*/${file##*/}"; done \
        | sed 's/: .*//' | sort --unique); \
    mkdir -p $image/var/lib/dpkg/status.d $image/etc $image/var/lib/roundhouse; \
    for package in $packages ca-certificates; do \
        name=${package%:*}; \
        dpkg-query --status "$package" >$image/var/lib/dpkg/status.d/$name; \
    done; \
    for name in ${packages} ca-certificates libboost-dev libcli11-dev nlohmann-json3-dev; do \
        cp --parents --dereference /usr/share/doc/${name%:*}/copyright $image; \
    done; \
    echo 'roundhouse:x:65532:65532::/nonexistent:/usr/sbin/nologin' >$image/etc/passwd; \
    echo 'roundhouse:x:65532:' >$image/etc/group; \
    echo 'hosts: files dns' >$image/etc/nsswitch.conf; \
    cp /etc/os-release $image/etc/; \
    chmod 1777 $image/var/lib/roundhouse

FROM scratch
COPY --from=build /image /
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="roundhouse" \
      org.opencontainers.image.description="Keeps AceStream engines running behind Gluetun" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.base.name="scratch"
ENV ROUNDHOUSE_LISTEN=0.0.0.0:9190
EXPOSE 9190 6878
# Any user will do that may use the Docker socket: see examples/deploy.md. The state folder is
# writable for all, so that a volume made of it serves whichever user it is.
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/bin/roundhouse", "get", "pool", "--quiet"]
ENTRYPOINT ["/usr/bin/roundhouse"]
CMD ["run", "-f", "/etc/roundhouse"]

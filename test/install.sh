#!/usr/bin/env bash
# Installs Debian packages, and leaves the services that come with them stopped and disabled:
#   install.sh PACKAGE...    as root
set -euo pipefail
enabled=/var/lib/systemd/deb-systemd-helper-enabled
policy=/usr/sbin/policy-rc.d
before=$(mktemp -d)
placed=false

units() { find "$enabled" -name '*.dsh-also' -printf '%f\n' 2>/dev/null | sed 's/[.]dsh-also$//'; }
scripts() { find /etc/init.d -type f -printf '%f\n' 2>/dev/null; }

# disable_new LISTING_BEFORE LISTING COMMAND...: calls the command for what is new.
disable_new() {
    local name
    for name in $("$2" | grep --line-regexp --invert-match --file="$1"); do
        "${@:3}" "$name" disable >/dev/null || echo "$name may be enabled" >&2
    done
}

disable_unit() { DPKG_MAINTSCRIPT_PACKAGE=${1%.*} deb-systemd-helper disable "$1"; }

clean_up() {
    ! $placed || rm -f "$policy"
    disable_new "$before/units" units disable_unit
    disable_new "$before/scripts" scripts update-rc.d
    rm -rf "$before"
}

units >"$before/units" || true
scripts >"$before/scripts" || true
trap clean_up EXIT
# With this file no package starts its service (invoke-rc.d asks it).
if [ ! -e "$policy" ]; then
    placed=true
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$@"

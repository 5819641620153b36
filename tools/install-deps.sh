#!/bin/bash
# install-deps.sh - installs what building cssl needs and is missing, from Debian's packages.
#
#     tools/install-deps.sh            to build the library and the command
#     tools/install-deps.sh --tests    also the peers and tools of the tests
#     tools/install-deps.sh --list     only print what is missing
#
# When nothing is missing it does nothing and says nothing. For Debian 12 and 13; elsewhere it
# prints what to install by the system's own means.
set -euo pipefail

# Package names, with | between those of Debian 12 and of Debian 13 where they differ.
build_packages='
    gcc
    libc6-dev
    make
    cmake
    ninja-build
    pkg-config|pkgconf
    libssl-dev
    libc-ares-dev
    libjansson-dev
    libhttp-parser-dev
    liblzma-dev
    libcmocka-dev
    zlib1g-dev
    libbrotli-dev
    libzstd-dev
    python3
    openssl
    ca-certificates
'
# libIPSec_MB exists for x86-64 only; elsewhere libcrypto does all the work.
build_packages_amd64='
    libipsec-mb-dev
'
test_packages='
    clang
    libclang-rt-14-dev|libclang-rt-19-dev
    gnutls-bin
    libnss3-tools
    tshark
    curl
    softhsm2
    opensc
    python3-aiosmtpd
    erlang-base
    erlang-dev
    erlang-ssl
    erlang-common-test
    erlang-proper
    erlang-tools
    erlang-inets
    elixir
    rabbitmq-server
    golang-go
    nodejs
    chromium
    fonts-liberation
    valgrind
    xz-utils
    git
    procps
'

wanted=$build_packages
list_only=no
for argument in "$@"; do
    case $argument in
    --tests) wanted+=$test_packages ;;
    --list) list_only=yes ;;
    *)
        echo "usage: tools/install-deps.sh [--tests] [--list]" >&2
        exit 2
        ;;
    esac
done

release=$(. /etc/os-release 2> /dev/null && echo "${ID:-}${VERSION_ID:-}") || release=
column=1
if [ "${release#debian}" != "$release" ] && [ "${release#debian}" != 12 ]; then
    column=2 # 13, and what comes after it
fi
if ! command -v dpkg-query > /dev/null; then
    echo "This is no Debian. cssl needs what these packages of Debian 13 hold:" >&2
    echo "$wanted" | sed 's/.*|/    /' >&2
    exit 1
fi
if [ "$(dpkg --print-architecture)" = amd64 ]; then
    wanted+=$build_packages_amd64
fi

installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii *//p')
missing=()
for names in $wanted; do
    name=${names%%|*}
    if [ $column = 2 ]; then
        name=${names##*|}
    fi
    if ! grep -qxF "$name" <<< "$installed"; then
        missing+=("$name")
    fi
done
if [ $list_only = yes ]; then
    [ ${#missing[@]} = 0 ] || printf '%s\n' "${missing[@]}"
    exit 0
fi
if [ ${#missing[@]} = 0 ]; then
    exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo > /dev/null; then
        echo "Not root, and there is no sudo. As root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
as_root+=(env DEBIAN_FRONTEND=noninteractive)
options=(-q -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)

echo "Installing: ${missing[*]}"
log=$(mktemp)
policy=/usr/sbin/policy-rc.d
if [ -e $policy ]; then
    trap 'rm -f "$log"' EXIT
else # what is installed for tests, a broker for one, is not started as a service
    trap 'rm -f "$log"; "${as_root[@]}" rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy > /dev/null
    "${as_root[@]}" chmod 755 $policy
fi
for step in update "install -y --no-install-recommends ${missing[*]}"; do
    # shellcheck disable=SC2086 # the step's words
    if ! "${as_root[@]}" apt-get "${options[@]}" $step > "$log" 2>&1 < /dev/null; then
        cat "$log" >&2
        echo "apt-get $step failed: its own words stand above" >&2
        exit 1
    fi
done

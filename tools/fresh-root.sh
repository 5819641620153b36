#!/bin/bash
# fresh-root.sh - runs a command on this source tree inside a fresh Debian. It is no sandbox: it
# needs root, and the command has the machine's network.
#
#     tools/fresh-root.sh [--bind] SUITE DIR [COMMAND...]
#
#     tools/fresh-root.sh bookworm /var/tmp/bookworm make check
#     tools/fresh-root.sh trixie /var/tmp/trixie            # a shell
#
# SUITE is a Debian release (bookworm, trixie). DIR is made by debootstrap when it is not there and
# kept afterwards, packages included; remove it to begin anew. The last commit is copied to
# DIR/src/cssl, where COMMAND runs; --bind shows the work tree itself there instead. Packages come
# from the mirror that this machine's apt uses. All mounts and processes end with COMMAND.
set -euo pipefail

die() {
    echo "fresh-root: $*" >&2
    exit 2
}

bind=no
if [ "${1:-}" = --bind ]; then
    bind=yes
    shift
fi
[ $# -ge 2 ] || die "usage: tools/fresh-root.sh [--bind] SUITE DIR [COMMAND...]"
suite=$1
root=$(realpath -m "$2")
shift 2
[ $# -gt 0 ] || set -- bash -i
[ "$(id -u)" = 0 ] || die "must be root, for debootstrap and chroot"
[ "$root" != / ] || die "DIR must not be /"
source_dir=$(cd "$(dirname "$0")/.." && pwd)

# mirror LABEL prints the address of apt's source with this label (Debian, Debian-Security).
mirror() {
    # shellcheck disable=SC2016 # apt's own placeholders
    apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        sed -n "s/^$1|//p" | sort -u | head -n 1
}

make_root() {
    local main security
    main=$(mirror Debian)
    security=$(mirror Debian-Security)
    [ -n "$main" ] || die "apt knows no Debian mirror here: run 'apt-get update' first"
    if ! command -v debootstrap > /dev/null; then
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y debootstrap > /dev/null
    fi
    echo "fresh-root: making $suite in $root"
    rm -rf "$root.part"
    mkdir -p "$root.part"
    debootstrap --variant=minbase --include=make,ca-certificates "$suite" "$root.part" "$main" \
        > "$root.part.log" 2>&1 || die "debootstrap failed: see $root.part.log"
    {
        echo "deb $main $suite main"
        echo "deb $main $suite-updates main"
        [ -z "$security" ] || echo "deb $security $suite-security main"
    } > "$root.part/etc/apt/sources.list"
    # Packages installed there need not survive a power failure, nor be kept twice.
    echo force-unsafe-io > "$root.part/etc/dpkg/dpkg.cfg.d/unsafe-io"
    printf '#!/bin/sh\nexit 101\n' > "$root.part/usr/sbin/policy-rc.d" # start no services
    chmod +x "$root.part/usr/sbin/policy-rc.d"
    rm -f "$root.part.log"
    mv "$root.part" "$root"
    chroot "$root" apt-get update -qq
}

[ -e "$root/etc/debian_version" ] || make_root

# What the machine needs to reach the network at all holds in there too.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump | grep -iE '^acquire::(http|https)::proxy' \
    > "$root/etc/apt/apt.conf.d/99proxy" || true

mkdir -p "$root/src/cssl"
if [ $bind = no ]; then
    find "$root/src/cssl" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    git -C "$source_dir" archive HEAD | tar -x -C "$root/src/cssl"
fi

# shellcheck disable=SC2016 # expanded by the inner shell
inside='
    root=$1 bind=$2 source_dir=$3
    shift 3
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    [ "$bind" = no ] || mount --bind "$source_dir" "$root/src/cssl"
    exec chroot "$root" /usr/bin/env -i HOME=/root PATH="$PATH" LANG=C.UTF-8 \
        TERM="${TERM:-dumb}" ${CI:+CI="$CI"} ${JOBS:+JOBS="$JOBS"} DEBIAN_FRONTEND=noninteractive \
        sh -c "cd /src/cssl && exec \"\$@\"" sh "$@"
'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec unshare --mount --propagation private --pid --fork --kill-child \
    sh -euc "$inside" sh "$root" $bind "$source_dir" "$@"

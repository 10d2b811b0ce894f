#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: Debian 12's Xen 4.17 in /boot has no PVH entry; the shim of the same source has one.
#
# What we guessed: Xen can itself be a PVH guest, so its image in /boot has the ELF note that says
# where such a guest begins (XEN_ELFNOTE_PHYS32_ENTRY, type 18), and a loader for PVH kernels can
# start it on a machine and in a guest.
#
# What is so: that Xen is built without support for being a guest (CONFIG_XEN_GUEST), and has only a
# note with its build ID. A loader has to start it by Multiboot. "xen-shim", the Xen that
# xen-utils-4.17 has for running PV guests in PVH guests, does have the note.
#
# Seen on 2026-11-30 with Debian 12's xen-hypervisor-4.17-amd64 and xen-utils-4.17
# 4.17.5+72-g01140da4e8-1 (owners and types of the ELF notes, by readelf of binutils 2.40-2):
#
#   xen: GNU/3
#   xen-shim: Xen/18 GNU/3
#   # CONFIG_XEN_GUEST is not set
#
# Usage: findings/xen-4.17-has-no-pvh-note.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="binutils=2.40-2"
LIMIT=60                              # seconds that a program may run
XEN_PACKAGES="xen-hypervisor-4.17-amd64=4.17.5+72-g01140da4e8-1
    xen-utils-4.17=4.17.5+72-g01140da4e8-1"
EXPECTED="xen: GNU/3
xen-shim: Xen/18 GNU/3
# CONFIG_XEN_GUEST is not set"

mirror_of_apt() {
    apt-get indextargets --format "\$(REPO_URI)" 'Label: Debian' 2>/dev/null | head -1
}
MIRROR=${MIRROR:-$(mirror_of_apt)}
MIRROR=${MIRROR:-http://deb.debian.org/debian}    # apt has no lists yet
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

not_tried() {
    echo "$0: $1" >&2
    exit 2
}

for program in apt-get dpkg timeout; do
    command -v "$program" >/dev/null || not_tried "$program is not installed"
done
[ -r "$KEYRING" ] || not_tried "$KEYRING is missing (package debian-archive-keyring)"
work=$(mktemp -d) || not_tried "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
root=$work/root

# apt-get with sources, lists, cache and state in the temporary folder.
apt() {
    apt-get -qq \
        -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State="$work/apt" -o Dir::State::Lists="$work/apt/lists" \
        -o Dir::State::Status="$work/apt/status" -o Dir::Cache="$work/apt/cache" \
        -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Debug::NoLocking=1 "$@"
}

# unpack PACKAGE=VERSION…: unpacks the packages and all that they depend on into $root.
unpack() {
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$root"
    : >"$work/apt/status"
    echo "deb [signed-by=$KEYRING] $MIRROR bookworm main" >"$work/apt/sources.list"
    apt update || not_tried "no package lists from $MIRROR"
    apt install --yes --download-only --no-install-recommends "$@" ||
        not_tried "$MIRROR does not have $* (see MIRROR)"
    for package in "$work"/apt/cache/archives/*.deb; do
        dpkg -x "$package" "$root" || not_tried "cannot unpack $package"
    done
}

# unpacked PROGRAM ARGUMENT…: runs a program of $root with the libraries there.
unpacked() {
    local program=$root/usr/bin/$1
    shift
    QEMU_MODULE_DIR=$root/usr/lib/x86_64-linux-gnu/qemu timeout "$LIMIT" \
        "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path \
        "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" "$program" "$@"
}

# fetch PACKAGE=VERSION…: unpacks the packages, without what they depend on, into $root.
fetch() {
    mkdir "$work/debs"
    (cd "$work/debs" && apt download "$@") || not_tried "$MIRROR does not have $* (see MIRROR)"
    for package in "$work"/debs/*.deb; do
        dpkg -x "$package" "$root" || not_tried "cannot unpack $package"
    done
}

# notes FILE: prints owner and type of each ELF note.
notes() {
    local listing owner type number list=""
    listing=$(unpacked readelf -nW "$1") || not_tried "readelf cannot read $1"
    while read -r owner _ type _ _ number _; do
        case $type in
            NT_GNU_BUILD_ID) list+=" $owner/3" ;;
            Unknown) list+=" $owner/$((${number//[()]/}))" ;;
        esac
    done <<<"$listing"
    echo "$list"
}

# shellcheck disable=SC2086  # lists of words
{
    unpack $PACKAGES
    fetch $XEN_PACKAGES
}
gzip -cd "$root/boot/xen-4.17-amd64.gz" >"$work/xen" || not_tried "no gzip"
xen=$(notes "$work/xen")
shim=$(notes "$root/usr/lib/xen-4.17/boot/xen-shim")
config=$(grep -w CONFIG_XEN_GUEST "$root/boot/xen-4.17-amd64.config" || true)
seen="xen:$xen
xen-shim:$shim
$config"
echo "$seen"

if [ "$seen" = "$EXPECTED" ]; then
    echo "So it is: only the shim has a PVH entry."
else
    echo "It is not so as the comment in this script says." >&2
    exit 1
fi

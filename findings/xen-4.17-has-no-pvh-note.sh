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

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

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
    fetch "$root" $XEN_PACKAGES
}
gzip -cd "$root/boot/xen-4.17-amd64.gz" >"$work/xen" || not_tried "no gzip"
xen=$(notes "$work/xen")
shim=$(notes "$root/usr/lib/xen-4.17/boot/xen-shim")
config=$(grep -w CONFIG_XEN_GUEST "$root/boot/xen-4.17-amd64.config" || true)
seen="xen:$xen
xen-shim:$shim
$config"
echo "$seen"

conclude "only the shim has a PVH entry."

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: what QEMU hands to a PVH kernel lies in memory that its own map calls free.
#
# What we guessed: start_info, what it points to and the module are outside of what the memory map
# calls RAM, or at least above 1 MiB and apart from where a kernel puts things: the map tells a
# loader which memory it may overwrite.
#
# What is so: with SeaBIOS all but the module is at 0x5a8 to 0x2218, right where real-mode code and
# page tables for the start go; and all of it, the module at the end of the memory too, is in a
# range of type 1. A loader copies start_info, map and command line before it writes anything, and
# keeps the module's range in mind. The list has one module, also for "-initrd a,b", which names one
# file here.
#
# Seen on 2026-12-01 with Debian 12's QEMU 7.2.22 and SeaBIOS 1.16.2 (pc, 64 MiB):
#
#   start_info 0x21e0: RAM
#   command line 0x11c0: RAM
#   list of modules 0x21c0: RAM
#   memory map 0x5a8: RAM
#   module 0x3fd7000: RAM
#   1 module of 10 bytes
#
# Usage: findings/qemu-7.2-pvh-data-is-in-free-memory.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1"
LIMIT=20                              # seconds that a program may run
EXPECTED="start_info 0x21e0: RAM
command line 0x11c0: RAM
list of modules 0x21c0: RAM
memory map 0x5a8: RAM
module 0x3fd7000: RAM
1 module of 10 bytes"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/pvh_kernel.sh
. "$(dirname "$0")/lib/pvh_kernel.sh"

# tell NAME ADDRESS: in memory of which kind it is. All addresses of this machine have 32 bits but
# those of a range that AMD's processors reserve.
tell() {
    local kind="not in the map" i
    for ((i = 23; i < ${#words[@]}; i += 6)); do
        if [ "${words[i + 1]}" = 0 ] && [ "$2" -ge "${words[i]}" ] &&
            [ "$2" -lt $((words[i] + words[i + 2])) ]; then
            kind="type ${words[i + 4]}"
        fi
    done
    printf '%s 0x%x: %s\n' "$1" "$2" "${kind/#type 1/RAM}"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_kernel
echo "ten bytes" >"$work/a,b"
cd "$work"                            # a comma in the folder's name would be another one
start_kernel -M pc -append "some words" -initrd a,b
seen=$(
    tell start_info "${words[0]}"
    tell "command line" "${words[1 + 6]}"
    tell "list of modules" "${words[1 + 4]}"
    tell "memory map" "${words[1 + 10]}"
    tell module "${words[15]}"
    echo "${words[1 + 3]} module of ${words[15 + 2]} bytes"
)
echo "$seen"

conclude "QEMU 7.2's PVH data is in memory that a kernel may take."

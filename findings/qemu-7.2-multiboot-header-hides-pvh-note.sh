#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: QEMU's -kernel refuses a 64-bit kernel that has a PVH note and a Multiboot 1 header.
#
# What we guessed: QEMU starts each ELF file that has a PVH note by PVH. A Multiboot 1 header is
# for the loaders that know no PVH; in a 64-bit ELF file, which QEMU does not load by Multiboot, it
# does no harm.
#
# What is so: QEMU looks for a Multiboot 1 header first. If there is one, the note counts no more:
# a 32-bit kernel is started by Multiboot, and a 64-bit one ends QEMU with "Cannot load x86-64
# image, give a 32bit one." Without the header QEMU starts both by PVH.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22:
#
#   32 bits, note: PVH
#   32 bits, note and header: Multiboot
#   64 bits, note: PVH
#   64 bits, note and header: Cannot load x86-64 image, give a 32bit one.
#
# Usage: findings/qemu-7.2-multiboot-header-hides-pvh-note.sh
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
EXPECTED="32 bits, note: PVH
32 bits, note and header: Multiboot
64 bits, note: PVH
64 bits, note and header: Cannot load x86-64 image, give a 32bit one."

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/pvh_kernel.sh
. "$(dirname "$0")/lib/pvh_kernel.sh"

# make_kernel BITS OPTION…: a kernel that writes to the debug port by which protocol it has started.
make_kernel() {
    assemble_pvh_kernel "$@" <<'SOURCE'
%ifdef HEADER
        dd 0x1badb002, 0, -0x1badb002
%endif
start:  cmp eax, 0x2badb002
        mov al, "M"
        je .print
        mov al, "P"
.print: out 0xe9, al
        out 0xf4, al                    ; isa-debug-exit
        hlt
SOURCE
}

# try: how QEMU starts the kernel, or what it says.
try() {
    rm -f "$work/answer"
    qemu -M pc -m 64 -nodefaults -display none -no-reboot -kernel "$work/kernel" \
        -chardev "file,id=port,path=$work/answer" \
        -device isa-debugcon,iobase=0xe9,chardev=port -device isa-debug-exit,iobase=0xf4 \
        2>"$work/said" || true
    case $(cat "$work/answer" 2>/dev/null) in
    M*) echo Multiboot ;;
    P*) echo PVH ;;
    *) sed -n 's/.*\(Cannot load.*\)/\1/p' "$work/said" ;;
    esac
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
seen=$(
    for bits in 32 64; do
        make_kernel $bits
        echo "$bits bits, note: $(try)"
        make_kernel $bits -DHEADER
        echo "$bits bits, note and header: $(try)"
    done
)
echo "$seen"

conclude "to QEMU 7.2 a Multiboot 1 header hides a kernel's PVH note."

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: QEMU 10.0 does not log accesses to no device by "-d guest_errors" any more.
#
# What we guessed: a kernel that reads an address at which nothing answers is found by the line
# "Invalid read at addr ..." in the log of -d guest_errors, in any QEMU, as in QEMU 7.2.
#
# What is so: QEMU 10.0 writes that line for -d invalid_mem only, which QEMU 7.2 refuses as an
# unknown word. With guest_errors alone its log stays empty.
#
# Seen on 2026-11-30 with Debian 13's QEMU 10.0 (1:10.0.13+ds-0+deb13u1), a read of FEA00000h:
#
#   guest_errors: 0 lines
#   invalid_mem: Invalid read at addr 0xFEA00000, size 4
#
# Usage: findings/qemu-10.0-guest-errors-are-fewer.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

SUITE=trixie
VERSION=1:10.0.13+ds-0+deb13u1
PACKAGES="qemu-system-x86=$VERSION qemu-system-data=$VERSION seabios=1.16.3-2
    nasm=2.16.03-1"
LIMIT=30                              # seconds that a program may run
EXPECTED="guest_errors: 0 lines
invalid_mem: Invalid read at addr 0xFEA00000, size 4"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/kernel.sh
. "$(dirname "$0")/lib/kernel.sh"

# A Multiboot 1 kernel that reads the address.
make_kernel() {
    # shellcheck disable=SC2119  # NASM needs no options
    assemble_kernel <<'SOURCE'
start:  mov eax, [0xfea00000]
        out 0xf4, al                    ; isa-debug-exit
        hlt
SOURCE
}

# try WORD: starts the kernel with the log's word.
try() {
    rm -f "$work/log"
    qemu -M pc -m 64 -vga none -display none -no-reboot -device isa-debug-exit,iobase=0xf4 \
        -kernel "$work/kernel" -d "$1" -D "$work/log" || true
    [ -e "$work/log" ] || not_tried "QEMU writes no log"
    grep FEA00000 "$work/log" || true
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_kernel
seen="guest_errors: $(try guest_errors | wc -l) lines
invalid_mem: $(try invalid_mem | sed -n 's/\(size 4\).*/\1/p')"
echo "$seen"

conclude "QEMU 10.0 logs accesses to no device by invalid_mem only."

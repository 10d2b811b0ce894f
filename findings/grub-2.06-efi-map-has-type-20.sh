#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: by UEFI, GRUB 2.06 gives Multiboot kernels memory of type 20, which no specification has.
#
# What we guessed: the memory map of a Multiboot kernel has the types that the specification names,
# 1 to 5. A kernel, or a loader that passes the map on, may look up a name by the type.
#
# What is so: the firmware's runtime code has type 20, GRUB's own number for it, which other loaders
# would call reserved. A kernel reads a table of five names beyond its end.
#
# Seen on 2026-12-01 with Debian 12's GRUB 2.06-13+deb12u2 and ovmf 2022.11-6+deb12u2 in its QEMU
# 7.2.22 (the types in the map of a Multiboot 1 kernel):
#
#   types: 1 2 3 4 20
#
# Usage: findings/grub-2.06-efi-map-has-type-20.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="grub-efi-amd64-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2
    qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 ovmf=2022.11-6+deb12u2
    mtools=4.0.33-1+really4.0.32-1 nasm=2.16.01-1"
LIMIT=120                             # seconds that a program may run
EXPECTED="types: 1 2 3 4 20"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/ovmf.sh
. "$(dirname "$0")/lib/ovmf.sh"
# shellcheck source=findings/lib/kernel.sh
. "$(dirname "$0")/lib/kernel.sh"

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
# It writes the memory map to the debug port, and resets the machine, which ends QEMU.
# shellcheck disable=SC2119  # no options
assemble_kernel <<'SOURCE'
start:  mov ecx, [ebx + 44]             ; mmap_length
        mov esi, [ebx + 48]             ; mmap_addr
        mov dx, 0xe9
        rep outsb
        mov dx, 0xcf9
        mov al, 6
        out dx, al
        hlt
SOURCE
make_application "$work/app.efi" <<'CONFIG'
search --set=root --file /kernel
multiboot /kernel
boot
CONFIG
make_fat "$work/disk" 8 "$work/app.efi" "$work/kernel"
ovmf -drive "if=none,id=disk,format=raw,file=$work/disk" -device virtio-blk-pci,drive=disk \
    -chardev "file,id=port,path=$work/map" -device isa-debugcon,iobase=0xe9,chardev=port
[ -s "$work/map" ] || not_tried "the kernel has not started"
# Entries of 24 bytes; the last word is the type.
types=$(od -An -v -tu4 -w24 "$work/map" | awk '{ print $6 }' | sort -nu)
seen="types: ${types//$'\n'/ }"
echo "$seen"

conclude "GRUB 2.06 gives a type of its own to the firmware's runtime code."

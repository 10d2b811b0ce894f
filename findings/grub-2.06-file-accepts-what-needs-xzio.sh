#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: grub-file says yes to a kernel compressed by xz, which GRUB 2.06 does not boot as it is.
#
# What we guessed: grub-file, which is made of GRUB's own code, answers for a compressed kernel what
# GRUB does with it: yes for gzip, which GRUB decompresses by itself, and no for xz, for which the
# config has to load a module.
#
# What is so: grub-file has all decompressors and says yes to both. GRUB refuses the kernel that is
# compressed by xz ("no multiboot header found") until the config says "insmod xzio".
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2 in its QEMU 7.2.22 with SeaBIOS 1.16.2
# (0: yes, or loaded):
#
#   grub-file, gz: 0
#   grub-file, xz: 0
#   GRUB, gz: 0
#   GRUB, xz: 18
#   GRUB with xzio, xz: 0
#
# Usage: findings/grub-2.06-file-accepts-what-needs-xzio.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="grub-pc-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2 xorriso=1.5.4-4
    qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1
    xz-utils=5.4.1-1+deb12u1 nasm=2.16.01-1"
LIMIT=60                              # seconds that a program may run
EXPECTED="grub-file, gz: 0
grub-file, xz: 0
GRUB, gz: 0
GRUB, xz: 18
GRUB with xzio, xz: 0"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/kernel.sh
. "$(dirname "$0")/lib/kernel.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"

# A Multiboot 1 kernel, as it is and compressed.
make_kernel() {
    # shellcheck disable=SC2119  # NASM needs no options
    assemble_kernel <<'SOURCE'
start:  hlt
        times 4096 db 0
SOURCE
    gzip -c "$work/kernel" >"$work/tree/kernel.gz"
    unpacked xz --check=crc32 -c "$work/kernel" >"$work/tree/kernel.xz" || not_tried "xz fails"
}

# asked KIND: grub-file's status.
asked() {
    local status=0
    unpacked grub-file --is-x86-multiboot "$work/tree/kernel.$1" || status=$?
    echo "grub-file, $1: $status"
}

need gzip
# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_xorriso
mkdir "$work/tree"
make_kernel
output=$(boot_grub <<'CONFIG'
multiboot /kernel.gz
echo "STATUS of GRUB, gz: $?"
multiboot /kernel.xz
echo "STATUS of GRUB, xz: $?"
insmod xzio
multiboot /kernel.xz
echo "STATUS of GRUB with xzio, xz: $?"
CONFIG
)
echo "$output"
seen="$(asked gz)
$(asked xz)
$(sed -n 's/^STATUS of //p' <<<"$output")"
echo "$seen"

conclude "grub-file of GRUB 2.06 accepts a kernel that GRUB boots with xzio only."

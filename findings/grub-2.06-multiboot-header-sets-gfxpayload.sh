#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: a Multiboot 1 kernel without a preferred mode makes GRUB 2.06 forget "gfxpayload".
#
# What we guessed: the mode that the config sets by "gfxpayload" is used unless the kernel's header
# names another one. A header with width, height and depth 0 has no preference (Multiboot 0.6.96,
# section 3.1.4), so it leaves the choice to the config.
#
# What is so: the command "multiboot" overwrites gfxpayload with "auto" if the header asks for
# graphics without a preference. A mode that is set before this command is lost; one that is set
# between "multiboot" and "boot" is used.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2 in its QEMU 7.2.22 with SeaBIOS 1.16.2:
#
#   set before multiboot: gfxpayload=auto, 1280x800x32
#   set after multiboot: gfxpayload=1024x768x32, 1024x768x32
#
# Usage: findings/grub-2.06-multiboot-header-sets-gfxpayload.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="grub-pc-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2 xorriso=1.5.4-4
    qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 nasm=2.16.01-1"
LIMIT=60                              # seconds that a program may run
EXPECTED="set before multiboot: gfxpayload=auto, 1280x800x32
set after multiboot: gfxpayload=1024x768x32, 1024x768x32"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"
# shellcheck source=findings/lib/video_kernel.sh
. "$(dirname "$0")/lib/video_kernel.sh"

# try COMMAND COMMAND: prints gfxpayload after both, and the mode that the kernel gets.
try() {
    local output
    output=$(printf '%s\n' 'insmod vbe' "$@" "echo PAYLOAD=\$gfxpayload" boot |
        boot_grub) || exit 2
    echo "gfx$(sed -n 's/^PAYLOAD/payload/p' <<<"$output"), $(tail -n 1 <<<"$output")"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_xorriso
mkdir "$work/tree"
make_kernel
mode="set gfxpayload=1024x768x32"
before=$(try "$mode" "multiboot /kernel")
after=$(try "multiboot /kernel" "$mode")
seen="set before multiboot: $before
set after multiboot: $after"
echo "$seen"

conclude "a header without a preference makes GRUB 2.06 forget gfxpayload."

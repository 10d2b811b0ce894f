#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: GRUB 2.06 uses the video driver of the highest rank, whichever was loaded last or first.
#
# What we guessed: with several video drivers, the config chooses by the order of its "insmod"
# lines. Who loads "vbe", alone or after the others, gets the modes of the VESA BIOS.
#
# What is so: the order says nothing. As soon as "video_bochs" is loaded, which "all_video" does, it
# drives QEMU's VGA, and a kernel without a preference gets the mode 800x600x24. With "vbe" alone,
# the same kernel gets 1280x800x32 on the same machine, the preferred mode of its EDID.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2 in its QEMU 7.2.22 with SeaBIOS 1.16.2
# (width, height and bits per pixel that GRUB tells the kernel):
#
#   vbe: 1280x800x32
#   vbe video_bochs: 800x600x24
#   video_bochs vbe: 800x600x24
#   all_video vbe: 800x600x24
#
# Usage: findings/grub-2.06-video-drivers-have-ranks.sh
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
EXPECTED="vbe: 1280x800x32
vbe video_bochs: 800x600x24
video_bochs vbe: 800x600x24
all_video vbe: 800x600x24"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"
# shellcheck source=findings/lib/video_kernel.sh
. "$(dirname "$0")/lib/video_kernel.sh"

# try MODULE…: prints the mode that the kernel gets after these modules were loaded.
try() {
    local output
    output=$({ printf 'insmod %s\n' "$@"; printf 'multiboot /kernel\nboot\n'; } |
        boot_grub) || exit 2
    echo "$*: $(grep -o '[0-9]*x[0-9]*x[0-9]*' <<<"$output" || echo "no mode: $output")"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_xorriso
mkdir "$work/tree"
make_kernel
seen=$(try vbe && try vbe video_bochs && try video_bochs vbe && try all_video vbe)
echo "$seen"

conclude "GRUB 2.06 prefers video_bochs to vbe in any order."

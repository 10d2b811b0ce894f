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
KERNEL_EXIT=16                        # what the kernel writes to isa-debug-exit
QEMU_EXIT=$((KERNEL_EXIT * 2 + 1))    # what QEMU makes of it
EXPECTED="vbe: 1280x800x32
vbe video_bochs: 800x600x24
video_bochs vbe: 800x600x24
all_video vbe: 800x600x24"

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

# qemu ARGUMENT…: a PC with SeaBIOS and no network card.
qemu() {
    unpacked qemu-system-x86_64 -L "$root/usr/share/seabios" -L "$root/usr/share/qemu" \
        -accel tcg -nic none "$@"
}

# boot_grub: makes a disc of $work/tree with GRUB and the config on stdin, boots it, and prints what
# came over the serial line.
boot_grub() {
    local status=0
    mkdir -p "$work/tree/boot/grub"
    { printf 'serial --unit=0 --speed=115200\nterminal_output serial\n'; cat; echo halt; } \
        >"$work/tree/boot/grub/grub.cfg"
    unpacked grub-mkrescue --xorriso="$work/xorriso" -d "$root/usr/lib/grub/i386-pc" \
        --fonts= --locales= --themes= -o "$work/disc.iso" "$work/tree" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; not_tried "grub-mkrescue fails"; }
    rm -f "$work/serial"
    qemu -display none -no-reboot -serial "file:$work/serial" -vga std \
        -device isa-debug-exit,iobase=0xf4 -cdrom "$work/disc.iso" || status=$?
    [ $status = 0 ] || [ $status = $QEMU_EXIT ] || not_tried "QEMU ends with $status"
    # Without what GRUB sends to a terminal besides text.
    tr -d '\r' <"$work/serial" | sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g'
}

# grub-mkrescue starts xorriso by its name alone.
make_xorriso() {
    { echo '#!/bin/bash'; declare -f unpacked; echo "root='$root' LIMIT=$LIMIT"
      echo 'unpacked xorriso "$@"'; } >"$work/xorriso"
    chmod +x "$work/xorriso"
}

# A Multiboot 1 kernel that asks for graphics of any size, and prints what it was given.
make_kernel() {
    cat >"$work/kernel.asm" <<'SOURCE'
        bits 32
        org 0x100000
FLAGS   equ 1 << 16 | 1 << 2            ; addresses and video are given below
header: dd 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
        dd header, header, 0, 0, start  ; where the file belongs, and the entry
        dd 0, 0, 0, 0                   ; linear graphics; width, height, depth: no preference

start:  mov esp, 0x90000
        mov edi, [ebx + 100]            ; framebuffer_width
        mov cl, 'x'
        call print
        mov edi, [ebx + 104]            ; framebuffer_height
        call print
        movzx edi, byte [ebx + 108]     ; framebuffer_bpp
        mov cl, 10
        call print
        mov al, KERNEL_EXIT
        out 0xf4, al                    ; isa-debug-exit
        hlt

print:  mov eax, edi                    ; edi in decimal, and then the character cl
        movzx ecx, cl
        push ecx
        mov ecx, 10
        xor esi, esi
.digit: xor edx, edx
        div ecx
        add edx, '0'
        push edx
        inc esi
        test eax, eax
        jnz .digit
.put:   mov dx, 0x3fd                   ; COM1's line status: wait until it takes a character
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop eax
        mov dx, 0x3f8
        out dx, al
        dec esi
        jns .put
        mov cl, 'x'
        ret
SOURCE
    unpacked nasm -f bin -o "$work/tree/kernel" "-DKERNEL_EXIT=$KERNEL_EXIT" "$work/kernel.asm" ||
        not_tried "NASM cannot assemble the kernel"
}

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

if [ "$seen" = "$EXPECTED" ]; then
    echo "So it is: GRUB 2.06 prefers video_bochs to vbe in any order."
else
    echo "It is not so as the comment in this script says." >&2
    exit 1
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: the status of GRUB 2.06's "cmp" is 0 for files that differ.
#
# What we guessed: "if cmp /a /b" of a config tells equal files from others, as POSIX's cmp does: 0
# means that they are the same, 1 that they differ.
#
# What is so: the status is 0 for equal files, for files of other contents and for files of other
# sizes. Only the text that cmp prints tells them apart. A file that cannot be read is an error with
# a status that is not 0.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2 in its QEMU 7.2.22 with SeaBIOS 1.16.2:
#
#   Compare file `/one' with `/copy':
#   The files are identical.
#   STATUS of copy: 0
#   Compare file `/one' with `/other':
#   Files differ at the offset 0: 0x6f [/one], 0x74 [/other]
#   STATUS of other: 0
#   Compare file `/one' with `/longer':
#   Files differ in size: 4 [/one], 7 [/longer]
#   STATUS of longer: 0
#   Compare file `/one' with `/missing':
#   error: file `/missing' not found.
#   STATUS of missing: 5
#
# Usage: findings/grub-2.06-cmp-calls-all-files-the-same.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="grub-pc-bin=2.06-13+deb12u2 grub-common=2.06-13+deb12u2 xorriso=1.5.4-4
    qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1"
LIMIT=60                              # seconds that a program may run
EXPECTED="copy: 0
other: 0
longer: 0
missing: 5"

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
    mkdir -p "$work/tree/boot/grub"
    { printf 'serial --unit=0 --speed=115200\nterminal_output serial\n'; cat; echo halt; } \
        >"$work/tree/boot/grub/grub.cfg"
    unpacked grub-mkrescue --xorriso="$work/xorriso" -d "$root/usr/lib/grub/i386-pc" \
        --fonts= --locales= --themes= -o "$work/disc.iso" "$work/tree" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; not_tried "grub-mkrescue fails"; }
    rm -f "$work/serial"
    qemu -display none -no-reboot -serial "file:$work/serial" -cdrom "$work/disc.iso" ||
        not_tried "QEMU ends with $?"
    # Without what GRUB sends to a terminal besides text.
    tr -d '\r' <"$work/serial" | sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g'
}

# grub-mkrescue starts xorriso by its name alone.
make_xorriso() {
    { echo '#!/bin/bash'; declare -f unpacked; echo "root='$root' LIMIT=$LIMIT"
      echo 'unpacked xorriso "$@"'; } >"$work/xorriso"
    chmod +x "$work/xorriso"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_xorriso

mkdir "$work/tree"
echo one >"$work/tree/one"
echo one >"$work/tree/copy"
echo two >"$work/tree/other"
echo longer >"$work/tree/longer"
output=$(boot_grub <<'CONFIG'
for file in copy other longer missing; do
    cmp /one /$file
    echo "STATUS of $file: $?"
done
CONFIG
)
echo "$output"
seen=$(sed -n 's/^STATUS of //p' <<<"$output")

if [ "$seen" = "$EXPECTED" ]; then
    echo "So it is: cmp of GRUB 2.06 succeeds for files that differ."
else
    echo "It is not so as the comment in this script says." >&2
    exit 1
fi

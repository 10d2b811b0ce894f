#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: in a config of GRUB 2.06, unknown commands and missing files end with the status 0.
#
# What we guessed: a command that cannot be run has a status that is not 0, as in a shell (127 for
# an unknown command), so that "if insmod x; then" and "if source /file; then" know whether it was
# done.
#
# What is so: the status is 0 after an unknown command, after "insmod" of a missing module, and
# after "source" and "configfile" of a missing file, and "if" goes on with its "then". The first two
# print an error, the last two print nothing. Other commands behave as guessed: "cat" of a missing
# file has the status 5.
#
# Seen on 2026-11-30 with Debian 12's GRUB 2.06-13+deb12u2 in its QEMU 7.2.22 with SeaBIOS 1.16.2:
#
#   error: can't find command `nonesuch'.
#   status 0 after: nonesuch
#   error: file `/boot/grub/i386-pc/nonesuch.mod' not found.
#   status 0 after: insmod nonesuch
#   status 0 after: source /nonesuch
#   status 0 after: configfile /nonesuch
#   error: file `/nonesuch' not found.
#   status 5 after: cat /nonesuch
#   (and by "if COMMAND; then echo then: COMMAND; fi", without the errors once more:)
#   then: nonesuch
#   then: insmod nonesuch
#   then: source /nonesuch
#   then: configfile /nonesuch
#
# Usage: findings/grub-2.06-status-0-after-errors.sh
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
EXPECTED="status 0 after: nonesuch
status 0 after: insmod nonesuch
status 0 after: source /nonesuch
status 0 after: configfile /nonesuch
status 5 after: cat /nonesuch
then: nonesuch
then: insmod nonesuch
then: source /nonesuch
then: configfile /nonesuch"

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

output=$(boot_grub <<'CONFIG'
false
nonesuch
echo "status $? after: nonesuch"
false
insmod nonesuch
echo "status $? after: insmod nonesuch"
false
source /nonesuch
echo "status $? after: source /nonesuch"
false
configfile /nonesuch
echo "status $? after: configfile /nonesuch"
false
cat /nonesuch
echo "status $? after: cat /nonesuch"
if nonesuch; then echo then: nonesuch; fi
if insmod nonesuch; then echo then: insmod nonesuch; fi
if source /nonesuch; then echo then: source /nonesuch; fi
if configfile /nonesuch; then echo then: configfile /nonesuch; fi
if cat /nonesuch; then echo then: cat /nonesuch; fi
CONFIG
)
echo "$output"
seen=$(grep -E '^(status|then)' <<<"$output")

if [ "$seen" = "$EXPECTED" ]; then
    echo "So it is: these errors have the status 0 in GRUB 2.06."
else
    echo "It is not so as the comment in this script says." >&2
    exit 1
fi

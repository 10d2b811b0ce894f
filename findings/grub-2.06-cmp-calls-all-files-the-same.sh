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

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"

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

conclude "cmp of GRUB 2.06 succeeds for files that differ."

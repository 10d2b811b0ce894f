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

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/grub.sh
. "$(dirname "$0")/lib/grub.sh"

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

conclude "these errors have the status 0 in GRUB 2.06."

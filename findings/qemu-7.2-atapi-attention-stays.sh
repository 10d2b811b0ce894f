#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: an ATAPI drive of QEMU 7.2 reports a unit attention until REQUEST SENSE, not once.
#
# What we guessed: after a change of the medium, one command is refused with the sense key UNIT
# ATTENTION, and this report ends the condition (SCSI-2, 7.9), so TEST UNIT READY succeeds when it
# is tried often enough.
#
# What is so: every TEST UNIT READY and READ CAPACITY is refused with UNIT ATTENTION, however often
# it is tried. INQUIRY is done, but does not end it. After one REQUEST SENSE, which reports "medium
# may have changed" (28h), all commands are done.
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 (7.2+dfsg-7+deb12u18+b3), drive on the PIIX3's
# IDE, driven by PIO through qtest (numbers are sense keys: 0 none, 2 not ready, 6 unit attention):
#
#   before: 0
#   TEST UNIT READY, ten times: 2 6 6 6 6 6 6 6 6 6
#   READ CAPACITY: 6
#   INQUIRY: 0
#   TEST UNIT READY: 6
#   REQUEST SENSE: 0
#   TEST UNIT READY: 0
#   READ CAPACITY: 0
#
# Usage: findings/qemu-7.2-atapi-attention-stays.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3
    qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1"
LIMIT=60                              # seconds that a program may run
EXPECTED="before: 0
TEST UNIT READY, ten times: 2 6 6 6 6 6 6 6 6 6
READ CAPACITY: 6
INQUIRY: 0
TEST UNIT READY: 6
REQUEST SENSE: 0
TEST UNIT READY: 0
READ CAPACITY: 0"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# qtest WORD…: gives QEMU's qtest a command, and sets value to the number that it answers with.
qtest() {
    local answer
    echo "$*" >&"${QEMU[1]}"
    while read -r -t "$LIMIT" -u "${QEMU[0]}" answer value; do
        [ "$answer" != OK ] || return 0
        [ "$answer" = IRQ ] || break
    done
    not_tried "QEMU answers '${answer:-nothing} $value' to $*"
}

# packet BYTES BYTE…: gives the drive, master of the second channel, a packet command (at most six
# bytes are not 0) that answers with that many bytes, and sets key to the sense key.
packet() {
    local length=$1 i status
    shift
    qtest outb 0x176 0xa0               # the master
    qtest outb 0x171 0                  # no DMA
    qtest outb 0x174 "$length"
    qtest outb 0x175 0
    qtest outb 0x177 0xa0               # PACKET
    set -- "$@" 0 0 0 0 0 0 0 0 0 0 0 0
    for ((i = 1; i < 12; i += 2)); do
        qtest outw 0x170 $((${!i} | ${@:i + 1:1} << 8))
    done
    qtest inb 0x177
    status=$value
    qtest inb 0x171
    key=$((value >> 4))
    while (((status & 8) != 0)); do     # it has data
        qtest inw 0x170
        qtest inb 0x177
        status=$value
    done
}
test_unit_ready() { packet 0 0; }
request_sense() { packet 18 3 0 0 0 18; }
inquiry() { packet 36 0x12 0 0 0 36; }
read_capacity() { packet 8 0x25; }

change_medium() {
    local line
    printf 'change cd %s raw\ninfo version\n' "$work/second" >"$work/monitor.in"
    while read -r -t "$LIMIT" line; do
        case $line in 7.2.*) return ;; esac
    done <"$work/monitor.out"
    not_tried "the medium cannot be changed"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
truncate -s 1M "$work/first" "$work/second"
mkfifo "$work/monitor.in" "$work/monitor.out"
coproc QEMU {
    qemu -S -display none -qtest stdio -qtest-log none -monitor "pipe:$work/monitor" \
        -drive "if=ide,index=2,media=cdrom,id=cd,format=raw,file=$work/first"
}
test_unit_ready
seen="before: $key"
change_medium
seen+=$'\n'"TEST UNIT READY, ten times:"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    test_unit_ready
    seen+=" $key"
done
for command in "READ CAPACITY" INQUIRY "TEST UNIT READY" "REQUEST SENSE" "TEST UNIT READY" \
    "READ CAPACITY"; do
    name=${command,,}
    "${name// /_}"
    seen+=$'\n'"$command: $key"
done
echo quit >"$work/monitor.in"
wait "${QEMU_PID:-}" || true
echo "$seen"

conclude "only REQUEST SENSE ends a unit attention of QEMU 7.2's ATAPI drive."

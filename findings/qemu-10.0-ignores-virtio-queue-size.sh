#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: QEMU 10.0.13 ignores queue-size of virtio disks; SeaBIOS boots no legacy ones there.
#
# What we guessed: the queue of a virtio-blk-pci device has as many entries as the option
# "queue-size" says, or else 256, the default that QEMU's help prints.
#
# What is so: it has 1024 entries, whatever the option says. The driver of a modern device may
# choose fewer; the legacy interface has no register for that. SeaBIOS takes queues of up to 256
# entries: it finds a legacy device ("disable-modern=on"), but no queue, and cannot read a disk
# that QEMU 7.2.22 with the same SeaBIOS boots.
#
# Seen on 2026-11-30 with Debian 13's QEMU 10.0.13 (10.0.13+ds-0+deb13u1) and SeaBIOS 1.16.3; the
# lines "fail to find vq" and "Boot failed" are SeaBIOS's:
#
#   legacy, queue-size=64: 1024 entries
#   legacy, queue-size=256: 1024 entries
#   modern, queue-size=64: 1024 entries
#   legacy: fail to find vq for virtio-blk 00:02.0
#   legacy: Boot failed: could not read the boot disk
#   modern: booted
#
# Usage: findings/qemu-10.0-ignores-virtio-queue-size.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

SUITE=trixie
PACKAGES="qemu-system-x86=1:10.0.13+ds-0+deb13u1 qemu-system-data=1:10.0.13+ds-0+deb13u1
    seabios=1.16.3-2"
LIMIT=20                              # seconds that a program may run
EXPECTED="legacy, queue-size=64: 1024 entries
legacy, queue-size=256: 1024 entries
modern, queue-size=64: 1024 entries
legacy: fail to find vq for virtio-blk 00:02.0
legacy: Boot failed: could not read the boot disk
modern: booted"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"
# shellcheck source=findings/lib/seabios.sh
. "$(dirname "$0")/lib/seabios.sh"

# start OPTIONS ARGUMENT…: a PC with the disk as a virtio device. Its output: SeaBIOS's lines.
start() {
    local options=$1
    shift
    seabios -device "virtio-blk-pci,drive=disk,$options" "$@" 2>"$work/said"
}

# entries NAME OPTIONS SIZE: what the monitor says of the queue.
entries() {
    local device=/machine/peripheral/disk1
    echo "info virtio-queue-status $device/virtio-backend 0" |
        start "$2,id=disk1,queue-size=$3" -S -monitor stdio |
        sed -n "s/^ *num_default: *\([0-9]*\).*/$1, queue-size=$3: \1 entries/p"
}

# boot NAME OPTIONS: SeaBIOS's first lines that tell how the start from the disk went.
boot() {
    start "$2" || true
    if has_booted; then
        echo "$1: booted"
    else
        grep -aE "fail to find vq|Boot failed" "$work/log" | head -n 2 | sed "s/^/$1: /" |
            tr -d '\r'
    fi
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
make_disk
seen=$(
    entries legacy disable-modern=on 64
    entries legacy disable-modern=on 256
    entries modern disable-legacy=on 64
    boot legacy disable-modern=on
    boot modern disable-legacy=on
)
echo "$seen"

conclude "QEMU 10.0.13 ignores queue-size, and SeaBIOS cannot boot legacy virtio disks there."

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: QEMU 7.2's blkdebug makes no error at "read_aio" unless a format driver lies above it.
#
# What we guessed: "inject-error" with the event "read_aio" makes reads through the blkdebug node
# fail, wherever the node is in the graph.
#
# What is so: format drivers tell of such events, and tell them to the node below. With the driver
# "raw" above blkdebug a read fails; with blkdebug on top, reads succeed, also if "raw" is below it.
# Without a format driver, the event has to be left out: the "iotype" read with the event "none"
# makes the read fail.
#
# Seen on 2026-11-30 with qemu-io of Debian 12's QEMU 7.2.22 (7.2+dfsg-7+deb12u18+b3):
#
#   read_aio, raw over blkdebug over file: read failed: Input/output error
#   read_aio, blkdebug over file: read 512/512 bytes at offset 0
#   read_aio, blkdebug over raw over file: read 512/512 bytes at offset 0
#   none, blkdebug over file: read failed: Input/output error
#
# Usage: findings/qemu-7.2-blkdebug-needs-a-format.sh
# It needs x86-64, Debian's apt and archive keyring, and the network, but neither Whelk nor root. It
# downloads the packages below and what they depend on into a temporary folder, and installs
# nothing. MIRROR selects another mirror than the one that apt uses here, such as one that keeps old
# versions.
#
# Exits with 0 if what is said above is so, with 1 if it is not, with 2 if it could not be tried.
set -eu

PACKAGES="qemu-utils=1:7.2+dfsg-7+deb12u18+b3"
LIMIT=60                              # seconds that a program may run
EXPECTED="read_aio, raw over blkdebug over file: read failed: Input/output error
read_aio, blkdebug over file: read 512/512 bytes at offset 0
read_aio, blkdebug over raw over file: read 512/512 bytes at offset 0
none, blkdebug over file: read failed: Input/output error"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# try LAYERS GRAPH: reads a sector through the graph of nodes.
try() {
    echo "$1: $(unpacked qemu-io -c "read 0 512" "json:$2" 2>&1 | head -n 1)"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
truncate -s 1M "$work/image"
file='{"driver": "file", "filename": "'$work/image'"}'
raw='{"driver": "raw", "file": '$file'}'
fault='"driver": "blkdebug", "inject-error": [{"event": "read_aio"}]'
any_read='"driver": "blkdebug", "inject-error": [{"event": "none", "iotype": "read"}]'
seen=$(
    try "read_aio, raw over blkdebug over file" \
        '{"driver": "raw", "file": {'"$fault"', "image": '"$file"'}}'
    try "read_aio, blkdebug over file" '{'"$fault"', "image": '"$file"'}'
    try "read_aio, blkdebug over raw over file" '{'"$fault"', "image": '"$raw"'}'
    try "none, blkdebug over file" '{'"$any_read"', "image": '"$file"'}'
)
echo "$seen"

conclude "blkdebug needs a format driver above it for read_aio."

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Finding: a machine that QEMU 7.2 restores by -incoming does not run if the saved one was stopped.
#
# What we guessed: a QEMU that is started with -incoming and without -S runs the machine as soon as
# its state has come, as each QEMU without -S does: that is what the manual says that -S prevents.
#
# What is so: the state says whether the machine ran when it was saved. One that was stopped by the
# monitor's "stop", or that was started with -S and never ran, is paused after it was restored, and
# somebody has to give "cont".
#
# Seen on 2026-11-30 with Debian 12's QEMU 7.2.22 (7.2+dfsg-7+deb12u18+b3):
#
#   saved while it ran: VM status: running
#   saved after "stop": VM status: paused
#   saved after a start with -S: VM status: paused (prelaunch)
#
# Usage: findings/qemu-7.2-incoming-inherits-pause.sh
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
EXPECTED="saved while it ran: VM status: running
saved after \"stop\": VM status: paused
saved after a start with -S: VM status: paused (prelaunch)"

# shellcheck source=findings/lib/debian.sh
. "$(dirname "$0")/lib/debian.sh"

# save COMMAND [OPTION…]: starts a machine, gives the monitor the command, and saves the state.
save() {
    local command=$1
    shift
    rm -f "$work/state"
    printf '%s\n' "$command" "migrate \"exec:cat >$work/state\"" quit |
        qemu -m 16 -display none -monitor stdio "$@" >"$work/log" ||
        not_tried "QEMU cannot save: $(cat "$work/log")"
}

# restored: restores the state, and prints what the monitor says of the machine.
restored() {
    local line status=""
    coproc QEMU {
        qemu -m 16 -display none -monitor stdio -incoming "exec:cat $work/state"
    }
    for ((i = 0; i < LIMIT * 10; i++)); do
        echo "info status" >&"${QEMU[1]}"
        while read -r -t "$LIMIT" -u "${QEMU[0]}" line; do
            status=$(tr -d '\r' <<<"$line")
            case $status in "VM status: "*) break ;; esac
        done
        case $status in *inmigrate*) sleep 0.1 ;; *) break ;; esac
    done
    echo quit >&"${QEMU[1]}"
    wait "$QEMU_PID" || not_tried "QEMU cannot restore"
    echo "$status"
}

# shellcheck disable=SC2086  # a list of words
unpack $PACKAGES
save "info version"
running=$(restored)
save stop
stopped=$(restored)
save "info version" -S
unstarted=$(restored)
seen="saved while it ran: $running
saved after \"stop\": $stopped
saved after a start with -S: $unstarted"
echo "$seen"

conclude "a machine that was saved while it was stopped stays so."

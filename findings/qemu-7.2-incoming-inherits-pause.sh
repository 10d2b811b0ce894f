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

if [ "$seen" = "$EXPECTED" ]; then
    echo "So it is: a machine that was saved while it was stopped stays so."
else
    echo "It is not so as the comment in this script says." >&2
    exit 1
fi

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154  # what the script sets
# For the scripts in findings/, which read this file: Debian's packages in a temporary folder, $work,
# which goes when the script ends; nothing is installed. What is unpacked is in $root, and runs with
# the libraries there. A script sets EXPECTED, what must be seen, and LIMIT, the seconds that a
# program may run.

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

# need PROGRAM…: ends the script if one of the programs is missing.
need() {
    local program
    for program; do
        command -v "$program" >/dev/null || not_tried "$program is not installed"
    done
}

need apt-get dpkg timeout
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

# prepare_apt SUITE…: reads the suites' package lists.
prepare_apt() {
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$root"
    : >"$work/apt/status"
    printf "deb [signed-by=$KEYRING] $MIRROR %s main\n" "$@" >"$work/apt/sources.list"
    apt update || not_tried "no package lists from $MIRROR"
}

# unpack_all FOLDER TARGET: unpacks the packages in a folder.
unpack_all() {
    local package
    for package in "$1"/*.deb; do
        dpkg -x "$package" "$2" || not_tried "cannot unpack $package"
    done
}

# unpack PACKAGE=VERSION…: unpacks the packages and all that they depend on into $root. SUITE:
# Debian's, if it is not bookworm.
unpack() {
    prepare_apt "${SUITE:-bookworm}"
    apt install --yes --download-only --no-install-recommends "$@" ||
        not_tried "$MIRROR does not have $* (see MIRROR)"
    unpack_all "$work/apt/cache/archives" "$root"
}

# fetch TARGET PACKAGE…: unpacks the packages, without what they depend on. After prepare_apt.
fetch() {
    local target=$1 debs
    shift
    debs=$(mktemp -d "$work/debs.XXXXXX")
    mkdir -p "$target"
    (cd "$debs" && apt download "$@") || not_tried "$MIRROR does not have $* (see MIRROR)"
    unpack_all "$debs" "$target"
}

# unpacked PROGRAM ARGUMENT…: runs a program of $root with the libraries there.
unpacked() {
    local program=$root/usr/bin/$1 linker=$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
    shift
    [ -x "$linker" ] || linker=$root/usr/lib64/ld-linux-x86-64.so.2 # since Debian 13
    QEMU_MODULE_DIR=$root/usr/lib/x86_64-linux-gnu/qemu timeout "$LIMIT" \
        "$linker" --library-path \
        "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" "$program" "$@"
}

# qemu ARGUMENT…: a PC with SeaBIOS and no network card.
qemu() {
    unpacked qemu-system-x86_64 -L "$root/usr/share/seabios" -L "$root/usr/share/qemu" \
        -accel tcg -nic none "$@"
}

# conclude TEXT, the last command: succeeds and says the text if $seen is $EXPECTED.
conclude() {
    if [ "$seen" = "$EXPECTED" ]; then
        echo "So it is: $1"
    else
        echo "It is not so as the comment in this script says." >&2
        return 1
    fi
}

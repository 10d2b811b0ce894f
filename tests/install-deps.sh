#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the missing Debian packages for a purpose: build, demo, check, bench …, as listed in
# tests/dependencies. Usage: tests/install-deps.sh [--print] PURPOSE
# Without root, names what is missing and fails. With --print, only lists what is missing.
set -eu

lists=$(dirname "$0")/dependencies
print=false
if [ "${1:-}" = --print ]; then
    print=true
    shift
fi

# Prints the packages of a purpose. A word in parentheses stands for the packages of that purpose.
packages_of() {
    line=$(sed -n "s/^$1: *//p" "$lists")
    if [ -z "$line" ]; then
        echo "$0: no purpose \"$1\" in $lists" >&2
        exit 2
    fi
    for word in $line; do
        case $word in
        "("*")")
            inner=${word#"("}
            (packages_of "${inner%")"}")
            ;;
        *) echo "$word" ;;
        esac
    done
}

packages=$(packages_of "${1:?purpose: build, static, demo, check, bench, xen, machines or deb}")
# Without dpkg, the user must know what is installed.
command -v dpkg-query >/dev/null || exit 0

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_knows() {
    [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]
}

# Prints the first of the names for which the given function is true; fails if there is none.
first_that() {
    is_true=$1
    shift
    for name in "$@"; do
        if $is_true "$name"; then
            echo "$name"
            return
        fi
    done
    return 1
}

missing_packages() {
    for package in $packages; do
        names=$(echo "$package" | tr '|' ' ')
        # shellcheck disable=SC2086 # a list of names
        first_that is_installed $names >/dev/null || first_that apt_knows $names || echo "${names%% *}"
    done | paste -sd ' ' -
}

missing=$(missing_packages)
[ -n "$missing" ] || exit 0

if $print; then
    echo "$missing"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "$0: missing; as root: apt-get install --no-install-recommends $missing" >&2
    exit 1
fi
echo "Installing $missing (some minutes; V=1 shows apt's output)"
export DEBIAN_FRONTEND=noninteractive

# Shows apt's output: with V=1 all of it, on a terminal the line that it is at, else nothing.
show() {
    if [ "${V:-}" = 1 ]; then
        cat
    elif [ -t 1 ]; then
        while IFS= read -r line; do printf '\r\033[K  %.70s' "$line"; done
        printf '\r\033[K'
    else
        cat >/dev/null
    fi
}

# Calls apt-get and shows its output; returns its status.
apt() {
    { status=$({ { apt-get -qq "$@" && echo 0 >&3 || echo $? >&3; } | show >&4; } 3>&1); } 4>&1
    return "$status"
}

install_missing() {
    # shellcheck disable=SC2086 # a list of names
    apt install -y --no-install-recommends $missing
}
# apt may know another name after an update.
install_missing 2>/dev/null || { apt update && missing=$(missing_packages) && install_missing; }

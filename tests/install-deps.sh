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
echo "Installing $missing"
export DEBIAN_FRONTEND=noninteractive
install_missing() {
    # shellcheck disable=SC2086 # a list of names
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
# apt may know another name after an update.
install_missing 2>/dev/null || { apt-get update -qq && missing=$(missing_packages) && install_missing; }

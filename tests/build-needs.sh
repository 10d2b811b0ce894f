#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Names what the build needs and does not find, with the Debian package of each. Fails if anything is
# missing. make runs this before it compiles, with its own CC, CPPFLAGS, NASM and EFI_HEADERS.
set -eu

missing=
packages=

lacks() {
    missing="$missing, $1"
    case " $packages " in
    *" $2 "*) ;;
    *) packages="$packages $2" ;;
    esac
}

# Checks for a program. Its argument is a variable of make, which may contain options.
program() {
    command -v "${1%% *}" >/dev/null || lacks "${1%% *}" "$2"
}

# Checks for a header; without a compiler, in the folder where Debian has headers.
header() {
    if command -v "${CC%% *}" >/dev/null; then
        # shellcheck disable=SC2086 # lists of options
        echo "#include <$1>" | $CC ${CPPFLAGS:-} -E -x c - >/dev/null 2>&1 || lacks "$1" "$2"
    else
        [ -e "/usr/include/$1" ] || lacks "$1" "$2"
    fi
}

program "$CC" gcc
program ld binutils
program objcopy binutils
program "$NASM" nasm
header stdio.h libc6-dev
header linux/kvm.h linux-libc-dev
header libisofs/libisofs.h libisofs-dev
for name in efi.h x86_64/efibind.h ia32/efibind.h; do
    if [ ! -e "$EFI_HEADERS/$name" ]; then
        lacks "$EFI_HEADERS/$name" gnu-efi
        break
    fi
done

[ -n "$missing" ] || exit 0
verb=is
case ${missing#, } in
*,*) verb=are ;;
esac
if command -v apt-get >/dev/null; then
    remedy="apt-get install$packages (or: make deps-build as root)"
else
    remedy="docs/building.md names the packages"
fi
echo "make: ${missing#, } $verb missing: $remedy" >&2
exit 1

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches Multiboot kernels from packages of Debian 12, on any release of Debian, and unpacks them into DIR (default
# build/debian). It installs nothing:
#   DIR/multiboot-example   the example kernel of the Multiboot specification (package multiboot)
#   DIR/invaders            grub-invaders
#   DIR/tboot.gz            tboot, which starts a kernel, here Linux, from its modules
#   DIR/gnumach.gz          gnumach-image-1.8-486: the Hurd's kernel, here for 64 bits
#   DIR/xen.gz              xen-hypervisor-4.17-amd64
#   DIR/xen-shim            xen-utils-4.17: a Xen with a PVH entry, which runs in a guest of Xen
#   DIR/vmlinuz             a dom0 kernel: what linux-image-amd64 depends on
#   DIR/busybox             busybox-static, for dom0's initrd
#   DIR/grub-coreboot/      grub-coreboot-bin: the only GRUB core of Debian's that is a Multiboot kernel
# Files that are there already are not fetched again. DIR/packages/ keeps the packages themselves.
set -eu

dir=${1:-build/debian}
tries=3

say() { echo "fetch-debian-kernels: $*" >&2; }

missing=
need() { # program package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need apt-get apt
need apt-cache apt
need dpkg-deb dpkg
need gcc gcc
need ld binutils
need python3 python3
if [ -n "$missing" ]; then
    say "missing programs; on Debian install them with: apt-get install$missing"
    exit 1
fi

mkdir -p "$dir/packages"
dir=$(cd "$dir" && pwd)

# apt with lists of Debian 12 in DIR/apt, from the mirror that this machine's own apt uses.
debian_12() { # program of apt, its arguments
    program=$1
    shift
    "$program" -q -o Dir::Etc::SourceList="$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State="$dir/apt" -o Dir::State::Lists="$dir/apt/lists" -o Dir::State::Status="$dir/apt/status" \
        -o Dir::Cache="$dir/apt/cache" -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
        -o APT::Sandbox::User=root "$@"
}

mirror() {
    found=$(apt-get indextargets --format "\$(REPO_URI)" 'Label: Debian' 2>/dev/null | head -n 1)
    echo "${found:-http://deb.debian.org/debian}"
}

update() {
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
    : >"$dir/apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) bookworm main" \
        >"$dir/apt/sources.list"
    debian_12 apt-get update >"$dir/apt-update.log" 2>&1 ||
        say "no lists of Debian 12's packages; see $dir/apt-update.log"
}

lists() { # fetches the lists if there are none yet
    [ -f "$dir/apt/sources.list" ] || update
}

package() { # name: prints the path of its .deb in the cache, fetched if need be
    try=1
    while :; do
        for deb in "$dir/packages/$1"_*.deb; do
            if [ -f "$deb" ] && dpkg-deb -I "$deb" >/dev/null 2>&1; then
                echo "$deb"
                return 0
            fi
            rm -f "$deb"
        done
        if [ "$try" -gt "$tries" ]; then
            say "cannot fetch the package $1; tried $tries times, see $dir/apt-$1.log"
            return 1
        fi
        lists
        (cd "$dir/packages" && debian_12 apt-get download "$1") >"$dir/apt-$1.log" 2>&1 || {
            sleep $((try * 2))
            update # the lists may be older than the mirror
        }
        try=$((try + 1))
    done
}

extract() { # deb, path inside (a pattern), destination
    rm -rf "$dir/decompress" && mkdir "$dir/decompress"
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$dir/decompress" --wildcards --strip-components=1 "$2"
    # Each call asks for only one file.
    found=$(find "$dir/decompress" -type f | head -n 1)
    [ -n "$found" ] || { say "$1 does not contain $2"; return 1; }
    chmod u+w "$found"
    mv "$found" "$3"
    rm -rf "$dir/decompress"
}

if [ ! -f "$dir/invaders" ]; then
    deb=$(package grub-invaders)
    extract "$deb" './boot/invaders.exec' "$dir/invaders"
fi

if [ ! -f "$dir/tboot.gz" ]; then
    deb=$(package tboot)
    extract "$deb" './boot/tboot.gz' "$dir/tboot.gz"
fi

if [ ! -f "$dir/gnumach.gz" ]; then
    deb=$(package gnumach-image-1.8-486)
    extract "$deb" './boot/gnumach-1.8-486.gz' "$dir/gnumach.gz"
fi

if [ ! -f "$dir/xen.gz" ]; then
    deb=$(package xen-hypervisor-4.17-amd64)
    extract "$deb" './boot/xen-4.17-amd64.gz' "$dir/xen.gz"
fi

if [ ! -f "$dir/xen-shim" ]; then
    deb=$(package xen-utils-4.17)
    extract "$deb" './usr/lib/xen-4.17/boot/xen-shim' "$dir/xen-shim"
fi

if [ ! -f "$dir/busybox" ]; then
    deb=$(package busybox-static)
    extract "$deb" './bin/busybox' "$dir/busybox"
fi

if [ ! -d "$dir/grub-coreboot" ]; then
    deb=$(package grub-coreboot-bin)
    rm -rf "$dir/decompress" && dpkg-deb -x "$deb" "$dir/decompress"
    mv "$dir/decompress/usr/lib/grub/i386-coreboot" "$dir/grub-coreboot"
    rm -rf "$dir/decompress"
fi

if [ ! -f "$dir/vmlinuz" ]; then
    kernel() {
        debian_12 apt-cache depends --important linux-image-amd64 2>/dev/null |
            sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1
    }
    lists
    name=$(kernel)
    [ -n "$name" ] || { say "apt knows no linux-image-amd64; see $dir/apt-update.log"; exit 1; }
    deb=$(package "$name")
    extract "$deb" './boot/vmlinuz-*' "$dir/vmlinuz"
fi

# The package multiboot carries its example only as listings in the specification's HTML:
# the three listings, with the tags taken out, are the three files.
if [ ! -f "$dir/multiboot-example" ]; then
    deb=$(package multiboot)
    extract "$deb" './usr/share/doc/multiboot/html/Examples.html' "$dir/Examples.html"
    rm -rf "$dir/example" && mkdir "$dir/example"
    python3 - "$dir/Examples.html" "$dir/example" <<'PYTHON'
import html, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
for listing in re.findall(r'<pre class="example">(.*?)</pre>', page, re.S):
    text = html.unescape(re.sub(r"<[^>]*>", "", listing))
    name = re.match(r"/\* (multiboot\.h|boot\.S|kernel\.c) - ", text)
    if name:
        # The typeset listing has typographic quotes where the source has plain ones.
        text = text.replace("\u2018", "'").replace("\u2019", "'").replace("\u00a0", " ")
        open(f"{sys.argv[2]}/{name[1]}", "w", encoding="utf-8").write(text)
PYTHON
    for file in multiboot.h boot.S kernel.c; do
        [ -f "$dir/example/$file" ] || { say "no listing of $file in the package multiboot"; exit 1; }
    done
    # The code is of 1999: 32-bit, no C library, and none of a modern compiler's defaults.
    (cd "$dir/example" &&
        gcc -m32 -O1 -w -I. -std=gnu89 -fcommon -ffreestanding -fno-builtin -fno-pic -fno-stack-protector \
            -fno-asynchronous-unwind-tables -fcf-protection=none -c kernel.c -o kernel.o &&
        gcc -m32 -fno-pic -I. -c boot.S -o boot.o &&
        ld -m elf_i386 -z noexecstack -n --build-id=none -Ttext 0x100000 -e _start \
            boot.o kernel.o -o multiboot-example) >"$dir/example.log" 2>&1 || {
        say "the example kernel does not compile; see $dir/example.log"
        exit 1
    }
    mv "$dir/example/multiboot-example" "$dir/multiboot-example"
fi
